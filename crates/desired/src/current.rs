//! What there is.

use std::collections::{BTreeMap, BTreeSet};

use mail::{FlagPolicy, QuotaLimits};

use crate::{Addresses, Alias, List, Source, TreeName};

/// What there is, as far as a file could say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentState {
    /// By name.
    pub accounts: BTreeMap<String, CurrentAccount>,
    /// By name.
    pub groups: BTreeMap<String, CurrentGroup>,
    /// By path, below the shared namespace.
    pub mailboxes: BTreeMap<String, CurrentMailbox>,
    /// The limits in the shared namespace by path, also where there is no mailbox yet.
    pub quotas: BTreeMap<String, QuotaLimits>,
    /// By address or `@domain`, folded.
    pub aliases: BTreeMap<String, Alias>,
    /// What each tree was like, for the store to compare; trees without anything are left out.
    pub versions: BTreeMap<TreeName, String>,
    /// The same of all groups.
    pub groups_version: String,
    /// The same of all aliases.
    pub aliases_version: String,
}

/// An account that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentAccount {
    /// Who keeps it.
    pub source: Source,
    /// Whether it administers the site.
    pub is_admin: bool,
    /// Whether nobody may log in to it.
    pub is_disabled: bool,
    /// What leads to its INBOX.
    pub addresses: Addresses,
    /// The limits of all its mailboxes.
    pub quota: QuotaLimits,
}

/// A group that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentGroup {
    /// Who says who is in it.
    pub source: Source,
    /// As in [`DesiredGroup`](crate::DesiredGroup).
    pub members: BTreeSet<String>,
}

/// A shared mailbox that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrentMailbox {
    /// What it is for (RFC 6154).
    pub special_use: Option<String>,
    /// Its own list; `None` where it has that of the mailbox above it.
    pub list: Option<List>,
    /// The flags that everybody has for himself, as [`FlagPolicy::in_order`] has them.
    pub private: FlagPolicy,
    /// What leads there.
    pub addresses: Addresses,
    /// How many messages are in it.
    pub message_count: u64,
}
