//! What a file says. `None` is what it does not say: that stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use acl::{Rights, Subject};
use mail::{FlagPolicy, QuotaLimits};

use crate::Section;

/// What a site shall be like, as far as a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredState {
    /// Of these the file names all that there shall be.
    pub complete: BTreeSet<Section>,
    /// By name, folded.
    pub accounts: BTreeMap<String, DesiredAccount>,
    /// By name, folded.
    pub groups: BTreeMap<String, DesiredGroup>,
    /// By path, below the shared namespace.
    pub mailboxes: BTreeMap<String, DesiredMailbox>,
    /// By address or `@domain`, folded.
    pub aliases: BTreeMap<String, Alias>,
}

/// An address that leads to others, or a domain that is another name of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
    /// As the address is written.
    pub spelling: String,
    /// Where it leads.
    pub targets: Addresses,
}

/// Who keeps an account or the members of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Whoever administers the site.
    #[default]
    Hand,
    /// An LDAP directory, which the synchronisation follows.
    Directory,
}

/// What an account shall be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredAccount {
    /// An account of the directory is not made and not changed, but for its addresses and its quota.
    pub source: Source,
    /// Whether it administers the site.
    pub is_admin: Option<bool>,
    /// Whether nobody may log in to it.
    pub is_disabled: Option<bool>,
    /// The password's hash, of an account that is made now.
    pub hash: Option<String>,
    /// Whether an account that is made now has Sent, Drafts, Trash, Archive and Junk.
    pub has_folders: bool,
    /// What leads to its INBOX.
    pub addresses: Option<Addresses>,
    /// The limits of all its mailboxes.
    pub quota: Option<QuotaLimits>,
}

/// What a group shall be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredGroup {
    /// The directory says who is in a group of the directory.
    pub source: Source,
    /// The names of accounts and, beginning with `group:`, of groups.
    pub members: Option<BTreeSet<String>>,
}

/// What a shared mailbox shall be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredMailbox {
    /// What it is for (RFC 6154); `Some(None)` for nothing in particular.
    pub special_use: Option<Option<String>>,
    /// Who may do what.
    pub list: Option<DesiredList>,
    /// The flags that everybody has for himself.
    pub private: Option<FlagPolicy>,
    /// What leads there.
    pub addresses: Option<Addresses>,
    /// The limits of it and all below it.
    pub quota: Option<QuotaLimits>,
}

/// The entries of an access control list.
pub type List = BTreeMap<Subject, Rights>;

/// Which list a mailbox shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesiredList {
    /// That of the mailbox above it.
    Inherited,
    /// One of its own with these entries and no others.
    Own(List),
}

/// Addresses and `@domain`s, folded, each with its spelling.
pub type Addresses = BTreeMap<String, String>;

/// What is changed in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TreeName {
    /// The mailboxes of this account.
    Account(String),
    /// The shared mailbox of this name, which has no `/`, and all below it.
    Shared(String),
}

impl TreeName {
    /// The tree that a shared mailbox is in.
    #[must_use]
    pub fn of_shared(path: &str) -> Self {
        let top = path.split('/').next().unwrap_or(path);
        Self::Shared(top.to_owned())
    }
}
