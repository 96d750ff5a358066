//! Which mailboxes NOTIFY watches and ESEARCH searches (RFC 5465, 8; RFC 7377, 4).

use crate::command::{MailboxArg, MailboxFilter};
use crate::lex::{Cursor, Lexed};

/// `filter-mailboxes-other`, whose first word was read already; `None` where that is none of its words.
pub(super) fn filter(cursor: &mut Cursor<'_>, word: &str) -> Lexed<Option<MailboxFilter>> {
    Ok(Some(match word {
        // Mail may be delivered to any personal mailbox, so these are the same (RFC 5465, 6.3).
        "INBOXES" | "PERSONAL" => MailboxFilter::Personal,
        "SUBSCRIBED" => MailboxFilter::Subscribed,
        "SUBTREE" => MailboxFilter::Subtree(mailboxes(cursor)?),
        "SUBTREE-ONE" => MailboxFilter::SubtreeOne(mailboxes(cursor)?),
        "MAILBOXES" => MailboxFilter::Mailboxes(mailboxes(cursor)?),
        _ => return Ok(None),
    }))
}

/// `SP one-or-more-mailbox`, where `one-or-more-mailbox = mailbox / many-mailboxes`
fn mailboxes(cursor: &mut Cursor<'_>) -> Lexed<Vec<MailboxArg>> {
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        cursor.list(Cursor::mailbox)
    } else {
        Ok(vec![cursor.mailbox()?])
    }
}
