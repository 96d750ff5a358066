//! Leave to create a mailbox where there is none yet.

use mail::AccountId;

use crate::{Deed, Denied, Permit, Standing, Who, permit};

/// Leave to create, or to rename to, a name on some ground. Made by the functions here alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warrant {
    account: AccountId,
    ground: Ground,
}

/// Where something may be created. The store compares it with the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Anywhere in the creator's own tree.
    OwnTree,
    /// Below the mailbox of this permit, which was asked for [`Deed::CreateChild`].
    Below(Permit),
    /// Anywhere in the tree that nobody owns.
    SharedTree,
}

/// Leave to create in one's own tree, whose owner always holds `k`.
#[must_use]
pub const fn own_tree(who: &Who) -> Warrant {
    Warrant {
        account: who.account,
        ground: Ground::OwnTree,
    }
}

/// Leave to create below the nearest mailbox that exists above the new name (RFC 4314, 4).
///
/// # Errors
///
/// [`Denied`] without `k` there.
pub fn below(parent: &Standing) -> Result<Warrant, Denied> {
    let permit = permit(parent, Deed::CreateChild)?;
    Ok(Warrant {
        account: permit.account(),
        ground: Ground::Below(permit),
    })
}

/// Leave to create in the shared tree where no parent exists: for site administrators.
///
/// # Errors
///
/// [`Denied::NoPermission`] for everybody else.
pub const fn shared_root(who: &Who) -> Result<Warrant, Denied> {
    if who.is_admin {
        Ok(Warrant {
            account: who.account,
            ground: Ground::SharedTree,
        })
    } else {
        Err(Denied::NoPermission)
    }
}

impl Warrant {
    /// Who creates.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Where.
    #[must_use]
    pub const fn ground(&self) -> Ground {
        self.ground
    }
}
