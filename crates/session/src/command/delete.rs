//! DELETE (RFC 9051, 6.3.5).

use acl::Deed;
use mail::{MailboxName, Place};
use wire::MailboxArg;

use crate::ending::{Done, Ending, Outcome, Refused};
use crate::names::{Missing, Named};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg) -> Outcome {
    let permitted = session.permit(mailbox, Deed::DeleteMailbox, Missing::Mailbox);
    let (named, permit) = match permitted.await {
        // Seen in LIST as \Noselect with what is below it (RFC 9051, 6.3.5).
        Err(Ending::Refused(Refused::NoSuchMailbox)) if session.only_leads_on(mailbox).await? => {
            return Err(Refused::HasChildren.into());
        }
        permitted => permitted?,
    };
    if is_inbox(&named) {
        return Err(Refused::Cannot("An INBOX cannot be deleted").into());
    }
    session.store.delete_mailbox(&permit).await?;
    Ok(Done::completed())
}

/// One's own, that of a shared tree that is seen as an account, or another user's.
fn is_inbox(named: &Named) -> bool {
    let is_theirs = match &named.place {
        Place::Theirs { path, .. } => path == MailboxName::INBOX,
        Place::Mine(_) | Place::Shared(_) => false,
    };
    is_theirs || named.name.as_str() == MailboxName::INBOX
}
