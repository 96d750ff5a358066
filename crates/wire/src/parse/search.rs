//! SEARCH, with RETURN (RFC 4731), SAVE (RFC 5182), PARTIAL (RFC 9394) and UPDATE (RFC 5267), WITHIN (RFC 5032),
//! MODSEQ (RFC 7162), object identifiers (RFC 8474), save dates (RFC 8514), UIDAFTER and UIDBEFORE (RFC 9738), FILTER
//! (RFC 5466), FUZZY (RFC 6203).

use std::iter;

use mail::limits::{CANCELLED_TAGS_MAX, OBJECT_ID_BYTES_MAX, SEARCH_DEPTH_MAX};
use mail::{Flag, Keyword};

use crate::chars::is_atom_char;
use crate::command::{
    AddressField, Body, DateTest, FetchItem, MessageSet, NumberEnd, NumberRange, NumberSet,
    Numbering, Search, SearchKey, SearchReturn,
};
use crate::lex::{Bad, Cursor, Lexed};
use crate::mode::Mode;
use crate::parse::date::date;
use crate::parse::fetch;
use crate::parse::partial::partial;

/// ```abnf
/// search = "SEARCH" [SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"]
///          [SP "CHARSET" SP charset] 1*(SP search-key)
/// ```
pub(super) fn search(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    let Returns {
        options,
        attributes,
    } = returns(cursor)?;
    Ok(Body::Search(Search {
        numbering,
        returns: options,
        attributes,
        key: program_with_charset(cursor, options)?,
    }))
}

/// `search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)`, with the space before it
pub(super) fn program_with_charset(
    cursor: &mut Cursor<'_>,
    options: Option<SearchReturn>,
) -> Lexed<SearchKey> {
    if cursor.eat_text(" CHARSET ") {
        // With UTF8=ACCEPT there is one charset (RFC 6855, 3); IMAP4rev2 lets clients say which it
        // is (RFC 9051, 6.4.4).
        let mode = cursor.mode();
        if mode.utf8 && !mode.rev2 {
            return Err(Bad::Wrong("CHARSET where UTF8=ACCEPT is enabled"));
        }
        charset(cursor, options)?;
    }
    program(cursor)
}

/// `1*(SP search-key)`
pub(super) fn program(cursor: &mut Cursor<'_>) -> Lexed<SearchKey> {
    cursor.space()?;
    let mut keys = vec![key(cursor, SEARCH_DEPTH_MAX)?];
    while cursor.eat(b' ') {
        keys.push(key(cursor, SEARCH_DEPTH_MAX)?);
    }
    let key = all_of(keys);
    if key.levels() > SEARCH_DEPTH_MAX {
        return Err(too_deep());
    }
    Ok(key)
}

/// The key that stands here as `search-criteria` (RFC 5466, 4), with strings in UTF-8; `None` where there is
/// none, or something else beside it.
#[must_use]
pub fn parse_criteria(text: &[u8], mode: Mode) -> Option<SearchKey> {
    let behind_command = [b" ", text, b"\r\n"].concat();
    let mut cursor = Cursor::new(&behind_command, Vec::new(), 0, mode);
    cursor.allow_utf8_quoted();
    let key = program(&mut cursor).ok()?;
    cursor.end().is_ok().then_some(key)
}

/// What stands behind `RETURN`.
#[derive(Default)]
pub(super) struct Returns {
    /// `None` where there is no RETURN.
    pub(super) options: Option<SearchReturn>,
    /// Those of UPDATE.
    pub(super) attributes: Vec<FetchItem>,
}

/// `[SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"]`
pub(super) fn returns(cursor: &mut Cursor<'_>) -> Lexed<Returns> {
    if !cursor.eat_text(" RETURN ") {
        return Ok(Returns::default());
    }
    let mut options = SearchReturn::default();
    let mut attributes = Vec::new();
    cursor.list_or_empty(|cursor| {
        match cursor.word().as_str() {
            "MIN" => options.min = true,
            "MAX" => options.max = true,
            "ALL" => options.all = true,
            "COUNT" => options.count = true,
            "SAVE" => options.save = true,
            "PARTIAL" => partial(cursor, &mut options.partial)?,
            "RELEVANCY" => options.relevancy = true,
            // A hint, and there is nothing that it could make faster (RFC 5267, 4.2).
            "CONTEXT" => {}
            "UPDATE" => {
                options.update = true;
                attributes = update_attributes(cursor)?;
            }
            _ => return Err(Bad::Expected("a return option")),
        }
        Ok(())
    })?;
    if options.all && options.partial.is_some() {
        return Err(Bad::Wrong("PARTIAL beside ALL"));
    }
    Ok(Returns {
        options: Some(options),
        attributes,
    })
}

