//! The proof that somebody may do something.

use mail::{AccountId, FlagBits, MailboxId};

use crate::{Deed, Rights, storable};

/// What somebody may do on a mailbox, as of one version of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub account: AccountId,
    /// Where.
    pub mailbox: MailboxId,
    /// The effective rights.
    pub rights: Rights,
    /// The version of the mailbox's rights from which they were computed.
    pub version: i64,
}

/// Leave to do one thing, made by [`permit`] alone.
///
/// The store compares versions inside its transaction and, where the list has changed, asks again
/// for [`needed`](Self::needed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    standing: Standing,
    needed: Rights,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Not even that it exists may be said: answer as for a name that does not.
    #[error("no such mailbox")]
    Hidden,
    /// NO [NOPERM].
    #[error("permission denied")]
    NoPermission,
}

/// Leave for `deed`, if the rights suffice.
///
/// # Errors
///
/// [`Denied`] says what may be told about the mailbox (RFC 4314, 6).
pub fn permit(standing: &Standing, deed: Deed) -> Result<Permit, Denied> {
    if let Some(needed) = deed.needed(standing.rights) {
        Ok(Permit {
            standing: *standing,
            needed,
        })
    } else if standing.rights.intersects(deed.knowable_by()) {
        Err(Denied::NoPermission)
    } else {
        Err(Denied::Hidden)
    }
}

impl Permit {
    /// Who may.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.standing.account
    }

    /// On which mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> MailboxId {
        self.standing.mailbox
    }

    /// The rights that must still be held when the deed is done.
    #[must_use]
    pub const fn needed(&self) -> Rights {
        self.needed
    }

    /// All rights that were held when it was made.
    #[must_use]
    pub const fn held(&self) -> Rights {
        self.standing.rights
    }

    /// The version of the mailbox's rights as of which it was made.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.standing.version
    }

    /// The flags that it lets one set and clear: those that the deed named and the rights allow,
    /// with what the same right guards.
    #[must_use]
    pub fn storable(&self) -> FlagBits {
        storable(self.needed)
    }
}
