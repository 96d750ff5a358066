//! RENAME (RFC 9051, 6.3.6): `x` on what is, `k` above what shall be (RFC 4314, 4).

use acl::Deed;
use store::Fault;
use wire::MailboxArg;

use super::create::{taken, warrant};
use super::list::announce_made;
use crate::ending::{Done, Outcome, Refused};
use crate::names::Missing;
use crate::out::Out;
use crate::session::Session;

/// Whoever has the mailbox open keeps it open: it is known by its id, not by its name.
pub(crate) async fn run(
    session: &mut Session,
    from: &MailboxArg,
    to: &MailboxArg,
    out: &mut Out<'_>,
) -> Outcome {
    let (name, place) = session.place(to)?;
    let (named, permit) = session
        .permit(from, Deed::DeleteMailbox, Missing::Mailbox)
        .await?;
    if place.is_below(&named.place) {
        return Err(Refused::Cannot("A mailbox cannot be moved below itself").into());
    }
    let warrant = warrant(session, &place).await?;
    let renamed = session
        .store
        .rename_mailbox(&permit, &warrant, &named.place, &place)
        .await;
    match renamed {
        Ok(_) => {}
        Err(Fault::Exists) => return Err(taken(session, &place).await),
        Err(fault) => return Err(fault.into()),
    }
    session.believe_renamed(&named.name, &name);
    // INBOX stays, and only gave its messages away (RFC 9051, 6.3.6).
    if session.enabled.rev2 && !named.is_inbox() {
        announce_made(session, &name, &from.0, out).await;
    }
    Ok(Done::completed())
}
