//! COPY, MOVE (RFC 6851) and UID EXPUNGE (RFC 4315).

use crate::command::{Body, MailboxArg, MessageSet, Numbering};
use crate::lex::{Cursor, Lexed};

/// `copy = "COPY" SP sequence-set SP mailbox`
pub(super) fn copy(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    let (set, mailbox) = what_and_where(cursor)?;
    Ok(Body::Copy {
        numbering,
        set,
        mailbox,
    })
}

/// `move = "MOVE" SP sequence-set SP mailbox`
pub(super) fn r#move(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    let (set, mailbox) = what_and_where(cursor)?;
    Ok(Body::Move {
        numbering,
        set,
        mailbox,
    })
}

/// `uid-expunge = "UID" SP "EXPUNGE" SP sequence-set`
pub(super) fn uid_expunge(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    cursor.message_set().map(Body::UidExpunge)
}

fn what_and_where(cursor: &mut Cursor<'_>) -> Lexed<(MessageSet, MailboxArg)> {
    cursor.space()?;
    let set = cursor.message_set()?;
    cursor.space()?;
    Ok((set, cursor.mailbox()?))
}
