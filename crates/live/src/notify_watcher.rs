//! NOTIFY (RFC 5465): what changes in mailboxes that sessions watch without having them open is read,
//! and given to those who watch.
//!
//! Watching a mailbox here costs no image: it is told of in numbers. However many sessions of this
//! node watch it, its numbers are read once a change, together with those of all mailboxes that
//! changed meanwhile; and the log of names, rights, subscriptions and annotations is read once a node.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bus::Wakeup;
use futures_util::FutureExt as _;
use mail::{AccountId, MailboxId, ModSeq};
use store::{DirectoryMark, Fault, Store};

use crate::event_queue::{EventQueue, PendingEvents};
use crate::lock::lock;
use crate::stats::{Stats, count};
use crate::watch_register::WatchRegister;

/// Everything that the sessions of one node watch for NOTIFY.
#[derive(Debug)]
pub struct NotifyWatchers {
    store: Store,
    stats: Arc<Stats>,
    register: Mutex<WatchRegister>,
    /// Held while the database is read, so that one read serves all.
    reading: tokio::sync::Mutex<()>,
    /// A reader was started that has not looked yet at what is wanted; see [`read`](Self::read).
    is_read: AtomicBool,
}

/// What one session watches for NOTIFY. Ends when dropped.
#[derive(Debug)]
pub struct NotifyWatcher {
    notify_watchers: Arc<NotifyWatchers>,
    queue: Arc<EventQueue>,
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

    /// Notes what was heard; true when the caller should start a [`read`](Self::read).
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
    ///
    /// No wake-up is lost. [`hear`](Self::hear) writes it into the register and then asks `is_read` for
    /// a reader; a reader clears `is_read` and then looks into the register. Both hold the register's
    /// lock meanwhile, so one comes first: if the wake-up does, this look sees it. If the look does,
    /// `is_read` was cleared before it, and `hear` finds that a new reader is needed, which waits here
    /// for the end of this one. When the store fails, what was wanted stays in the register, and
    /// whoever called asks for a comparison.
    pub(crate) async fn read(&self) -> Result<(), Fault> {
        let _reading = self.reading.lock().await;
        loop {
            // Before the look, not after it: see above.
            self.is_read.store(false, Ordering::Release);
            if !self.register().is_any_wanted() {
                return Ok(());
            }
            let read = async {
                self.read_directory().await?;
                self.read_summaries().await
            };
            match AssertUnwindSafe(read).catch_unwind().await {
                Ok(read) => read?,
                Err(_) => return Err(self.note_panic()),
            }
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
            self.register().want(&Wakeup { mailbox, modseq });
        }
        self.read().await
    }

    /// What was to be read is wanted again.
    fn note_panic(&self) -> Fault {
        count(&self.stats.panics);
        let mut register = self.register();
        register.is_directory_wanted = register.mark.is_some();
        Fault::of_panic()
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
                Some(changes) => queue.add_changes(changes),
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
                    queue.add_summary(summary, since.unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    fn register(&self) -> MutexGuard<'_, WatchRegister> {
        lock(&self.register)
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
        self.queue.set_seen(seen);
        let fresh = self
            .notify_watchers
            .register()
            .set_watched(&self.queue, watched);
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
    pub async fn arrived(&self) {
        self.queue.arrived().await;
    }

    /// What there is, possibly nothing.
    #[must_use]
    pub fn take(&self) -> PendingEvents {
        self.queue.take()
    }
}

impl Drop for NotifyWatcher {
    fn drop(&mut self) {
        let mut register = self.notify_watchers.register();
        register.remove_queue(&self.queue);
    }
}
