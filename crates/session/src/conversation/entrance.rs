//! Who a session is for, once a password was right.

use store::Account;

use crate::names::naming::Naming;

/// Somebody whose password was right, in a role that may be played.
pub(crate) struct Entrance {
    /// As whom.
    pub(crate) account: Account,
    /// Who gave the password, where that is somebody else.
    pub(crate) actor: Option<Account>,
    pub(crate) naming: Naming,
}
