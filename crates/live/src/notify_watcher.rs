//! What sessions want to hear of without having it open (RFC 5465): who watches which mailbox, and
//! who is told what.
//!
//! Watching a mailbox here costs no image: it is told of in numbers. However many sessions of this
//! node watch it, its numbers are read once a change, together with those of all mailboxes that
//! changed meanwhile; and the log of names, rights, subscriptions and annotations is read once a node.
//! What was not taken by a session yet becomes one: nothing queues up but names of annotations.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bus::Wakeup;
use mail::limits::NOTIFY_ENTRIES_MAX;
use mail::{AccountId, EntryName, MailboxId, ModSeq};
use store::{DirectoryChange, DirectoryMark, Fault, MailboxSummary, Status, Store};
use tokio::sync::Notify;

use crate::stats::{Stats, count};

/// Everything that the sessions of one node watch for NOTIFY.
#[derive(Debug)]
pub struct NotifyWatchers {
    store: Store,
    stats: Arc<Stats>,
    register: Mutex<Register>,
    /// Held while the database is read, so that one read serves all.
    reading: tokio::sync::Mutex<()>,
    /// Somebody reads until nothing is wanted.
    is_read: AtomicBool,
}

/// What one session watches for NOTIFY. Ends when dropped.
#[derive(Debug)]
pub struct NotifyWatcher {
    notify_watchers: Arc<NotifyWatchers>,
    queue: Arc<EventQueue>,
}

/// What happened since it was taken last.
#[derive(Debug, Default)]
pub struct PendingEvents {
    /// Of mailboxes that are watched.
    pub mailboxes: HashMap<MailboxId, MailboxEvent>,
    /// Names, rights or subscriptions that concern this account may be others.
    pub has_names: bool,
    /// Annotations that changed; those of the server without a mailbox.
    pub entries: BTreeSet<(Option<MailboxId>, EntryName)>,
    /// There was more than is kept, or than could be read.
    pub has_overflowed: bool,
}

/// What happened in one mailbox, and how it is now.
#[derive(Clone, Debug)]
pub struct MailboxEvent {
    /// As everybody sees it: `unseen` is not the account's own.
    pub status: Status,
    /// How much the account has not seen, where that is the same for all.
    pub unseen: Option<u64>,
    /// Which version of the mailbox's rights is in force.
    pub rights_version: i64,
    /// Messages arrived, or were expunged.
    pub has_messages: bool,
    /// Flags changed that the account sees.
    pub has_flags: bool,
    /// The account's own flags are among them.
    pub has_own_flags: bool,
    /// All of it happened after this.
    pub since: ModSeq,
}

#[derive(Debug, Default)]
struct Register {
    watched_mailboxes: HashMap<MailboxId, WatchedMailbox>,
    queues: HashMap<QueueId, Arc<EventQueue>>,
    queues_opened: u64,
    /// Heard of, and not read yet.
    wanted: HashMap<MailboxId, ModSeq>,
    /// Up to where the directory was read; none while nobody watches.
    mark: Option<DirectoryMark>,
    is_directory_wanted: bool,
}

/// A mailbox that somebody watches.
#[derive(Debug, Default)]
struct WatchedMailbox {
    /// What everybody who watches was told of; none before the first look.
    known: Option<ModSeq>,
    watchers: HashMap<QueueId, Arc<EventQueue>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct QueueId(u64);

/// Where one session's news is left.
#[derive(Debug)]
struct EventQueue {
    id: QueueId,
    account: AccountId,
    pending_events: Mutex<PendingEvents>,
    /// The mailboxes that it watches.
    watched: Mutex<HashSet<MailboxId>>,
    /// Mailboxes whose names and rights concern it.
    seen: Mutex<HashSet<MailboxId>>,
    bell: Notify,
}

impl NotifyWatchers {
    pub(crate) fn new(store: Store, stats: Arc<Stats>) -> Arc<Self> {
        Arc::new(Self {
            store,
            stats,
            register: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            is_read: AtomicBool::new(false),
        })
    }

