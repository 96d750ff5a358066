//! Whether a name can be given to a mailbox: what CREATE and RENAME have in common.

use acl::{CreatePermit, Denied, Rights};
use mail::Place;
use store::Found;

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};

/// Why nothing can be created at `place`. That a mailbox is there is told only to those who may know it
/// (docs/adr/0022-names-that-are-taken.md).
pub(crate) async fn taken(session: &Session, place: &Place) -> Ending {
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

/// The permit to create `place`, which is given by the nearest mailbox above it that exists (RFC 4314, 4).
///
/// Whether `place` itself exists is not asked: the store says so to those who have a permit.
pub(crate) async fn create_permit(
    session: &Session,
    place: &Place,
) -> Result<CreatePermit, Ending> {
    let store = &session.store;
    let account = session.logged_in()?.id;
    if let Place::Mine(_) = place {
        return Ok(acl::own_tree(&store.who(account).await?));
    }
    match nearest_parent(session, place).await? {
        Some(parent) => acl::below(&parent.access).map_err(refusal),
        None if matches!(place, Place::Shared(_)) => {
            acl::shared_root(&store.who(account).await?).map_err(refusal)
        }
        None => Err(Refused::NoPermission.into()),
    }
}

/// Below a mailbox that must stay hidden nothing can be created, as nowhere else.
fn refusal(denied: Denied) -> Ending {
    match denied {
        Denied::Hidden | Denied::NoPermission => Refused::NoPermission.into(),
    }
}

async fn nearest_parent(session: &Session, place: &Place) -> Result<Option<Found>, Ending> {
    let account = session.logged_in()?.id;
    let mut place = place.clone();
    while let Some(above) = place.parent() {
        if let Some(found) = session.store.resolve(account, &above).await? {
            return Ok(Some(found));
        }
        place = above;
    }
    Ok(None)
}
