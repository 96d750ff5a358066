//! APPEND of one message or several (RFC 3502), of messages with UTF-8 headers (RFC 6855, 4) and with
//! NUL (RFC 3516), put together (RFC 4469); and REPLACE (RFC 8508).

use mail::limits::APPEND_MESSAGES_MAX;

use crate::command::{AppendContent, AppendMessage, Body, CatPart, Numbering};
use crate::lex::{Bad, Cursor, Lexed};
use crate::parse::date::date_time;

/// `append = "APPEND" SP mailbox 1*append-message`
pub(super) fn append(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    let mut messages = Vec::new();
    cursor.space()?;
    loop {
        if messages.len() == APPEND_MESSAGES_MAX {
            return Err(Bad::TooMany("messages", APPEND_MESSAGES_MAX));
        }
        messages.push(append_message(cursor)?);
        if !cursor.eat(b' ') {
            return Ok(Body::Append { mailbox, messages });
        }
    }
}

/// `replace = "REPLACE" SP seq-number SP mailbox append-message`
pub(super) fn replace(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    cursor.space()?;
    let set = cursor.set_of_one()?;
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let message = append_message(cursor)?;
    Ok(Body::Replace {
        numbering,
        set,
        mailbox,
        message,
    })
}

/// `append-message = [SP flag-list] [SP date-time] SP append-data`, from behind its first space
fn append_message(cursor: &mut Cursor<'_>) -> Lexed<AppendMessage> {
    let mut flags = Vec::new();
    if cursor.peek() == Some(b'(') {
        flags = cursor.list_or_empty(Cursor::flag)?;
        cursor.space()?;
    }
    let mut date = None;
    if cursor.peek() == Some(b'"') {
        date = Some(date_time(cursor)?);
        cursor.space()?;
    }
    let data = append_data(cursor)?;
    Ok(AppendMessage { flags, date, data })
}

/// `append-data =/ "CATENATE" SP "(" cat-part *(SP cat-part) ")"` (RFC 4469, 5)
fn append_data(cursor: &mut Cursor<'_>) -> Lexed<AppendContent> {
    if cursor.eat_text("CATENATE ") {
        let parts = cursor.list(cat_part)?;
        return Ok(AppendContent::Catenate(parts));
    }
    let is_utf8 = cursor.eat_text("UTF8 (");
    let message = cursor.message()?;
    if is_utf8 {
        cursor.expect(b')', "the end of UTF8")?;
    }
    Ok(AppendContent::Whole(message))
}

/// `cat-part = "TEXT" SP literal / "URL" SP astring`
fn cat_part(cursor: &mut Cursor<'_>) -> Lexed<CatPart> {
    match cursor.word().as_str() {
        "TEXT" => {
            cursor.space()?;
            cursor.message().map(CatPart::Text)
        }
        "URL" => {
            cursor.space()?;
            cursor.astring_text().map(CatPart::Url)
        }
        _ => Err(Bad::Expected("TEXT or URL")),
    }
}
