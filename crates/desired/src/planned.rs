//! What has to change, in the transactions in which it does.

use acl::{Rights, Subject};
use mail::{FlagPolicy, QuotaLimits};

use crate::wanted::{Addresses, List, TreeName};

/// What has to change so that everything is as a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Accounts that are made.
    pub accounts: Vec<NewAccount>,
    /// What changes in groups.
    pub groups: GroupsChange,
    /// What changes in trees, those of accounts first.
    pub trees: Vec<TreeChange>,
    /// What changes in aliases.
    pub aliases: AliasesChange,
    /// Accounts that nobody may log in to from now on (`true`), or may again.
    pub switched: Vec<(String, bool)>,
    /// Groups that are deleted.
    pub ended_groups: Vec<String>,
    /// What stays otherwise than the file says, or may surprise.
    pub notes: Vec<String>,
    /// What cannot be: with one of these nothing is done.
    pub refusals: Vec<String>,
}

/// An account that is made, with its INBOX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Folded.
    pub name: String,
    /// The hash of its password.
    pub hash: Option<String>,
    /// Whether it administers the site.
    pub is_admin: bool,
    /// With Sent, Drafts, Trash, Archive and Junk.
    pub has_folders: bool,
}

/// What changes in all groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupsChange {
    /// Groups that are made.
    pub made: Vec<String>,
    /// Who comes to a group, or goes.
    pub memberships: Vec<MemberChange>,
    /// What groups were like.
    pub version: String,
}

/// Somebody comes to a group, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberChange {
    /// The group.
    pub group: String,
    /// An account or, beginning with `group:`, a group.
    pub member: String,
    /// Whether it comes.
    pub is_in: bool,
}

/// What changes in all aliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasesChange {
    /// Which go, and then which come.
    pub steps: Vec<AliasStep>,
    /// What aliases were like.
    pub version: String,
}

/// An address leads to another one from now on, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasStep {
    /// An address or `@domain`, folded.
    pub address: String,
    /// As it is written.
    pub spelling: String,
    /// The other one, folded.
    pub target: String,
    /// As that is written.
    pub target_spelling: String,
    /// Whether it leads there.
    pub leads: bool,
}

/// What changes in one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    /// Which.
    pub tree: TreeName,
    /// What the tree was like; empty where there was nothing in it.
    pub version: String,
    /// One after the other.
    pub steps: Vec<TreeStep>,
}

/// One thing that changes in a tree. Paths are those of shared mailboxes, or `INBOX` in the tree of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeStep {
    /// A mailbox goes, with this many messages in it and these addresses.
    Delete {
        /// Which.
        path: String,
        /// What is in it.
        message_count: u64,
        /// What led there.
        addresses: Addresses,
    },
    /// A quota root has other limits. The path of an account's is empty.
    Quota {
        /// Where it begins.
        path: String,
        /// From now on.
        limits: QuotaLimits,
        /// Until now.
        before: QuotaLimits,
    },
    /// A mailbox is made. It has the list and the flag policy of the one above it, or an empty list and a private `\Seen`.
    Make {
        /// Which.
        path: String,
        /// What it is for.
        special_use: Option<String>,
    },
    /// A mailbox is for something else.
    SpecialUse {
        /// Which.
        path: String,
        /// From now on.
        special_use: Option<String>,
        /// Until now.
        before: Option<String>,
    },
    /// A mailbox has a list of its own, without entries, instead of that of the mailbox above.
    OwnList {
        /// Which.
        path: String,
    },
    /// A mailbox has the list of the mailbox above, instead of its own.
    InheritList {
        /// Which.
        path: String,
        /// Its own.
        before: List,
    },
    /// An entry of a mailbox's own list.
    Entry {
        /// Of which.
        path: String,
        /// For whom.
        subject: Subject,
        /// From now on; none where the entry goes.
        rights: Rights,
        /// Until now; none where the entry is new.
        before: Rights,
    },
    /// A mailbox has another flag policy.
    Policy {
        /// Which.
        path: String,
        /// From now on.
        private: FlagPolicy,
        /// Until now; `None` where the mailbox is new.
        before: Option<FlagPolicy>,
    },
    /// An address leads to a mailbox, or no longer does.
    Address {
        /// To which.
        path: String,
        /// Folded.
        address: String,
        /// As it is written.
        spelling: String,
        /// Whether it leads there.
        leads: bool,
    },
}

impl Plan {
    /// Whether everything is as the file says already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.groups.is_empty()
            && self.trees.is_empty()
            && self.aliases.steps.is_empty()
            && self.switched.is_empty()
            && self.ended_groups.is_empty()
    }
}

impl GroupsChange {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.memberships.is_empty()
    }
}