    /// Begins to look out for changes of names and rights that concern `account`. What it asks the
    /// database from now on is no older than what it hears.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn open(self: &Arc<Self>, account: AccountId) -> Result<NotifyWatcher, Fault> {
        let notify_watcher = NotifyWatcher {
            notify_watchers: self.clone(),
            queue: self.register().add_queue(account),
        };
        if self.register().mark.is_none() {
            let mark = self.store.directory_mark().await?;
            self.register().mark.get_or_insert(mark);
        }
        Ok(notify_watcher)
    }

    /// Up to where `mailbox` was told of; `None` when nobody here watches it.
    #[must_use]
    pub fn modseq(&self, mailbox: MailboxId) -> Option<ModSeq> {
        self.register().watched_mailboxes.get(&mailbox)?.known
    }

    /// Up to where the log of the directory was told of; `None` when nobody here listens.
    #[must_use]
    pub fn mark(&self) -> Option<DirectoryMark> {
        self.register().mark.clone()
    }

    /// How many mailboxes are watched here.
    #[must_use]
    pub fn watched_mailboxes(&self) -> usize {
        self.register().watched_mailboxes.len()
    }

    /// Notes what was heard; true when somebody should [`read`](Self::read), and nobody does.
    pub(crate) fn hear(&self, wakeups: &[Wakeup]) -> bool {
        let mut register = self.register();
        for wakeup in wakeups {
            register.want(wakeup);
        }
        let is_any_wanted = register.is_any_wanted();
        drop(register);
        is_any_wanted && !self.is_read.swap(true, Ordering::AcqRel)
    }

    /// Reads what is wanted, and tells those who watch, until nothing is wanted or the store fails.
    pub(crate) async fn read(&self) -> Result<(), Fault> {
        let _reading = self.reading.lock().await;
        loop {
            // Whoever hears something from here on starts a reader, which waits for this one.
            self.is_read.store(false, Ordering::Release);
            if !self.register().is_any_wanted() {
                return Ok(());
            }
            self.read_directory().await?;
            self.read_summaries().await?;
        }
    }

    /// Compares every watched mailbox and the directory with the database.
    pub(crate) async fn compare(&self) -> Result<(), Fault> {
        let ids: Vec<MailboxId> = {
            let mut register = self.register();
            register.is_directory_wanted = register.mark.is_some();
            register.watched_mailboxes.keys().copied().collect()
        };
        for (mailbox, modseq) in self.store.counters(&ids).await? {
            let mut register = self.register();
            let is_missed = register.want(&Wakeup { mailbox, modseq });
            drop(register);
            if is_missed {
                count(&self.stats.wakeups_missed);
            }
        }
        self.read().await
    }

    async fn read_directory(&self) -> Result<(), Fault> {
        let (mark, accounts) = {
            let mut register = self.register();
            if !std::mem::take(&mut register.is_directory_wanted) {
                return Ok(());
            }
            let Some(mark) = register.mark.clone() else {
                return Ok(());
            };
            (mark, register.accounts())
        };
        let news = match self.store.directory_news(&mark, &accounts).await {
            Ok(news) => news,
            Err(fault) => {
                self.register().is_directory_wanted = true;
                return Err(fault);
            }
        };
        let mut register = self.register();
        for queue in register.queues.values() {
            match &news.changes {
                Some(changes) => queue.hear_changes(changes),
                None => queue.note(|pending_events| pending_events.has_overflowed = true),
            }
        }
        register.mark = register.mark.is_some().then_some(news.mark);
        Ok(())
    }

