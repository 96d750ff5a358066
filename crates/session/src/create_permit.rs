//! Who may create a mailbox where: asked by CREATE and RENAME, and by the command line.

use acl::{CreatePermit, Denied};
use mail::{AccountId, Place};
use store::{Fault, Store};

/// Leave for `account` to create `place`: in its own tree, below the nearest mailbox above that exists
/// (RFC 4314, 4), or as a site administrator at the root of the shared tree.
///
/// Whether `place` itself exists is not asked: that is for the store to say, to those with leave.
///
/// # Errors
///
/// The outer ones are the store's; [`Denied`] within is the answer to the question.
pub async fn create_permit(
    store: &Store,
    account: AccountId,
    place: &Place,
) -> Result<Result<CreatePermit, Denied>, Fault> {
    if let Place::Mine(_) = place {
        return Ok(Ok(acl::own_tree(&store.who(account).await?)));
    }
    let mut above = place.parent();
    while let Some(place) = above {
        if let Some(found) = store.resolve(account, &place).await? {
            return Ok(acl::below(&found.access));
        }
        above = place.parent();
    }
    if let Place::Shared(_) = place {
        return Ok(acl::shared_root(&store.who(account).await?));
    }
    Ok(Err(Denied::NoPermission))
}