/// `["(" fetch-att *(SP fetch-att) ")"]` (RFC 5465, 8), before which the example of its section 7 has a space.
fn update_attributes(cursor: &mut Cursor<'_>) -> Lexed<Vec<FetchItem>> {
    if cursor.eat_text(" (") || cursor.eat(b'(') {
        fetch::more_items(cursor)
    } else {
        Ok(Vec::new())
    }
}

/// `"CANCELUPDATE" 1*(SP quoted)` (RFC 5267, 5)
pub(super) fn cancel_update(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let mut tags = vec![spaced(cursor, Cursor::astring_text)?];
    while cursor.eat(b' ') {
        if tags.len() == CANCELLED_TAGS_MAX {
            return Err(Bad::TooMany("tags", CANCELLED_TAGS_MAX));
        }
        tags.push(cursor.astring_text()?);
    }
    Ok(Body::CancelUpdate(tags))
}

/// Both charsets are read as UTF-8, which US-ASCII is a part of.
pub(super) fn charset(cursor: &mut Cursor<'_>, returns: Option<SearchReturn>) -> Lexed<()> {
    let name = cursor.astring()?;
    let is_known = [&b"US-ASCII"[..], b"UTF-8"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    if !is_known {
        let is_filter = |key: &SearchKey| matches!(key, SearchKey::Filter(_));
        let has_filter = program(cursor).is_ok_and(|key| key.any(&is_filter));
        return Err(Bad::Charset {
            returns,
            has_filter,
        });
    }
    cursor.allow_utf8_quoted();
    Ok(())
}

/// One key, `depth` levels of which may still be opened.
fn key(cursor: &mut Cursor<'_>, depth: usize) -> Lexed<SearchKey> {
    match cursor.peek() {
        Some(b'(') => group(cursor, depth),
        Some(b'*' | b'0'..=b'9') if cursor.mode().uid_only => Err(Bad::UidRequired),
        Some(b'$' | b'*' | b'0'..=b'9') => cursor.message_set().map(SearchKey::Sequence),
        _ => match cursor.word().as_str() {
            "NOT" => inner(cursor, depth).map(SearchKey::Not),
            "FUZZY" => inner(cursor, depth).map(SearchKey::Fuzzy),
            "OR" => alternatives(cursor, deeper(depth)?),
            word => leaf(cursor, word),
        },
    }
}

/// `"(" search-key *(SP search-key) ")"`
///
/// Parentheses that open at the same place mean one conjunction, wherever each of them closes, so they are read in a
/// loop and are no level of nesting: clients put them around single keys. What stands behind the first key is one.
fn group(cursor: &mut Cursor<'_>, depth: usize) -> Lexed<SearchKey> {
    let mut open = 0_usize;
    while cursor.eat(b'(') {
        cursor.spaces();
        open += 1;
    }
    let mut keys = vec![key(cursor, depth)?];
    while open > 0 {
        if cursor.is_more_in_list()? {
            keys.push(key(cursor, deeper(depth)?)?);
        } else {
            open -= 1;
        }
    }
    Ok(all_of(keys))
}

/// `SP search-key`, behind a word that says something of it
fn inner(cursor: &mut Cursor<'_>, depth: usize) -> Lexed<Box<SearchKey>> {
    cursor.space()?;
    key(cursor, deeper(depth)?).map(Box::new)
}

fn deeper(depth: usize) -> Lexed<usize> {
    depth.checked_sub(1).ok_or_else(too_deep)
}

fn too_deep() -> Bad {
    Bad::TooMany("levels of nesting", SEARCH_DEPTH_MAX)
}

/// `"OR" SP search-key SP search-key`, where `OR a OR b OR c d` is one level: clients chain a
/// hundred terms that way.
fn alternatives(cursor: &mut Cursor<'_>, depth: usize) -> Lexed<SearchKey> {
    let mut keys = Vec::new();
    loop {
        cursor.space()?;
        keys.push(key(cursor, depth)?);
        if !cursor.eat_text(" OR") {
            cursor.space()?;
            keys.push(key(cursor, depth)?);
            return Ok(any_of(keys));
        }
    }
}

/// A conjunction that begins with another one is one with it.
fn all_of(keys: Vec<SearchKey>) -> SearchKey {
    let mut keys = keys.into_iter();
    match (keys.next(), keys.len()) {
        (None, _) => SearchKey::All,
        (Some(only), 0) => only,
        (Some(SearchKey::And(mut first)), _) => {
            first.extend(keys);
            SearchKey::And(first)
        }
        (Some(first), _) => SearchKey::And(iter::once(first).chain(keys).collect()),
    }
}

/// A tree no deeper than it has to be.
fn any_of(mut keys: Vec<SearchKey>) -> SearchKey {
    match keys.len() {
        0 | 1 => all_of(keys),
        count => {
            let right = keys.split_off(count / 2);
            SearchKey::Or(Box::new(any_of(keys)), Box::new(any_of(right)))
        }
    }
}

/// A key that holds no other, its first word already read.
fn leaf(cursor: &mut Cursor<'_>, word: &str) -> Lexed<SearchKey> {
    Ok(match word {
        "ALL" => SearchKey::All,
        "ANSWERED" => SearchKey::Has(Flag::Answered),
        "DELETED" => SearchKey::Has(Flag::Deleted),
        "DRAFT" => SearchKey::Has(Flag::Draft),
        "FLAGGED" => SearchKey::Has(Flag::Flagged),
        "SEEN" => SearchKey::Has(Flag::Seen),
        "UNANSWERED" => SearchKey::HasNot(Flag::Answered),
        "UNDELETED" => SearchKey::HasNot(Flag::Deleted),
        "UNDRAFT" => SearchKey::HasNot(Flag::Draft),
        "UNFLAGGED" => SearchKey::HasNot(Flag::Flagged),
        "UNSEEN" => SearchKey::HasNot(Flag::Seen),
        "KEYWORD" => SearchKey::Has(keyword(cursor)?),
        "UNKEYWORD" => SearchKey::HasNot(keyword(cursor)?),
        "RECENT" => SearchKey::Recent,
        "NEW" => SearchKey::And(vec![SearchKey::Recent, SearchKey::HasNot(Flag::Seen)]),
        "OLD" => SearchKey::Old,
        "BCC" => SearchKey::Address(AddressField::Bcc, string(cursor)?),
        "CC" => SearchKey::Address(AddressField::Cc, string(cursor)?),
        "FROM" => SearchKey::Address(AddressField::From, string(cursor)?),
        "TO" => SearchKey::Address(AddressField::To, string(cursor)?),
        "SUBJECT" => SearchKey::Subject(string(cursor)?),
        "HEADER" => {
            let name = string(cursor)?;
            SearchKey::Header(name, string(cursor)?)
        }
        "BODY" => SearchKey::Body(string(cursor)?),
        "TEXT" => SearchKey::Text(string(cursor)?),
        "BEFORE" => SearchKey::Internal(DateTest::Before, spaced(cursor, date)?),
        "ON" => SearchKey::Internal(DateTest::On, spaced(cursor, date)?),
        "SINCE" => SearchKey::Internal(DateTest::Since, spaced(cursor, date)?),
        "SENTBEFORE" => SearchKey::Sent(DateTest::Before, spaced(cursor, date)?),
        "SENTON" => SearchKey::Sent(DateTest::On, spaced(cursor, date)?),
        "SENTSINCE" => SearchKey::Sent(DateTest::Since, spaced(cursor, date)?),
        "LARGER" => SearchKey::Larger(spaced(cursor, Cursor::number64)?),
        "SMALLER" => SearchKey::Smaller(spaced(cursor, Cursor::number64)?),
        "UID" => SearchKey::Uid(spaced(cursor, Cursor::message_set)?),
        "UIDAFTER" => uids_after(spaced(cursor, Cursor::nz_number)?),
        "UIDBEFORE" => uids_before(spaced(cursor, Cursor::nz_number)?),
        "MODSEQ" => SearchKey::ModSeq(spaced(cursor, modseq)?),
        "OLDER" => SearchKey::Older(spaced(cursor, Cursor::nz_number)?),
        "YOUNGER" => SearchKey::Younger(spaced(cursor, Cursor::nz_number)?),
        "FILTER" => SearchKey::Filter(spaced(cursor, filter_name)?),
        "EMAILID" => SearchKey::EmailId(spaced(cursor, object_id)?),
        "THREADID" => SearchKey::ThreadId(spaced(cursor, object_id)?),
        "SAVEDBEFORE" => SearchKey::Saved(DateTest::Before, spaced(cursor, date)?),
        "SAVEDON" => SearchKey::Saved(DateTest::On, spaced(cursor, date)?),
        "SAVEDSINCE" => SearchKey::Saved(DateTest::Since, spaced(cursor, date)?),
        // Every mailbox here keeps the save date.
        "SAVEDATESUPPORTED" => SearchKey::All,
        _ => return Err(Bad::Expected("a search key")),
    })
}

/// `UIDAFTER uniqueid` (RFC 9738, 3.2), where `*` would name the last message, were it below.
fn uids_after(uid: u32) -> SearchKey {
    match uid.checked_add(1) {
        Some(first) => uids(first, u32::MAX),
        None => nothing(),
    }
}

/// `UIDBEFORE uniqueid` (RFC 9738, 3.2)
fn uids_before(uid: u32) -> SearchKey {
    match uid - 1 {
        0 => nothing(),
        last => uids(1, last),
    }
}

fn uids(first: u32, last: u32) -> SearchKey {
    let range = NumberRange(NumberEnd::Number(first), NumberEnd::Number(last));
    SearchKey::Uid(MessageSet::Listed(NumberSet(vec![range])))
}

fn nothing() -> SearchKey {
    SearchKey::Not(Box::new(SearchKey::All))
}

fn spaced<'f, T>(
    cursor: &mut Cursor<'f>,
    read: impl FnOnce(&mut Cursor<'f>) -> Lexed<T>,
) -> Lexed<T> {
    cursor.space()?;
    read(cursor)
}

fn string(cursor: &mut Cursor<'_>) -> Lexed<String> {
    spaced(cursor, Cursor::astring_text)
}

fn keyword(cursor: &mut Cursor<'_>) -> Lexed<Flag> {
    let word = spaced(cursor, Cursor::atom)?;
    Keyword::parse(word).map(Flag::Keyword).map_err(Bad::Flag)
}

fn filter_name(cursor: &mut Cursor<'_>) -> Lexed<String> {
    let name = cursor.atom()?;
    if is_filter_name(name) {
        Ok(name.to_owned())
    } else {
        Err(Bad::Expected("the name of a filter"))
    }
}

/// `filter-name = 1*<any ATOM-CHAR except "/">` (RFC 5466, 4)
#[must_use]
pub fn is_filter_name(text: &str) -> bool {
    let is_in_name = |byte| is_atom_char(byte) && byte != b'/';
    !text.is_empty() && text.bytes().all(is_in_name)
}

/// `objectid = 1*255(ALPHA / DIGIT / "_" / "-")`
fn object_id(cursor: &mut Cursor<'_>) -> Lexed<String> {
    let id = cursor.atom()?;
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if id.len() <= OBJECT_ID_BYTES_MAX && id.bytes().all(is_id) {
        Ok(id.to_owned())
    } else {
        Err(Bad::Expected("an object identifier"))
    }
}

/// `[entry-name SP entry-type-req SP] mod-sequence-valzer`. All flags of a message share one
/// mod-sequence here, so the entry does not matter (RFC 7162, 3.1.5).
fn modseq(cursor: &mut Cursor<'_>) -> Lexed<mail::ModSeq> {
    if cursor.peek() == Some(b'"') {
        let entry = cursor.astring_text()?;
        if !entry.to_ascii_lowercase().starts_with("/flags/") {
            return Err(Bad::Expected("the entry of a flag"));
        }
        cursor.space()?;
        if !["PRIV", "SHARED", "ALL"].contains(&cursor.word().as_str()) {
            return Err(Bad::Expected("priv, shared or all"));
        }
        cursor.space()?;
    }
    cursor.modseq()
}