    async fn read_summaries(&self) -> Result<(), Fault> {
        let asked = self.register().to_ask();
        if asked.is_empty() {
            return Ok(());
        }
        count(&self.stats.summaries);
        let since: Vec<(MailboxId, ModSeq)> = asked
            .iter()
            .map(|&(mailbox, known, _)| (mailbox, known))
            .collect();
        let summaries = self.store.summaries(&since).await?;
        let mut register = self.register();
        for (mailbox, _, wanted) in asked {
            register.settle(mailbox, wanted);
        }
        for summary in &summaries {
            if let Some(watched_mailbox) = register.watched_mailboxes.get_mut(&summary.mailbox) {
                let since = watched_mailbox.known.replace(summary.status.modseq);
                for queue in watched_mailbox.watchers.values() {
                    queue.hear_summary(summary, since.unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    fn register(&self) -> MutexGuard<'_, Register> {
        self.register.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NotifyWatcher {
    /// Watches these mailboxes and no others, and hears of the names and rights of all in `seen`.
    /// What happens in them after this call has returned is never missed.
    ///
    /// # Errors
    ///
    /// As the store has it; then some are not watched yet.
    pub async fn watch(
        &self,
        watched: &[MailboxId],
        seen: impl IntoIterator<Item = MailboxId>,
    ) -> Result<(), Fault> {
        *lock(&self.queue.seen) = seen.into_iter().collect();
        let fresh = self.notify_watchers.register().enlist(&self.queue, watched);
        if fresh.is_empty() {
            return Ok(());
        }
        let counters = self.notify_watchers.store.counters(&fresh).await?;
        let is_any_wanted = {
            let mut register = self.notify_watchers.register();
            for (mailbox, modseq) in counters {
                if let Some(watched_mailbox) = register.watched_mailboxes.get_mut(&mailbox) {
                    watched_mailbox.known.get_or_insert(modseq);
                }
            }
            register.is_any_wanted()
        };
        if is_any_wanted {
            self.notify_watchers.read().await?;
        }
        Ok(())
    }

    /// Resolves when there is something to take. May be dropped at any time.
    pub async fn rung(&self) {
        while lock(&self.queue.pending_events).is_empty() {
            self.queue.bell.notified().await;
        }
    }

    /// What there is, possibly nothing.
    #[must_use]
    pub fn take(&self) -> PendingEvents {
        std::mem::take(&mut *lock(&self.queue.pending_events))
    }
}

impl Drop for NotifyWatcher {
    fn drop(&mut self) {
        let mut register = self.notify_watchers.register();
        register.dismiss(&self.queue);
    }
}

impl Register {
    /// Notes that there is news; true when it is news to us.
    fn want(&mut self, wakeup: &Wakeup) -> bool {
        if wakeup.mailbox == bus::DIRECTORY {
            self.is_directory_wanted |= self.mark.is_some();
            return false;
        }
        let Some(watched_mailbox) = self.watched_mailboxes.get(&wakeup.mailbox) else {
            return false;
        };
        if watched_mailbox
            .known
            .is_some_and(|known| known >= wakeup.modseq)
        {
            return false;
        }
        match self.wanted.entry(wakeup.mailbox) {
            Entry::Vacant(vacant) => {
                vacant.insert(wakeup.modseq);
                true
            }
            Entry::Occupied(mut wanted) => {
                let is_news = *wanted.get() < wakeup.modseq;
                if is_news {
                    wanted.insert(wakeup.modseq);
                }
                is_news
            }
        }
    }

    fn is_any_wanted(&self) -> bool {
        self.is_directory_wanted || self.wanted.keys().any(|id| self.known(*id).is_some())
    }

    fn known(&self, mailbox: MailboxId) -> Option<ModSeq> {
        self.watched_mailboxes.get(&mailbox)?.known
    }

    /// What to ask for, since when, and up to where. What had no first look yet goes on waiting for it.
    fn to_ask(&self) -> Vec<(MailboxId, ModSeq, ModSeq)> {
        let to_ask = |(mailbox, wanted): (&MailboxId, &ModSeq)| {
            Some((*mailbox, self.known(*mailbox)?, *wanted))
        };
        self.wanted.iter().filter_map(to_ask).collect()
    }

    /// What was wanted of `mailbox` up to here has been read, or is not there to be read.
    fn settle(&mut self, mailbox: MailboxId, read: ModSeq) {
        if self
            .wanted
            .get(&mailbox)
            .is_some_and(|wanted| *wanted <= read)
        {
            self.wanted.remove(&mailbox);
        }
    }

    fn add_queue(&mut self, account: AccountId) -> Arc<EventQueue> {
        self.queues_opened += 1;
        let id = QueueId(self.queues_opened);
        let queue = Arc::new(EventQueue {
            id,
            account,
            pending_events: Mutex::default(),
            watched: Mutex::default(),
            seen: Mutex::default(),
            bell: Notify::new(),
        });
        self.queues.insert(id, queue.clone());
        queue
    }

    /// Of those who are here.
    fn accounts(&self) -> Vec<AccountId> {
        let accounts = self.queues.values().map(|queue| queue.account);
        let accounts: HashSet<AccountId> = accounts.collect();
        accounts.into_iter().collect()
    }

    /// Makes `queue` watch these mailboxes and no others; returns those that need a first look.
    fn enlist(&mut self, queue: &Arc<EventQueue>, mailboxes: &[MailboxId]) -> Vec<MailboxId> {
        let wanted: HashSet<MailboxId> = mailboxes.iter().copied().collect();
        let mut watched = lock(&queue.watched);
        for mailbox in watched.difference(&wanted) {
            self.put_out(*mailbox, queue);
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

    fn dismiss(&mut self, queue: &EventQueue) {
        self.queues.remove(&queue.id);
        for mailbox in std::mem::take(&mut *lock(&queue.watched)) {
            self.put_out(mailbox, queue);
        }
        self.forget_directory_if_alone();
    }

    fn put_out(&mut self, mailbox: MailboxId, queue: &EventQueue) {
        if let Entry::Occupied(mut watched_mailbox) = self.watched_mailboxes.entry(mailbox) {
            watched_mailbox.get_mut().watchers.remove(&queue.id);
            if watched_mailbox.get().watchers.is_empty() {
                watched_mailbox.remove();
                self.wanted.remove(&mailbox);
            }
        }
    }

    /// Without anybody who listens, the directory need not be read.
    fn forget_directory_if_alone(&mut self) {
        if self.queues.is_empty() {
            self.mark = None;
            self.is_directory_wanted = false;
        }
    }
}

impl EventQueue {
    fn hear_summary(&self, summary: &MailboxSummary, since: ModSeq) {
        let has_own_flags = summary.has_flags_of(self.account);
        let mailbox_event = MailboxEvent {
            status: summary.status,
            unseen: summary.unseen(self.account),
            rights_version: summary.rights_version,
            has_messages: summary.has_arrivals || summary.has_losses,
            has_flags: summary.has_flags || has_own_flags,
            has_own_flags,
            since,
        };
        self.note(
            |pending_events| match pending_events.mailboxes.entry(summary.mailbox) {
                Entry::Vacant(vacant) => {
                    vacant.insert(mailbox_event);
                }
                Entry::Occupied(mut known) => {
                    let mailbox_event = mailbox_event.after(known.get());
                    known.insert(mailbox_event);
                }
            },
        );
    }

    /// All at once, so that they are told together.
    fn hear_changes(&self, changes: &[DirectoryChange]) {
        self.note(|pending_events| {
            for change in changes {
                self.add_change(pending_events, change);
            }
        });
    }

    fn add_change(&self, pending_events: &mut PendingEvents, change: &DirectoryChange) {
        match change {
            DirectoryChange::Mailbox { mailbox, viewers } => {
                pending_events.has_names |= viewers.contains(&self.account) || self.sees(*mailbox);
            }
            DirectoryChange::Subscriptions(account) => {
                pending_events.has_names |= *account == self.account;
            }
            DirectoryChange::Annotation {
                mailbox,
                account,
                entry,
            } => {
                let is_mine = account.is_none_or(|account| account == self.account);
                if is_mine && mailbox.is_none_or(|mailbox| self.sees(mailbox)) {
                    pending_events.add_entry(*mailbox, entry.clone());
                }
            }
        }
    }

    fn sees(&self, mailbox: MailboxId) -> bool {
        lock(&self.seen).contains(&mailbox)
    }

    fn note(&self, write: impl FnOnce(&mut PendingEvents)) {
        let mut pending_events = lock(&self.pending_events);
        write(&mut pending_events);
        if !pending_events.is_empty() {
            self.bell.notify_one();
        }
    }
}

impl PendingEvents {
    fn is_empty(&self) -> bool {
        self.mailboxes.is_empty()
            && !self.has_names
            && self.entries.is_empty()
            && !self.has_overflowed
    }

    fn add_entry(&mut self, mailbox: Option<MailboxId>, entry: EntryName) {
        if self.entries.len() < NOTIFY_ENTRIES_MAX {
            self.entries.insert((mailbox, entry));
        } else {
            self.has_overflowed = true;
        }
    }
}

impl MailboxEvent {
    /// Both, one after the other.
    fn after(self, before: &Self) -> Self {
        Self {
            has_messages: self.has_messages || before.has_messages,
            has_flags: self.has_flags || before.has_flags,
            has_own_flags: self.has_own_flags || before.has_own_flags,
            since: before.since,
            ..self
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
