//! CREATE with its special uses, and STATUS.

use crate::command::{Body, MailboxArg, StatusItem};
use crate::lex::{Bad, Cursor, Lexed};

/// `create = "CREATE" SP mailbox [SP "(USE" SP "(" [use-attr *(SP use-attr)] "))"]` (RFC 6154, 6)
pub(super) fn create(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    let mut mailbox = cursor.mailbox()?;
    // "The CREATE command can be given a name with a trailing hierarchy separator" (RFC 3501,
    // 6.3.3); nothing below such a name has to be prepared here.
    if let MailboxArg::Text(name) = &mut mailbox
        && name.len() > 1
        && name.ends_with('/')
    {
        name.pop();
    }
    let mut special_use = Vec::new();
    if cursor.eat(b' ') {
        if !cursor.eat_text("(USE ") {
            return Err(Bad::Expected("(USE"));
        }
        special_use = cursor.list_or_empty(attribute)?;
        cursor.expect(b')', "the end of a list")?;
    }
    Ok(Body::Create {
        mailbox,
        special_use,
    })
}

fn attribute(cursor: &mut Cursor<'_>) -> Lexed<String> {
    cursor.expect(b'\\', "an attribute")?;
    cursor.atom().map(|atom| format!("\\{atom}"))
}

/// `status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"`
pub(super) fn status(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let items = status_items(cursor)?;
    Ok(Body::Status { mailbox, items })
}

/// The items of STATUS, or of LIST's `RETURN (STATUS (…))`. Each is kept once.
pub(super) fn status_items(cursor: &mut Cursor<'_>) -> Lexed<Vec<StatusItem>> {
    let mut items = Vec::new();
    cursor.list(|cursor| {
        let item = status_item(cursor)?;
        if !items.contains(&item) {
            items.push(item);
        }
        Ok(())
    })?;
    Ok(items)
}

fn status_item(cursor: &mut Cursor<'_>) -> Lexed<StatusItem> {
    match cursor.word().as_str() {
        "MESSAGES" => Ok(StatusItem::Messages),
        // Gone in IMAP4rev2 (RFC 9051, appendix E).
        "RECENT" if !cursor.mode().rev2 => Ok(StatusItem::Recent),
        "UIDNEXT" => Ok(StatusItem::UidNext),
        "UIDVALIDITY" => Ok(StatusItem::UidValidity),
        "UNSEEN" => Ok(StatusItem::Unseen),
        "DELETED" => Ok(StatusItem::Deleted),
        "SIZE" => Ok(StatusItem::Size),
        "HIGHESTMODSEQ" => Ok(StatusItem::HighestModSeq),
        "MAILBOXID" => Ok(StatusItem::MailboxId),
        "DELETED-STORAGE" => Ok(StatusItem::DeletedStorage),
        "APPENDLIMIT" => Ok(StatusItem::AppendLimit),
        _ => Err(Bad::Expected("a status item")),
    }
}
