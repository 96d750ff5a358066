//! FETCH, with the modifiers of RFC 7162 and RFC 9394.

use mail::ModSeq;
use mail::limits::FETCH_ITEMS_MAX;

use crate::command::{
    BinarySection, Body, BodySection, Fetch, FetchItem, Numbering, SectionText, Spelling,
};
use crate::lex::{Bad, Cursor, Lexed};
use crate::mode::Mode;
use crate::parse::partial;
use crate::partial::PartialRange;

/// ```abnf
/// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
///         "(" fetch-att *(SP fetch-att) ")") [SP "(" fetch-modifier *(SP fetch-modifier) ")"]
/// ```
pub(super) fn fetch(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    cursor.space()?;
    let set = cursor.message_set()?;
    cursor.space()?;
    let items = items(cursor)?;
    let mut modifiers = Modifiers::default();
    if cursor.eat(b' ') {
        cursor.list(|cursor| modifier(cursor, &mut modifiers))?;
    }
    // VANISHED modifies CHANGEDSINCE, and answers in UIDs (RFC 7162, 3.2.6).
    if modifiers.vanished && (modifiers.changed_since.is_none() || numbering != Numbering::Uid) {
        return Err(Bad::Wrong("VANISHED without UID and CHANGEDSINCE"));
    }
    if modifiers.partial.is_some() && numbering != Numbering::Uid {
        return Err(Bad::Wrong("PARTIAL without UID"));
    }
    Ok(Body::Fetch(Fetch {
        numbering,
        set,
        items,
        changed_since: modifiers.changed_since,
        vanished: modifiers.vanished,
        partial: modifiers.partial,
    }))
}

#[derive(Default)]
struct Modifiers {
    partial: Option<PartialRange>,
    changed_since: Option<ModSeq>,
    vanished: bool,
}

fn modifier(cursor: &mut Cursor<'_>, modifiers: &mut Modifiers) -> Lexed<()> {
    match cursor.word().as_str() {
        "CHANGEDSINCE" => {
            cursor.space()?;
            // Zero is no mod-sequence, but clients on phones send it.
            modifiers.changed_since = Some(cursor.modseq()?);
        }
        "VANISHED" => modifiers.vanished = true,
        "PARTIAL" => partial::partial(cursor, &mut modifiers.partial)?,
        _ => return Err(Bad::Expected("a fetch modifier")),
    }
    Ok(())
}

fn items(cursor: &mut Cursor<'_>) -> Lexed<Vec<FetchItem>> {
    if cursor.peek() != Some(b'(') {
        let word = cursor.word();
        return match fetch_macro(&word) {
            Some(items) => Ok(items),
            None => Ok(vec![item(cursor, &word)?]),
        };
    }
    cursor.expect(b'(', "a list in parentheses")?;
    more_items(cursor)
}

/// `fetch-att *(SP fetch-att) ")"`. Each is kept once.
pub(super) fn more_items(cursor: &mut Cursor<'_>) -> Lexed<Vec<FetchItem>> {
    let mut items: Vec<FetchItem> = Vec::new();
    loop {
        let word = cursor.word();
        let item = item(cursor, &word)?;
        if !items.contains(&item) {
            if items.len() == FETCH_ITEMS_MAX {
                return Err(Bad::TooMany("items", FETCH_ITEMS_MAX));
            }
            items.push(item);
        }
        if !cursor.eat(b' ') {
            break;
        }
    }
    cursor.expect(b')', "the end of a list")?;
    Ok(items)
}

fn fetch_macro(word: &str) -> Option<Vec<FetchItem>> {
    use FetchItem::{Body, Envelope, Flags, InternalDate, Size};

    match word {
        "FAST" => Some(vec![Flags, InternalDate, Size]),
        "ALL" => Some(vec![Flags, InternalDate, Size, Envelope]),
        "FULL" => Some(vec![Flags, InternalDate, Size, Envelope, Body]),
        _ => None,
    }
}

