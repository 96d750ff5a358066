//! A message's internal date, with the zone it was given in.

use std::fmt;

/// When a message arrived, to the second, and the zone that was given with it (RFC 9051, 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InternalDate {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub unix_seconds: i64,
    /// Minutes east of UTC, -1439..=1439.
    pub offset_minutes: i16,
}

/// A day without zone or time, as SEARCH compares them (RFC 9051, 6.4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NaiveDate {
    /// Days since 1970-01-01.
    days: i64,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const OFFSET_BIAS: i64 = 2048;
const OFFSET_BITS: u32 = 12;

impl InternalDate {
    /// Builds a date from the parts of `date-time`; `None` for a day, hour or zone that does not
    /// exist.
    #[must_use]
    pub fn from_parts(
        day: NaiveDate,
        (hour, minute, second): (u32, u32, u32),
        offset_minutes: i16,
    ) -> Option<Self> {
        // A leap second is stored as the second before it.
        if hour > 23 || minute > 59 || second > 60 || offset_minutes.unsigned_abs() >= 24 * 60 {
            return None;
        }
        let local = day.days * 86_400
            + i64::from(hour) * 3600
            + i64::from(minute) * 60
            + i64::from(second.min(59));
        let unix_seconds = local - i64::from(offset_minutes) * 60;
        Some(Self {
            unix_seconds,
            offset_minutes,
        })
    }

    /// One number for the database: the seconds, then the zone in the lowest 12 bits.
    #[must_use]
    pub fn packed(self) -> i64 {
        // The zone is biased so that it is never negative, and packed dates sort by time.
        (self.unix_seconds << OFFSET_BITS) | (i64::from(self.offset_minutes) + OFFSET_BIAS)
    }

    /// The date that [`packed`](Self::packed) has packed.
    #[must_use]
    pub fn from_packed(packed: i64) -> Self {
        let low = packed & ((1 << OFFSET_BITS) - 1);
        let offset_minutes = i16::try_from(low - OFFSET_BIAS).unwrap_or(0);
        Self {
            unix_seconds: packed >> OFFSET_BITS,
            offset_minutes,
        }
    }

    /// As header fields have dates (RFC 5322, 3.3), without the name of the day: `17 Jul 1996 02:44:25 -0700`.
    #[must_use]
    pub fn in_a_header(self) -> String {
        self.to_string().trim_start().replacen('-', " ", 2)
    }

    /// The day on which the message arrived, in its own zone.
    #[must_use]
    pub fn day(self) -> NaiveDate {
        NaiveDate {
            days: self.local_seconds().div_euclid(86_400),
        }
    }

    fn local_seconds(self) -> i64 {
        self.unix_seconds + i64::from(self.offset_minutes) * 60
    }
}

/// Prints `date-time` without its quotes: `17-Jul-1996 02:44:25 -0700`, the day padded with a
/// space.
impl fmt::Display for InternalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.day().civil();
        let second_of_day = self.local_seconds().rem_euclid(86_400);
        let (hour, minute, second) = (
            second_of_day / 3600,
            second_of_day / 60 % 60,
            second_of_day % 60,
        );
        let month = usize::try_from(month - 1)
            .ok()
            .and_then(|index| MONTHS.get(index))
            .unwrap_or(&"Jan");
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let offset = self.offset_minutes.unsigned_abs();
        write!(
            f,
            "{day:2}-{month}-{year:04} {hour:02}:{minute:02}:{second:02} {sign}{:02}{:02}",
            offset / 60,
            offset % 60
        )
    }
}

impl NaiveDate {
    /// Builds a day; `month` counts from 1. `None` for a day that the month does not have.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day == 0 || day > 31 {
            return None;
        }
        let date = Self {
            days: days_from_civil(i64::from(year), i64::from(month), i64::from(day)),
        };
        // The 31st of a shorter month comes back as another day.
        (date.civil() == (i64::from(year), i64::from(month), i64::from(day))).then_some(date)
    }

    /// The number of a month from its English name, as in `Jul`, in any case; January is 1.
    #[must_use]
    pub fn month_from_name(name: &str) -> Option<u32> {
        let index = MONTHS
            .iter()
            .position(|month| month.eq_ignore_ascii_case(name))?;
        u32::try_from(index + 1).ok()
    }

    /// Year, month from 1, day from 1.
    #[must_use]
    pub fn civil(self) -> (i64, i64, i64) {
        // Days are counted from 1 March of a leap cycle, so that the leap day comes last.
        let shifted = self.days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day)
    }
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::{InternalDate, NaiveDate};

    #[test]
    fn a_date_time_prints_as_it_was_given() {
        let day = NaiveDate::from_ymd(1996, 7, 7).unwrap();
        let date = InternalDate::from_parts(day, (2, 44, 25), -420).unwrap();
        assert_eq!(date.to_string(), " 7-Jul-1996 02:44:25 -0700");
        assert_eq!(date.unix_seconds, 836_732_665);
        assert_eq!(InternalDate::from_packed(date.packed()), date);
        assert_eq!(date.day(), day);
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert!(NaiveDate::from_ymd(2023, 2, 29).is_none());
        assert!(NaiveDate::from_ymd(2024, 2, 29).is_some());
        assert!(NaiveDate::from_ymd(1900, 2, 29).is_none());
        assert!(NaiveDate::from_ymd(2024, 13, 1).is_none());
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for days in -80_000..80_000 {
            let date = NaiveDate { days };
            let (year, month, day) = date.civil();
            let again = NaiveDate::from_ymd(
                i32::try_from(year).unwrap(),
                u32::try_from(month).unwrap(),
                u32::try_from(day).unwrap(),
            );
            assert_eq!(again, Some(date));
        }
    }
}
