//! Who watches which mailbox for NOTIFY, and what was heard of and not read yet. No I/O.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bus::Wakeup;
use mail::{AccountId, MailboxId, ModSeq};
use store::DirectoryMark;

use crate::event_queue::{EventQueue, QueueId};
use crate::lock::lock;

/// All watchers of one node with what they watch.
#[derive(Debug, Default)]
pub(crate) struct WatchRegister {
    pub(crate) watched_mailboxes: HashMap<MailboxId, WatchedMailbox>,
    pub(crate) queues: HashMap<QueueId, Arc<EventQueue>>,
    queues_opened: u64,
    /// The mod-sequences that were heard of and not read yet.
    wanted: HashMap<MailboxId, ModSeq>,
    /// Up to where the directory was read; none while nobody watches.
    pub(crate) mark: Option<DirectoryMark>,
    pub(crate) is_directory_wanted: bool,
}

/// A mailbox that somebody watches.
#[derive(Debug, Default)]
pub(crate) struct WatchedMailbox {
    /// What everybody who watches was told of; none before the first look.
    pub(crate) known: Option<ModSeq>,
    pub(crate) watchers: HashMap<QueueId, Arc<EventQueue>>,
}

impl WatchRegister {
    /// Notes that there is news.
    pub(crate) fn want(&mut self, wakeup: &Wakeup) {
        if wakeup.mailbox == bus::DIRECTORY {
            self.is_directory_wanted |= self.mark.is_some();
            return;
        }
        let Some(watched_mailbox) = self.watched_mailboxes.get(&wakeup.mailbox) else {
            return;
        };
        if watched_mailbox
            .known
            .is_some_and(|known| known >= wakeup.modseq)
        {
            return;
        }
        let wanted = self.wanted.entry(wakeup.mailbox).or_insert(wakeup.modseq);
        *wanted = wakeup.modseq.max(*wanted);
    }

    pub(crate) fn is_any_wanted(&self) -> bool {
        self.is_directory_wanted || self.wanted.keys().any(|id| self.known(*id).is_some())
    }

    fn known(&self, mailbox: MailboxId) -> Option<ModSeq> {
        self.watched_mailboxes.get(&mailbox)?.known
    }

    /// The mailboxes to ask for, since when, and up to where. Those without a first look go on waiting for it.
    pub(crate) fn to_ask(&self) -> Vec<(MailboxId, ModSeq, ModSeq)> {
        let to_ask = |(mailbox, wanted): (&MailboxId, &ModSeq)| {
            Some((*mailbox, self.known(*mailbox)?, *wanted))
        };
        self.wanted.iter().filter_map(to_ask).collect()
    }

    /// Forgets what was wanted of `mailbox` up to `read`: it has been read, or is not there to be read.
    pub(crate) fn settle(&mut self, mailbox: MailboxId, read: ModSeq) {
        if self
            .wanted
            .get(&mailbox)
            .is_some_and(|wanted| *wanted <= read)
        {
            self.wanted.remove(&mailbox);
        }
    }

    pub(crate) fn add_queue(&mut self, account: AccountId) -> Arc<EventQueue> {
        self.queues_opened += 1;
        let id = QueueId(self.queues_opened);
        let queue = Arc::new(EventQueue::new(id, account));
        self.queues.insert(id, queue.clone());
        queue
    }

    /// The accounts that watch, each once.
    pub(crate) fn accounts(&self) -> Vec<AccountId> {
        let accounts = self.queues.values().map(|queue| queue.account);
        let accounts: HashSet<AccountId> = accounts.collect();
        accounts.into_iter().collect()
    }

    /// Makes `queue` watch these mailboxes and no others; returns those that need a first look.
    pub(crate) fn set_watched(
        &mut self,
        queue: &Arc<EventQueue>,
        mailboxes: &[MailboxId],
    ) -> Vec<MailboxId> {
        let wanted: HashSet<MailboxId> = mailboxes.iter().copied().collect();
        let mut watched = lock(&queue.watched);
        for mailbox in watched.difference(&wanted) {
            self.remove_watcher(*mailbox, queue);
        }
        let mut fresh = Vec::new();
        for mailbox in &wanted {
            let watched_mailbox = self.watched_mailboxes.entry(*mailbox).or_default();
            watched_mailbox.watchers.insert(queue.id, queue.clone());
            if watched_mailbox.known.is_none() {
                fresh.push(*mailbox);
            }
        }
        *watched = wanted;
        fresh
    }

    pub(crate) fn remove_queue(&mut self, queue: &EventQueue) {
        self.queues.remove(&queue.id);
        for mailbox in std::mem::take(&mut *lock(&queue.watched)) {
            self.remove_watcher(mailbox, queue);
        }
        self.forget_directory_if_unwatched();
    }

    fn remove_watcher(&mut self, mailbox: MailboxId, queue: &EventQueue) {
        if let Entry::Occupied(mut watched_mailbox) = self.watched_mailboxes.entry(mailbox) {
            watched_mailbox.get_mut().watchers.remove(&queue.id);
            if watched_mailbox.get().watchers.is_empty() {
                watched_mailbox.remove();
                self.wanted.remove(&mailbox);
            }
        }
    }

    /// Nobody listens any more, so the directory need not be read.
    fn forget_directory_if_unwatched(&mut self) {
        if self.queues.is_empty() {
            self.mark = None;
            self.is_directory_wanted = false;
        }
    }
}
