//! CREATE (RFC 9051, 6.3.4), with the special use of RFC 6154 and the MAILBOXID of RFC 8474.

use store::Fault;
use wire::MailboxArg;

use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Outcome};
use crate::names::creation::{permit_to_create, taken};
use crate::names::named::other_name;
use crate::names::special_use::{check_owner, special_use_of};
use crate::names::tree::announce_made;
use crate::out::Out;

pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    special_use: &[String],
    out: &mut Out<'_>,
) -> Outcome {
    let (name, place) = session.place(mailbox)?;
    let special_use = special_use_of(special_use)?;
    if special_use.is_some() {
        check_owner(&place)?;
    }
    let create_permit = permit_to_create(session, &place, special_use).await?;
    let created = session
        .store
        .create_mailbox(&create_permit, &place, special_use)
        .await;
    let id = match created {
        Ok(id) => id,
        Err(Fault::Exists) => return Err(taken(session, &place).await),
        Err(fault) => return Err(fault.into()),
    };
    if let (true, Some(old_name)) = (session.enabled.rev2, other_name(mailbox, &name)) {
        announce_made(session, &name, old_name, out).await;
    }
    session.believe_created(id, name).await?;
    Ok(Done::with(DoneCode::MailboxId(
        session.store.object_ids().mailbox(id),
    )))
}
