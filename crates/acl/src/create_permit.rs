//! The permission to create a mailbox that does not exist yet.

use mail::AccountId;

use crate::{Denied, EffectiveAccess, Operation, Permit, Who, permit};

/// The permission to create a mailbox, or to rename one, within a scope. Only the functions of this
/// file make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatePermit {
    account: AccountId,
    scope: CreateScope,
}

/// Where a mailbox may be created. The store compares the scope with the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateScope {
    /// Anywhere in the creator's own tree.
    OwnTree,
    /// Below the mailbox of this permit, which was made for [`Operation::CreateChild`] or
    /// [`Operation::CreateSpecial`].
    Below(Permit),
    /// Anywhere in the tree that nobody owns.
    SharedTree,
}

/// The permission to create in one's own tree, whose owner always holds `k`.
#[must_use]
pub const fn own_tree(who: &Who) -> CreatePermit {
    CreatePermit {
        account: who.account,
        scope: CreateScope::OwnTree,
    }
}

/// The permission to create below the nearest existing mailbox above the new name (RFC 4314, 4).
///
/// # Errors
///
/// [`Denied`] when the account does not hold `k` there.
pub fn below(parent: &EffectiveAccess) -> Result<CreatePermit, Denied> {
    permit(parent, Operation::CreateChild).map(CreatePermit::below)
}

/// As [`below`], for a mailbox with a special use: whoever gives it one needs what SETMETADATA needs for that.
///
/// # Errors
///
/// [`Denied`] when the account does not hold `k` and `a` there.
pub fn special_below(parent: &EffectiveAccess) -> Result<CreatePermit, Denied> {
    permit(parent, Operation::CreateSpecial).map(CreatePermit::below)
}

/// The permission to create in the shared tree where no parent exists, for site administrators.
///
/// # Errors
///
/// [`Denied::NoPermission`] for all other accounts.
pub const fn shared_root(who: &Who) -> Result<CreatePermit, Denied> {
    if who.is_admin {
        Ok(CreatePermit {
            account: who.account,
            scope: CreateScope::SharedTree,
        })
    } else {
        Err(Denied::NoPermission)
    }
}

impl CreatePermit {
    const fn below(permit: Permit) -> Self {
        Self {
            account: permit.account(),
            scope: CreateScope::Below(permit),
        }
    }

    /// The account that may create.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Where it may create.
    #[must_use]
    pub const fn scope(&self) -> CreateScope {
        self.scope
    }
}

#[cfg(test)]
mod tests {
    use mail::{AccountId, MailboxId};

    use super::{CreateScope, below, own_tree, shared_root};
    use crate::{Denied, EffectiveAccess, Rights, Who};

    fn who(is_admin: bool) -> Who {
        Who {
            account: AccountId(7),
            name: "bob".to_owned(),
            groups: Vec::new(),
            is_admin,
        }
    }

    #[test]
    fn below_a_mailbox_it_takes_k() {
        for (letters, expected) in [
            ("lk", Ok(())),
            ("k", Ok(())),
            ("lrswipxtean", Err(Denied::NoPermission)),
            ("rswipxtean", Err(Denied::Hidden)),
        ] {
            let parent = EffectiveAccess {
                account: AccountId(7),
                mailbox: MailboxId(42),
                rights: Rights::parse(letters).unwrap(),
                version: 3,
            };
            let create_permit = below(&parent);
            assert_eq!(create_permit.map(|_| ()), expected, "{letters}");
            if let Ok(create_permit) = create_permit {
                assert_eq!(create_permit.account(), AccountId(7));
                let CreateScope::Below(permit) = create_permit.scope() else {
                    panic!("another ground")
                };
                assert_eq!(permit.mailbox(), MailboxId(42));
                assert_eq!(permit.needed(), Rights::CREATE);
            }
        }
    }

    #[test]
    fn at_the_top_of_the_shared_tree_it_takes_an_administrator() {
        assert_eq!(shared_root(&who(false)), Err(Denied::NoPermission));
        let create_permit = shared_root(&who(true)).unwrap();
        assert_eq!(create_permit.scope(), CreateScope::SharedTree);
        assert_eq!(create_permit.account(), AccountId(7));
    }

    #[test]
    fn ones_own_tree_is_ones_own() {
        assert_eq!(own_tree(&who(false)).scope(), CreateScope::OwnTree);
    }
}
