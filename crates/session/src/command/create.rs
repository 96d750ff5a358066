//! CREATE (RFC 9051, 6.3.4), with the special use of RFC 6154 and the MAILBOXID of RFC 8474.

use acl::{CreatePermit, Denied, Rights};
use mail::Place;
use store::{Fault, Found};
use wire::MailboxArg;

use super::list::announce_made;
use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::names::other_name;
use crate::out::Out;
use crate::session::Session;

/// RFC 6154, 2, and RFC 8457. `\All` and `\Flagged` are views, which nobody creates.
const SPECIAL_USES: [&str; 6] = [
    "\\Archive",
    "\\Drafts",
    "\\Junk",
    "\\Sent",
    "\\Trash",
    "\\Important",
];

pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    special_use: &[String],
    out: &mut Out<'_>,
) -> Outcome {
    let (name, place) = session.place(mailbox)?;
    let special_use = special_use_of(special_use)?;
    let create_permit = create_permit(session, &place).await?;
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

/// Why nothing can be made at `place`: that a mailbox is there is for those to hear who may know it
/// (docs/adr/0022-names-that-are-taken.md).
pub(super) async fn taken(session: &Session, place: &Place) -> Ending {
    let known = async {
        let account = session.logged_in()?.id;
        let found = session.store.resolve(account, place).await?;
        let is_known = |found: Found| found.access.rights.contains(Rights::LOOKUP);
        Ok::<_, Ending>(found.is_some_and(is_known))
    };
    match known.await {
        Ok(true) => Refused::Exists.into(),
        Ok(false) => Refused::Nowhere.into(),
        Err(ending) => ending,
    }
}

/// Leave to create `place`. Below a mailbox that must stay hidden nothing can be created, as nowhere
/// else.
pub(crate) async fn create_permit(
    session: &Session,
    place: &Place,
) -> Result<CreatePermit, Ending> {
    let account = session.logged_in()?.id;
    let asked = crate::create_permit::create_permit(&session.store, account, place).await?;
    asked.map_err(|denied| match denied {
        Denied::Hidden | Denied::NoPermission => Refused::NoPermission.into(),
    })
}

/// One of those that there are, as it is written; or none.
pub(super) fn special_use_of(names: &[String]) -> Result<Option<&'static str>, Ending> {
    let [name] = names else {
        return if names.is_empty() {
            Ok(None)
        } else {
            Err(Refused::UseAttr("A mailbox has one special use at most").into())
        };
    };
    SPECIAL_USES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .map(Some)
        .ok_or_else(|| Refused::UseAttr("This special use is not supported").into())
}
