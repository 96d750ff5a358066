//! Who may give a name to a mailbox.

use acl::{CreatePermit, Denied};
use mail::{AccountId, Place};

use crate::{Fault, Store};

impl Store {
    /// The permit of `account` to create `place`: in its own tree, below the nearest mailbox above that exists
    /// (RFC 4314, 4), or as a site administrator at the root of the shared tree.
    ///
    /// A special use takes the right to administer there, too, as it does when it is set later.
    /// Whether `place` itself exists is not asked: that is for the creation to say, to those with a permit.
    ///
    /// # Errors
    ///
    /// The outer ones are the store's; [`Denied`] within is the answer to the question.
    pub async fn create_permit(
        &self,
        account: AccountId,
        place: &Place,
        special_use: Option<&str>,
    ) -> Result<Result<CreatePermit, Denied>, Fault> {
        if let Place::Mine(_) = place {
            return Ok(Ok(acl::own_tree(&self.who(account).await?)));
        }
        let mut above = place.parent();
        while let Some(place) = above {
            if let Some(found) = self.resolve(account, &place).await? {
                return Ok(match special_use {
                    None => acl::below(&found.access),
                    Some(_) => acl::special_below(&found.access),
                });
            }
            above = place.parent();
        }
        if let Place::Shared(_) = place {
            return Ok(acl::shared_root(&self.who(account).await?));
        }
        Ok(Err(Denied::NoPermission))
    }
}