/// `fetch-att`, its first word already read.
fn item(cursor: &mut Cursor<'_>, word: &str) -> Lexed<FetchItem> {
    match word {
        "UID" => Ok(FetchItem::Uid),
        "FLAGS" => Ok(FetchItem::Flags),
        "INTERNALDATE" => Ok(FetchItem::InternalDate),
        "RFC822.SIZE" => Ok(FetchItem::Size),
        "ENVELOPE" => Ok(FetchItem::Envelope),
        "BODYSTRUCTURE" => Ok(FetchItem::BodyStructure),
        "MODSEQ" => Ok(FetchItem::ModSeq),
        "EMAILID" => Ok(FetchItem::EmailId),
        "THREADID" => Ok(FetchItem::ThreadId),
        "SAVEDATE" => Ok(FetchItem::SaveDate),
        // LAZY is the only modifier that there is (RFC 8970, 6).
        "PREVIEW" => Ok(FetchItem::Preview {
            lazy: cursor.eat_text(" (LAZY)"),
        }),
        "RFC822" => Ok(older(Spelling::Rfc822, SectionText::Whole, false)),
        // As BODY.PEEK[HEADER] and BODY[TEXT] would (RFC 3501, 6.4.5).
        "RFC822.HEADER" => Ok(older(Spelling::Rfc822Header, SectionText::Header, true)),
        "RFC822.TEXT" => Ok(older(Spelling::Rfc822Text, SectionText::Text, false)),
        "BODY" if cursor.peek() != Some(b'[') => Ok(FetchItem::Body),
        "BODY" => section(cursor, false).map(FetchItem::Section),
        "BODY.PEEK" => section(cursor, true).map(FetchItem::Section),
        "BINARY" => binary(cursor, false).map(FetchItem::Binary),
        "BINARY.PEEK" => binary(cursor, true).map(FetchItem::Binary),
        "BINARY.SIZE" => section_binary(cursor).map(FetchItem::BinarySize),
        _ => Err(Bad::Expected("a fetch item")),
    }
}

fn older(spelling: Spelling, text: SectionText, peek: bool) -> FetchItem {
    FetchItem::Section(BodySection {
        spelling,
        part: Vec::new(),
        text,
        partial: None,
        peek,
    })
}

/// `section [partial]`
fn section(cursor: &mut Cursor<'_>, peek: bool) -> Lexed<BodySection> {
    cursor.expect(b'[', "a section")?;
    let mut part = Vec::new();
    let mut is_text_next = cursor.peek() != Some(b']');
    while is_text_next && cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        part.push(cursor.nz_number()?);
        is_text_next = cursor.eat(b'.');
    }
    let text = if is_text_next {
        section_text(cursor, &part)?
    } else {
        SectionText::Whole
    };
    cursor.expect(b']', "the end of a section")?;
    Ok(BodySection {
        spelling: Spelling::Body,
        part,
        text,
        partial: partial(cursor)?,
        peek,
    })
}

/// A section as URLs have it, without brackets (RFC 5092); `None` for what is none.
pub(crate) fn section_of(text: &str, partial: Option<(u64, u64)>) -> Option<BodySection> {
    let frame = format!("[{text}]\r\n");
    let mut cursor = Cursor::new(frame.as_bytes(), Vec::new(), 0, Mode::default());
    let section = section(&mut cursor, true).ok()?;
    cursor.end().ok()?;
    Some(BodySection { partial, ..section })
}

/// `section-binary [partial]`
fn binary(cursor: &mut Cursor<'_>, peek: bool) -> Lexed<BinarySection> {
    Ok(BinarySection {
        part: section_binary(cursor)?,
        partial: partial(cursor)?,
        peek,
    })
}

/// `section-binary = "[" [section-part] "]"`
fn section_binary(cursor: &mut Cursor<'_>) -> Lexed<Vec<u32>> {
    cursor.expect(b'[', "a section")?;
    let mut part = Vec::new();
    if !cursor.eat(b']') {
        part.push(cursor.nz_number()?);
        while cursor.eat(b'.') {
            part.push(cursor.nz_number()?);
        }
        cursor.expect(b']', "the end of a section")?;
    }
    Ok(part)
}

/// `["<" number64 "." nz-number64 ">"]` (RFC 9051, 9)
fn partial(cursor: &mut Cursor<'_>) -> Lexed<Option<(u64, u64)>> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    let first = cursor.number64()?;
    cursor.expect(b'.', "a number of octets")?;
    let count = cursor.nz_number64()?;
    cursor.expect(b'>', "the end of a partial")?;
    Ok(Some((first, count)))
}

/// `section-text`
fn section_text(cursor: &mut Cursor<'_>, part: &[u32]) -> Lexed<SectionText> {
    match cursor.word().as_str() {
        "HEADER" => Ok(SectionText::Header),
        "HEADER.FIELDS" => header_list(cursor).map(SectionText::HeaderFields),
        "HEADER.FIELDS.NOT" => header_list(cursor).map(SectionText::HeaderFieldsNot),
        "TEXT" => Ok(SectionText::Text),
        "MIME" if !part.is_empty() => Ok(SectionText::Mime),
        _ => Err(Bad::Expected("a section")),
    }
}

/// `header-list`
fn header_list(cursor: &mut Cursor<'_>) -> Lexed<Vec<String>> {
    cursor.space()?;
    cursor.list(Cursor::astring_text)
}
