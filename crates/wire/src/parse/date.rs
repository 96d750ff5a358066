//! Days and moments as the grammar writes them.

use mail::{InternalDate, NaiveDate};

use crate::lex::{Bad, Cursor, Lexed};

/// `date`: with quotes or without; the day has one digit or two.
pub(super) fn date(cursor: &mut Cursor<'_>) -> Lexed<NaiveDate> {
    let is_quoted = cursor.eat(b'"');
    let day = cursor.number()?;
    let date = day_of_month(cursor, day)?;
    if is_quoted {
        cursor.expect(b'"', "the end of a date")?;
    }
    Ok(date)
}

/// `date-time`. A day of one digit may go without the space before it.
pub(super) fn date_time(cursor: &mut Cursor<'_>) -> Lexed<InternalDate> {
    cursor.expect(b'"', "a date")?;
    cursor.eat(b' ');
    let day = cursor.number()?;
    let date = day_of_month(cursor, day)?;
    cursor.space()?;
    let hour = cursor.digits(2)?;
    cursor.expect(b':', "a time")?;
    let minute = cursor.digits(2)?;
    cursor.expect(b':', "a time")?;
    let second = cursor.digits(2)?;
    cursor.space()?;
    let offset_minutes = zone(cursor)?;
    cursor.expect(b'"', "the end of a date")?;
    InternalDate::from_parts(date, (hour, minute, second), offset_minutes)
        .ok_or(Bad::Wrong("no such moment"))
}

fn day_of_month(cursor: &mut Cursor<'_>, day: u32) -> Lexed<NaiveDate> {
    cursor.expect(b'-', "a date")?;
    let month = cursor.take_while(|byte| byte.is_ascii_alphabetic());
    let month = str::from_utf8(month)
        .ok()
        .and_then(NaiveDate::month_from_name)
        .ok_or(Bad::Expected("the name of a month"))?;
    cursor.expect(b'-', "a date")?;
    let year = i32::try_from(cursor.digits(4)?).map_err(|_| Bad::Expected("a date"))?;
    NaiveDate::from_ymd(year, month, day).ok_or(Bad::Wrong("no such day"))
}

fn zone(cursor: &mut Cursor<'_>) -> Lexed<i16> {
    let sign = if cursor.eat(b'-') { -1 } else { 1 };
    if sign == 1 {
        cursor.expect(b'+', "a zone")?;
    }
    let zone = i16::try_from(cursor.digits(4)?).map_err(|_| Bad::Expected("a zone"))?;
    if zone % 100 > 59 {
        return Err(Bad::Expected("a zone"));
    }
    Ok(sign * (zone / 100 * 60 + zone % 100))
}
