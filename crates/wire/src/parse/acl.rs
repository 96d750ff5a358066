//! The five commands of RFC 4314.

use crate::command::{Body, MailboxArg};
use crate::lex::{Cursor, Lexed};

/// `setacl = "SETACL" SP mailbox SP identifier SP mod-rights`
pub(super) fn set_acl(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let (mailbox, identifier) = mailbox_and_identifier(cursor)?;
    cursor.space()?;
    let rights = cursor.astring_text()?;
    Ok(Body::SetAcl {
        mailbox,
        identifier,
        rights,
    })
}

/// `deleteacl = "DELETEACL" SP mailbox SP identifier`
pub(super) fn delete_acl(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let (mailbox, identifier) = mailbox_and_identifier(cursor)?;
    Ok(Body::DeleteAcl {
        mailbox,
        identifier,
    })
}

/// `getacl = "GETACL" SP mailbox`
pub(super) fn get_acl(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    cursor.mailbox().map(Body::GetAcl)
}

/// `listrights = "LISTRIGHTS" SP mailbox SP identifier`
pub(super) fn list_rights(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let (mailbox, identifier) = mailbox_and_identifier(cursor)?;
    Ok(Body::ListRights {
        mailbox,
        identifier,
    })
}

/// `myrights = "MYRIGHTS" SP mailbox`
pub(super) fn my_rights(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    cursor.mailbox().map(Body::MyRights)
}

fn mailbox_and_identifier(cursor: &mut Cursor<'_>) -> Lexed<(MailboxArg, String)> {
    cursor.space()?;
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    let identifier = cursor.astring_text()?;
    Ok((mailbox, identifier))
}
