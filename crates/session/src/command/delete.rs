//! DELETE (RFC 9051, 6.3.5).

use acl::Operation;
use wire::{MailboxArg, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome, Refused};
use crate::names::named::{Missing, other_name};
use crate::out::Out;

pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg, out: &mut Out<'_>) -> Outcome {
    let permitted = session
        .permit(mailbox, Operation::DeleteMailbox, Missing::Mailbox)
        .await;
    // Seen in LIST as \Noselect with what is below it (RFC 9051, 6.3.5).
    if let Err(Ending::Refused(Refused::NoSuchMailbox)) = &permitted
        && !session.below(mailbox).await?.is_empty()
    {
        return Err(Refused::HasChildren.into());
    }
    let (named, permit) = permitted?;
    if named.is_inbox() {
        return Err(Refused::Cannot("An INBOX cannot be deleted").into());
    }
    session.store.delete_mailbox(&permit).await?;
    session.believe_deleted(permit.mailbox());
    if let (true, Some(old_name)) = (session.enabled.rev2, other_name(mailbox, &named.name)) {
        let line = say::ListLine {
            attributes: &["\\NonExistent"],
            name: named.name.as_str(),
            old_name: Some(old_name),
            ..Default::default()
        };
        say::list(&mut out.buffer, session.speech(), &line);
    }
    Ok(Done::completed())
}
