//! How many messages accounts have not seen in mailboxes, as of a mod-sequence.
//!
//! Every change of that raises the mailbox's mod-sequence, so what was counted at the one that it has now still holds:
//! of a large mailbox it is more than all its other counters cost.

use mail::{AccountId, MailboxId, ModSeq};
use quick_cache::sync::Cache;

/// The latest that was counted.
pub(crate) struct UnseenCache(Cache<(AccountId, MailboxId), (ModSeq, u64)>);

/// How many are remembered.
const UNSEEN_CACHE_MAX: usize = 50_000;

impl UnseenCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(UNSEEN_CACHE_MAX))
    }

    /// How much `asker` has not seen, and at which mod-sequence of `mailbox`.
    pub(crate) fn find(&self, asker: AccountId, mailbox: MailboxId) -> Option<(ModSeq, u64)> {
        self.0.get(&(asker, mailbox))
    }

    /// Forgets all, since in another history of the database a mod-sequence means something else.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn keep(&self, asker: AccountId, mailbox: MailboxId, modseq: ModSeq, unseen: u64) {
        // Unless it is news, nobody else shall wait for a lock.
        if self.find(asker, mailbox) != Some((modseq, unseen)) {
            self.0.insert((asker, mailbox), (modseq, unseen));
        }
    }
}
