//! Responses about mailboxes by name: LIST, STATUS, NAMESPACE, and those of RFC 4314.

use crate::command::StatusItem;
use crate::say::token::{Speech, astring, end, mailbox, number, object_id, separated, string};

/// One mailbox of a LIST or LSUB response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListLine<'a> {
    /// LSUB instead of LIST.
    pub lsub: bool,
    /// With their backslashes.
    pub attributes: &'a [&'a str],
    /// The name.
    pub name: &'a str,
    /// `CHILDINFO`: something below is subscribed to (RFC 5258, 4).
    pub child_info_subscribed: bool,
    /// `OLDNAME`: what the name was (RFC 9051, 6.3.9.7).
    pub old_name: Option<&'a str>,
}

/// `* LIST (attributes) "/" name [(extended data)]`
pub fn list(out: &mut Vec<u8>, speech: Speech, line: &ListLine<'_>) {
    out.extend_from_slice(if line.lsub { b"* LSUB (" } else { b"* LIST (" });
    separated(out, line.attributes, |out, attribute| {
        out.extend_from_slice(attribute.as_bytes());
    });
    out.extend_from_slice(b") \"/\" ");
    mailbox(out, speech, line.name);
    if line.child_info_subscribed || line.old_name.is_some() {
        out.extend_from_slice(b" (");
        if line.child_info_subscribed {
            out.extend_from_slice(b"\"CHILDINFO\" (\"SUBSCRIBED\")");
        }
        if let Some(old_name) = line.old_name {
            if line.child_info_subscribed {
                out.push(b' ');
            }
            out.extend_from_slice(b"\"OLDNAME\" (");
            mailbox(out, speech, old_name);
            out.push(b')');
        }
        out.push(b')');
    }
    end(out);
}

/// What STATUS says of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusValue {
    /// `n`
    Number(u64),
    /// `(id)` (RFC 8474, 4.3)
    ObjectId(String),
}

/// `* STATUS name (ITEM n …)`
pub fn status(out: &mut Vec<u8>, speech: Speech, name: &str, items: &[(StatusItem, StatusValue)]) {
    out.extend_from_slice(b"* STATUS ");
    mailbox(out, speech, name);
    out.extend_from_slice(b" (");
    separated(out, items, |out, (item, value)| {
        out.extend_from_slice(status_word(*item).as_bytes());
        out.push(b' ');
        match value {
            StatusValue::Number(value) => number(out, *value),
            StatusValue::ObjectId(id) => object_id(out, id),
        }
    });
    out.push(b')');
    end(out);
}

/// `* NAMESPACE personal others shared`, each a list of prefixes, or NIL when empty.
pub fn namespace(
    out: &mut Vec<u8>,
    speech: Speech,
    personal: &[&str],
    others: &[&str],
    shared: &[&str],
) {
    out.extend_from_slice(b"* NAMESPACE ");
    separated(out, [personal, others, shared], |out, prefixes| {
        if prefixes.is_empty() {
            out.extend_from_slice(b"NIL");
            return;
        }
        out.push(b'(');
        for prefix in prefixes {
            out.push(b'(');
            prefix_string(out, speech, prefix);
            out.extend_from_slice(b" \"/\")");
        }
        out.push(b')');
    });
    end(out);
}

/// `* ACL name identifier rights …`
pub fn acl(out: &mut Vec<u8>, speech: Speech, name: &str, entries: &[(&str, &str)]) {
    out.extend_from_slice(b"* ACL ");
    mailbox(out, speech, name);
    for (identifier, rights) in entries {
        out.push(b' ');
        astring(out, speech, identifier);
        out.push(b' ');
        astring(out, speech, rights);
    }
    end(out);
}

/// `* LISTRIGHTS name identifier required optional …`
pub fn list_rights(
    out: &mut Vec<u8>,
    speech: Speech,
    name: &str,
    identifier: &str,
    required: &str,
    optional: &[&str],
) {
    out.extend_from_slice(b"* LISTRIGHTS ");
    mailbox(out, speech, name);
    for value in [identifier, required].iter().chain(optional) {
        out.push(b' ');
        astring(out, speech, value);
    }
    end(out);
}

/// `* MYRIGHTS name rights`
pub fn my_rights(out: &mut Vec<u8>, speech: Speech, name: &str, rights: &str) {
    out.extend_from_slice(b"* MYRIGHTS ");
    mailbox(out, speech, name);
    out.push(b' ');
    astring(out, speech, rights);
    end(out);
}

/// A prefix is a `string`, so never an atom.
fn prefix_string(out: &mut Vec<u8>, speech: Speech, prefix: &str) {
    if speech.utf8 {
        string(out, speech, prefix);
    } else {
        string(out, speech, &crate::utf7::mutf7_encode(prefix));
    }
}

const fn status_word(item: StatusItem) -> &'static str {
    match item {
        StatusItem::Messages => "MESSAGES",
        StatusItem::Recent => "RECENT",
        StatusItem::UidNext => "UIDNEXT",
        StatusItem::UidValidity => "UIDVALIDITY",
        StatusItem::Unseen => "UNSEEN",
        StatusItem::Deleted => "DELETED",
        StatusItem::Size => "SIZE",
        StatusItem::HighestModSeq => "HIGHESTMODSEQ",
        StatusItem::MailboxId => "MAILBOXID",
        StatusItem::DeletedStorage => "DELETED-STORAGE",
        StatusItem::AppendLimit => "APPENDLIMIT",
    }
}
