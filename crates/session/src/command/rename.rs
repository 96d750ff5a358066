//! RENAME (RFC 9051, 6.3.6): `x` on what is, `k` above what shall be (RFC 4314, 4).

use std::collections::HashSet;

use acl::{Denied, Operation, Permit};
use mail::{MailboxName, Place};
use store::{Fault, Listed};
use wire::MailboxArg;

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome, Refused};
use crate::names::creation::{permit_to_create, taken};
use crate::names::named::{Missing, Named, is_inbox};
use crate::names::tree::announce_made;
use crate::out::Out;

/// A session that has the mailbox open keeps it open: it is known by its id, not by its name.
pub(crate) async fn run(
    session: &mut Session,
    from: &MailboxArg,
    to: &MailboxArg,
    out: &mut Out<'_>,
) -> Outcome {
    let (name, place) = session.place(to)?;
    let permitted = session.permit(from, Operation::DeleteMailbox, Missing::Mailbox);
    let (old_name, is_inbox) = match permitted.await {
        // Seen in LIST as \Noselect with what is below it.
        Err(Ending::Refused(Refused::NoSuchMailbox)) => {
            (rename_branch(session, from, &name, &place).await?, false)
        }
        permitted => {
            let (named, permit) = permitted?;
            rename_mailbox(session, &named, &permit, &place).await?;
            let is_inbox = named.is_inbox();
            (named.name, is_inbox)
        }
    };
    session.believe_renamed(&old_name, &name);
    // INBOX stays, and only gave its messages away (RFC 9051, 6.3.6).
    if let (true, Some(from)) = (session.enabled.rev2 && !is_inbox, from.text()) {
        announce_made(session, &name, from, out).await;
    }
    Ok(Done::completed())
}

async fn rename_mailbox(
    session: &Session,
    from: &Named,
    permit: &Permit,
    to: &Place,
) -> Result<(), Ending> {
    if to.is_below(&from.place) {
        return Err(BELOW_ITSELF.into());
    }
    let create_permit = permit_to_create(session, to, None).await?;
    let renamed = session
        .store
        .rename_mailbox(permit, &create_permit, &from.place, to)
        .await;
    match renamed {
        Err(Fault::Exists) => Err(taken(session, to).await),
        renamed => Ok(renamed?),
    }
}

/// A name that only leads to others goes with those to which it leads, as far as this user sees them
/// (docs/adr/0037-names-that-only-lead-on-are-renamed.md). Returns the old name.
async fn rename_branch(
    session: &Session,
    from: &MailboxArg,
    name: &MailboxName,
    to: &Place,
) -> Result<MailboxName, Ending> {
    let below = session.below(from).await?;
    if below.is_empty() {
        return Err(Refused::NoSuchMailbox.into());
    }
    let (old_name, place) = match session.place(from) {
        Ok((old_name, place)) if !is_inbox(&old_name, &place) => (old_name, place),
        Ok(_) | Err(_) => return Err(ROOT.into()),
    };
    if *to == place {
        return Err(Refused::Exists.into());
    }
    if to.is_below(&place) {
        return Err(BELOW_ITSELF.into());
    }
    let permits = permits(session, &below)?;
    let create_permit = permit_to_create(session, to, None).await?;
    if is_inbox(name, to) {
        return Err(taken(session, to).await);
    }
    let renamed = session
        .store
        .rename_branch(&permits, &create_permit, &place, to)
        .await;
    match renamed {
        Err(Fault::Exists) => Err(taken_below(session, &below, &old_name, name).await?),
        renamed => {
            renamed?;
            Ok(old_name)
        }
    }
}

/// Leave to rename those at the top: what is below them goes along, as it does when they are renamed
/// one by one.
fn permits(session: &Session, below: &[Listed]) -> Result<Vec<Permit>, Ending> {
    let account = session.logged_in()?.id;
    Listed::topmost(below)
        .map(|listed| acl::permit(&listed.access(account), Operation::DeleteMailbox))
        .collect::<Result<_, Denied>>()
        // They are seen, so it may be said that they are there.
        .map_err(|_| Refused::NoPermission.into())
}

/// Why `below` cannot get new names: as [`taken`], of each of them.
async fn taken_below(
    session: &Session,
    below: &[Listed],
    old_name: &MailboxName,
    name: &MailboxName,
) -> Result<Ending, Ending> {
    let rest = |listed: &Listed, above: &MailboxName| {
        let name = session.name(&listed.place)?;
        name.as_str()
            .strip_prefix(above.as_str())
            .map(str::to_owned)
    };
    let wanted: HashSet<String> = below
        .iter()
        .filter_map(|listed| rest(listed, old_name))
        .chain([String::new()])
        .collect();
    let account = session.logged_in()?.id;
    let visible = session.store.visible(account).await?;
    let is_in_the_way = |listed: &Listed| {
        below.iter().all(|moved| moved.id != listed.id)
            && rest(listed, name).is_some_and(|rest| wanted.contains(&rest))
    };
    Ok(if visible.iter().any(is_in_the_way) {
        Refused::Exists.into()
    } else {
        Refused::Nowhere.into()
    })
}

const BELOW_ITSELF: Refused = Refused::Cannot("A mailbox cannot be moved below itself");
/// Of a namespace, or of another user's tree, or of a tree that is seen as an account.
const ROOT: Refused = Refused::Cannot("The root of a tree keeps its name");
