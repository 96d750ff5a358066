//! Who a session is for, once a password was right.

use store::Account;

use crate::names::naming::Naming;

/// A login whose password was right, as the account that it may act as.
pub(crate) struct Entrance {
    /// The account that the session acts as.
    pub(crate) account: Account,
    /// The account whose password was given, where that is another.
    pub(crate) actor: Option<Account>,
    pub(crate) naming: Naming,
}
