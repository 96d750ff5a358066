//! DELETE (RFC 9051, 6.3.5).

use acl::Deed;
use mail::{MailboxName, Place};
use wire::MailboxArg;

use crate::ending::{Done, Outcome, Refused};
use crate::names::Missing;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg) -> Outcome {
    let (named, permit) = session
        .permit(mailbox, Deed::DeleteMailbox, Missing::Mailbox)
        .await?;
    if is_inbox(&named.place) {
        return Err(Refused::Cannot("An INBOX cannot be deleted").into());
    }
    session.store.delete_mailbox(&permit).await?;
    Ok(Done::completed())
}

fn is_inbox(place: &Place) -> bool {
    match place {
        Place::Mine(path) | Place::Theirs { path, .. } => path == MailboxName::INBOX,
        Place::Shared(_) => false,
    }
}
