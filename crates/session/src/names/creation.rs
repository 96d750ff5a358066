//! Whether a name can be given to a mailbox: what CREATE and RENAME have in common.

use acl::{CreatePermit, Denied, Rights};
use mail::{AccountId, Place};
use store::{Fault, Found, Store};

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

/// The permit of this session's account to create `place`. Below a mailbox that must stay hidden nothing can be
/// created, as nowhere else.
pub(crate) async fn permit_to_create(
    session: &Session,
    place: &Place,
    special_use: Option<&str>,
) -> Result<CreatePermit, Ending> {
    let account = session.logged_in()?.id;
    let asked = create_permit(&session.store, account, place, special_use).await?;
    asked.map_err(|denied| match denied {
        Denied::Hidden | Denied::NoPermission => Refused::NoCreation.into(),
    })
}

/// The permit of `account` to create `place`: in its own tree, below the nearest mailbox above that exists
/// (RFC 4314, 4), or as a site administrator at the root of the shared tree.
///
/// A special use takes the right to administer there, too, as it does when it is set later.
/// Whether `place` itself exists is not asked: that is for the store to say, to those with a permit.
///
/// # Errors
///
/// The outer ones are the store's; [`Denied`] within is the answer to the question.
pub async fn create_permit(
    store: &Store,
    account: AccountId,
    place: &Place,
    special_use: Option<&str>,
) -> Result<Result<CreatePermit, Denied>, Fault> {
    if let Place::Mine(_) = place {
        return Ok(Ok(acl::own_tree(&store.who(account).await?)));
    }
    let mut above = place.parent();
    while let Some(place) = above {
        if let Some(found) = store.resolve(account, &place).await? {
            return Ok(match special_use {
                None => acl::below(&found.access),
                Some(_) => acl::special_below(&found.access),
            });
        }
        above = place.parent();
    }
    if let Place::Shared(_) = place {
        return Ok(acl::shared_root(&store.who(account).await?));
    }
    Ok(Err(Denied::NoPermission))
}
