//! The two commands of RFC 5464.

use mail::limits::METADATA_NAMES_PER_COMMAND_MAX;
use mail::{BadEntryName, Depth, EntryName};

use crate::command::{Body, GetMetadata, MailboxArg};
use crate::lex::{Bad, Cursor, Lexed};

/// ```abnf
/// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
/// ```
///
/// All examples of the RFC write the options behind the mailbox, and one writes entries without
/// parentheses, so clients do too: each is understood in either place.
pub(super) fn get_metadata(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let mut options = Options::default();
    cursor.space()?;
    if cursor.eat(b'(') {
        options = options_inside(cursor)?;
        cursor.space()?;
    }
    let mailbox = mailbox_or_server(cursor)?;
    cursor.space()?;
    let mut entries = Vec::new();
    if cursor.eat(b'(') {
        if cursor.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            options = options_inside(cursor)?;
            cursor.space()?;
            entries = self::entries(cursor)?;
        } else {
            more_entries(cursor, &mut entries)?;
            cursor.expect(b')', "the end of a list")?;
        }
    } else {
        more_entries(cursor, &mut entries)?;
    }
    Ok(Body::GetMetadata(GetMetadata {
        mailbox,
        max_size: options.max_size,
        depth: options.depth,
        entries,
    }))
}

/// `setmetadata = "SETMETADATA" SP mailbox SP entry-values`
pub(super) fn set_metadata(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    let mailbox = mailbox_or_server(cursor)?;
    cursor.space()?;
    let mut entries: Vec<(EntryName, Option<Vec<u8>>)> = Vec::new();
    cursor.list(|cursor| {
        let name = entry(cursor)?;
        if !name.takes_value() {
            return Err(Bad::Wrong("an entry with too few levels"));
        }
        cursor.space()?;
        cursor.spaces();
        let value = cursor.value()?;
        // What is said last holds.
        entries.retain(|(other, _)| *other != name);
        entries.push((name, value));
        check_count(entries.len())
    })?;
    Ok(Body::SetMetadata { mailbox, entries })
}

/// `entries = entry / "(" entry *(SP entry) ")"`. Each is kept once.
pub(super) fn entries(cursor: &mut Cursor<'_>) -> Lexed<Vec<EntryName>> {
    let mut entries = Vec::new();
    if cursor.eat(b'(') {
        more_entries(cursor, &mut entries)?;
        cursor.expect(b')', "the end of a list")?;
    } else {
        entries.push(entry(cursor)?);
    }
    Ok(entries)
}

#[derive(Default)]
struct Options {
    max_size: Option<u32>,
    depth: Depth,
}

/// From behind the opening parenthesis to behind the closing one.
fn options_inside(cursor: &mut Cursor<'_>) -> Lexed<Options> {
    let mut options = Options::default();
    loop {
        match cursor.word().as_str() {
            "MAXSIZE" => {
                cursor.space()?;
                options.max_size = Some(cursor.number()?);
            }
            "DEPTH" => {
                cursor.space()?;
                options.depth = match cursor.word().as_str() {
                    "0" => Depth::Zero,
                    "1" => Depth::One,
                    "INFINITY" => Depth::Infinity,
                    _ => return Err(Bad::Expected("0, 1 or infinity")),
                };
            }
            _ => return Err(Bad::Expected("MAXSIZE or DEPTH")),
        }
        if !cursor.eat(b' ') {
            break;
        }
    }
    cursor.expect(b')', "the end of a list")?;
    Ok(options)
}

fn more_entries(cursor: &mut Cursor<'_>, entries: &mut Vec<EntryName>) -> Lexed<()> {
    loop {
        let name = entry(cursor)?;
        if !entries.contains(&name) {
            entries.push(name);
            check_count(entries.len())?;
        }
        if !cursor.eat(b' ') {
            return Ok(());
        }
    }
}

fn entry(cursor: &mut Cursor<'_>) -> Lexed<EntryName> {
    let bytes = cursor.astring()?;
    let text = str::from_utf8(&bytes).map_err(|_| Bad::Entry(BadEntryName::Character))?;
    EntryName::parse(text).map_err(Bad::Entry)
}

/// An empty name means the server itself (RFC 5464, 4.1).
fn mailbox_or_server(cursor: &mut Cursor<'_>) -> Lexed<Option<MailboxArg>> {
    let mailbox = cursor.mailbox()?;
    Ok((mailbox.text() != Some("")).then_some(mailbox))
}

fn check_count(count: usize) -> Lexed<()> {
    if count > METADATA_NAMES_PER_COMMAND_MAX {
        return Err(Bad::TooMany("entries", METADATA_NAMES_PER_COMMAND_MAX));
    }
    Ok(())
}
