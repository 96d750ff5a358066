//! Who a session is for, once a password was right.

use store::{AccessToken, Account};

use crate::names::naming::Naming;

/// A login whose password was right, as the account that it may act as.
pub(crate) struct Entrance {
    /// The account that the session acts as.
    pub(crate) account: Account,
    /// The account whose password was given, where that is another.
    pub(crate) actor: Option<Account>,
    /// What was given instead of the account's password.
    pub(crate) token: Option<AccessToken>,
    /// When it ends by itself, in seconds since 1970.
    pub(crate) ends_at: Option<i64>,
    pub(crate) naming: Naming,
}

impl Entrance {
    /// That of an account by its own password.
    pub(crate) const fn of(account: Account, naming: Naming) -> Self {
        Self {
            account,
            actor: None,
            token: None,
            ends_at: None,
            naming,
        }
    }
}
