//! SUBSCRIBE (RFC 9051, 6.3.7) and UNSUBSCRIBE (6.3.8).

use acl::Operation;
use wire::MailboxArg;

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::names::named::Missing;

pub(crate) async fn subscribe(session: &mut Session, mailbox: &MailboxArg) -> Outcome {
    let (named, permit) = session
        .permit(mailbox, Operation::Subscribe, Missing::Mailbox)
        .await?;
    session
        .store
        .subscribe(permit.account(), &named.place)
        .await?;
    session.believe_subscribed(named.name, true);
    Ok(Done::completed())
}

/// Needs no right: one may always forget, also what is gone or hidden by now.
pub(crate) async fn unsubscribe(session: &mut Session, mailbox: &MailboxArg) -> Outcome {
    let account = session.logged_in()?.id;
    let (name, place) = session.place(mailbox)?;
    session.store.unsubscribe(account, &place).await?;
    session.believe_subscribed(name, false);
    Ok(Done::completed())
}
