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

#[cfg(test)]
mod tests {
    use mail::{AccountId, MailboxId};

    use super::{Ground, below, own_tree, shared_root};
    use crate::{Denied, Rights, Standing, Who};

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
            let parent = Standing {
                account: AccountId(7),
                mailbox: MailboxId(42),
                rights: Rights::parse(letters).unwrap(),
                version: 3,
            };
            let warrant = below(&parent);
            assert_eq!(warrant.map(|_| ()), expected, "{letters}");
            if let Ok(warrant) = warrant {
                assert_eq!(warrant.account(), AccountId(7));
                let Ground::Below(permit) = warrant.ground() else {
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
        let warrant = shared_root(&who(true)).unwrap();
        assert_eq!(warrant.ground(), Ground::SharedTree);
        assert_eq!(warrant.account(), AccountId(7));
    }

    #[test]
    fn ones_own_tree_is_ones_own() {
        assert_eq!(own_tree(&who(false)).ground(), Ground::OwnTree);
    }
}
