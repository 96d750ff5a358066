//! What accounts may do on mailboxes, remembered for as long as nothing changes it.
//!
//! Whatever changes somebody's rights raises the mailbox's version of them: its list, its groups, its
//! place. So a list of thousands, or an account in as many groups, is read once a change and not once
//! a command.

use std::sync::Arc;

use acl::{AclEntry, Rights, Who};
use mail::{AccountId, FlagBits, MailboxId};
use quick_cache::sync::Cache;

/// What one account may do on one mailbox, and why.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) version: i64,
    pub(crate) owner: i64,
    pub(crate) domain: String,
    pub(crate) who: Arc<Who>,
    pub(crate) applying: Arc<[AclEntry]>,
    pub(crate) rights: Rights,
    /// The flags that the account has apart, which the version covers, too.
    pub(crate) private_flags: FlagBits,
}

/// The latest that was read.
pub(crate) struct AccessCache(Cache<(AccountId, MailboxId), Arc<Known>>);

/// How many are remembered.
const ACCESS_CACHE_MAX: usize = 20_000;

impl AccessCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ACCESS_CACHE_MAX))
    }

    /// What is remembered of `asker` on `mailbox`, if it is of this version of the mailbox's rights.
    pub(crate) fn find(
        &self,
        asker: AccountId,
        mailbox: MailboxId,
        version: i64,
    ) -> Option<Arc<Known>> {
        let known = self.0.get(&(asker, mailbox));
        known.filter(|known| known.version == version)
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn keep(&self, asker: AccountId, mailbox: MailboxId, known: Arc<Known>) {
        self.0.insert((asker, mailbox), known);
    }
}
