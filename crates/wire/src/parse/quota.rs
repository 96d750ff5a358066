//! The three commands of RFC 9208.

use crate::command::Body;
use crate::lex::{Cursor, Lexed};

/// `getquota = "GETQUOTA" SP quota-root-name`
pub(super) fn get_quota(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    cursor.astring_text().map(Body::GetQuota)
}

/// `getquotaroot = "GETQUOTAROOT" SP mailbox`
pub(super) fn get_quota_root(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    cursor.mailbox().map(Body::GetQuotaRoot)
}

/// `setquota = "SETQUOTA" SP quota-root-name SP "(" [setquota-resource *(SP setquota-resource)] ")"`
pub(super) fn set_quota(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    let root = cursor.astring_text()?;
    cursor.space()?;
    let limits = cursor.list_or_empty(resource)?;
    Ok(Body::SetQuota { root, limits })
}

/// `setquota-resource = resource-name SP resource-limit`
fn resource(cursor: &mut Cursor<'_>) -> Lexed<(String, u64)> {
    let name = cursor.atom()?.to_owned();
    cursor.space()?;
    Ok((name, cursor.number64()?))
}
