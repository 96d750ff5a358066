//! The trees of names that accounts were told of lately, each as good as the directory's log says.
//!
//! Whoever lists names asks the log what happened since the tree was made, which is one short statement. Only where that
//! concerns the account the names and rights are read anew.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use acl::AccessMode;
use mail::{AccountId, MailboxId};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use store::{DirectoryChange, DirectoryMark, DirectoryNews};

use crate::names::listing::Tree;
use crate::names::naming::Naming;
use crate::names::special_use::SPECIAL_USE_ENTRY;

/// The trees of one node, bounded by the names in them.
pub struct Trees(Cache<Key, Arc<KnownTree>, ByNames>);

type Key = (AccountId, Naming, AccessMode);

/// Names in all trees that are remembered.
const NAMES_MAX: u64 = 200_000;
/// What one is taken to have, for the size of the table.
const NAMES_TYPICAL: u64 = 20;

/// A tree, and up to where the log was looked through for what changes it.
pub(crate) struct KnownTree {
    tree: Arc<Tree>,
    mailboxes: HashSet<MailboxId>,
    /// Something is subscribed to that is not there: it goes when the account does to which it belonged.
    is_anything_missing: bool,
    /// The changes of the database's history before it was read.
    history: u64,
    mark: Mutex<DirectoryMark>,
}

impl Default for Trees {
    fn default() -> Self {
        let trees = usize::try_from(NAMES_MAX / NAMES_TYPICAL).unwrap_or(0);
        Self(Cache::with_weighter(trees, NAMES_MAX, ByNames))
    }
}

impl fmt::Debug for Trees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trees").finish_non_exhaustive()
    }
}

impl Trees {
    /// What was remembered of this account by these names and for what it may do there, in this history of the database.
    pub(crate) fn find(&self, key: &Key, history: u64) -> Option<Arc<KnownTree>> {
        self.0.get(key).filter(|known| known.history == history)
    }

    pub(crate) fn keep(&self, key: Key, known: Arc<KnownTree>) {
        self.0.insert(key, known);
    }
}

impl KnownTree {
    /// A tree that was read after `mark` and `history` were.
    pub(crate) fn new(tree: Arc<Tree>, mark: DirectoryMark, history: u64) -> Self {
        let nodes = || tree.nodes().map(|(_, node)| node);
        let mailboxes = nodes().filter_map(|node| Some(node.mailbox.as_ref()?.id));
        let mailboxes = mailboxes.collect();
        let is_anything_missing = nodes().any(|node| node.is_subscribed && node.mailbox.is_none());
        Self {
            tree,
            mailboxes,
            is_anything_missing,
            history,
            mark: Mutex::new(mark),
        }
    }

    pub(crate) fn mark(&self) -> DirectoryMark {
        self.lock().clone()
    }

    /// The tree, if it is what `account` may still be told after this news.
    pub(crate) fn after(&self, news: DirectoryNews, account: AccountId) -> Option<Arc<Tree>> {
        let mut changes = news.changes?.into_iter();
        if changes.any(|change| self.is_changed_by(&change, account)) {
            return None;
        }
        *self.lock() = news.mark;
        Some(self.tree.clone())
    }

    fn is_changed_by(&self, change: &DirectoryChange, account: AccountId) -> bool {
        match change {
            DirectoryChange::Mailbox { mailbox, viewers } => {
                self.mailboxes.contains(mailbox)
                    || viewers.contains(&account)
                    || self.is_anything_missing
            }
            DirectoryChange::Subscriptions(whose) => *whose == account,
            DirectoryChange::Annotation { mailbox, entry, .. } => {
                let mailbox = mailbox.filter(|_| entry.as_str() == SPECIAL_USE_ENTRY);
                mailbox.is_some_and(|mailbox| self.mailboxes.contains(&mailbox))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, DirectoryMark> {
        // Nothing panics while it is held.
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct ByNames;

impl Weighter<Key, Arc<KnownTree>> for ByNames {
    fn weight(&self, _: &Key, known: &Arc<KnownTree>) -> u64 {
        u64::try_from(known.tree.len()).unwrap_or(u64::MAX).max(1)
    }
}
