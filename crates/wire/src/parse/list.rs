//! LIST, plain and extended (RFC 5258, with RFC 5819, RFC 6154, RFC 8440 and RFC 9590).

use mail::limits::LIST_PATTERNS_MAX;

use crate::command::{Body, List, ListReturn, ListSelect};
use crate::lex::{Bad, Cursor, Lexed};
use crate::parse::mailbox::status_items;
use crate::parse::metadata::entries;

/// ```abnf
/// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
/// ```
pub(super) fn list(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let mut list = List::default();
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        list.extended = true;
        list.select = select(cursor)?;
        cursor.space()?;
    }
    list.reference = cursor.mailbox()?;
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        list.extended = true;
        list.patterns = cursor.list(Cursor::list_mailbox)?;
    } else {
        list.patterns = vec![cursor.list_mailbox()?];
    }
    if list.patterns.len() > LIST_PATTERNS_MAX {
        return Err(Bad::TooMany("patterns", LIST_PATTERNS_MAX));
    }
    if cursor.eat_text(" RETURN ") {
        list.extended = true;
        list.returns = returns(cursor)?;
    }
    Ok(Body::List(list))
}

fn select(cursor: &mut Cursor<'_>) -> Lexed<ListSelect> {
    let mut select = ListSelect::default();
    cursor.list_or_empty(|cursor| {
        match cursor.word().as_str() {
            "SUBSCRIBED" => select.subscribed = true,
            "REMOTE" => select.remote = true,
            "RECURSIVEMATCH" => select.recursive_match = true,
            "SPECIAL-USE" => select.special_use = true,
            _ => return Err(Bad::Expected("a selection option")),
        }
        Ok(())
    })?;
    // RECURSIVEMATCH modifies another option, and REMOTE does not count (RFC 5258, 3.1).
    if select.recursive_match && !select.subscribed && !select.special_use {
        return Err(Bad::Wrong("RECURSIVEMATCH stands alone"));
    }
    Ok(select)
}

fn returns(cursor: &mut Cursor<'_>) -> Lexed<ListReturn> {
    let mut returns = ListReturn::default();
    cursor.list_or_empty(|cursor| {
        match cursor.word().as_str() {
            "SUBSCRIBED" => returns.subscribed = true,
            "CHILDREN" => returns.children = true,
            "SPECIAL-USE" => returns.special_use = true,
            "MYRIGHTS" => returns.my_rights = true,
            "STATUS" => {
                cursor.space()?;
                returns.status = status_items(cursor)?;
            }
            "METADATA" => {
                cursor.space()?;
                returns.metadata = entries(cursor)?;
            }
            _ => return Err(Bad::Expected("a return option")),
        }
        Ok(())
    })?;
    Ok(returns)
}
