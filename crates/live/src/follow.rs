//! The mailboxes that are open on this node, and the wake-ups that make them read what changed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use bus::Wakeup;
use mail::{AccountId, MailboxId, ModSeq};
use store::{Fault, Heard, Spawn, Store, Withdrawal};
use tokio::sync::Notify;
use tracing::{debug, info, warn};

use crate::content::Contents;
use crate::kept::Kept;
use crate::lock::lock;
use crate::login_registry::LoginRegistry;
use crate::mailbox::{LiveMailbox, Watch};
use crate::notify_watcher::NotifyWatchers;
use crate::stats::{Stats, count};

/// The open mailboxes of one node, and the caches that its sessions share.
pub struct Live {
    store: Store,
    spawn: Spawn,
    open: Mutex<HashMap<MailboxId, Slot>>,
    /// Mailboxes that were open lately, whether or not somebody watches them.
    kept: Kept<LiveMailbox>,
    contents: Contents,
    login_registry: LoginRegistry,
    notify_watchers: Arc<NotifyWatchers>,
    stats: Arc<Stats>,
    lease: NodeLease,
    /// The number of comparisons for want of a lease that were begun, and how the last of them ended.
    assured: tokio::sync::Mutex<Option<(u64, Result<(), Fault>)>>,
    assurances_begun: AtomicU64,
    /// The changes of the database's history that were followed; see [`Store::history_changes`].
    history_followed: AtomicU64,
    /// Notified when sessions are to end.
    sessions_end: Notify,
    /// Notified when something may have been missed; a permit is kept while nobody waits.
    compare_wanted: Notify,
}

/// What says whether this node may rely on being asked about every withdrawal (docs/adr/0044-withdrawals-wait-for-every-node.md).
#[derive(Clone)]
pub struct NodeLease {
    /// The id of this run of the node.
    pub node: i64,
    /// Whether the lease holds at this moment. Asked whenever a command reads, so it has to be cheap.
    pub is_held: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl std::fmt::Debug for NodeLease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeLease")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

/// A mailbox while it is open, and the lock under which it is opened once.
#[derive(Default, Clone)]
struct Slot {
    mailbox: Weak<LiveMailbox>,
    opening: Arc<tokio::sync::Mutex<()>>,
}

/// A quarter of the caches is for mailboxes that nobody has open any more.
const IMAGES_SHARE: u64 = 4;

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Live {
    /// Makes a node without open mailboxes; its caches hold `cache_bytes_max` together.
    #[must_use]
    pub fn new(store: Store, spawn: Spawn, cache_bytes_max: u64, lease: NodeLease) -> Arc<Self> {
        let stats = Arc::<Stats>::default();
        let history_followed = AtomicU64::new(store.history_changes());
        let images_bytes_max = cache_bytes_max / IMAGES_SHARE;
        let live = Arc::new(Self {
            history_followed,
            contents: Contents::new(store.clone(), cache_bytes_max - images_bytes_max),
            kept: Kept::new(images_bytes_max),
            login_registry: LoginRegistry::new(store.clone()),
            notify_watchers: NotifyWatchers::new(store.clone(), stats.clone()),
            store,
            spawn,
            open: Mutex::default(),
            stats,
            lease,
            assured: tokio::sync::Mutex::new(None),
            assurances_begun: AtomicU64::new(0),
            sessions_end: Notify::new(),
            compare_wanted: Notify::new(),
        });
        let hearer = Arc::downgrade(&live);
        live.store.hear_commits(move |mailbox, committed| {
            let live = hearer.upgrade();
            if let Some(mailbox) = live.and_then(|live| live.find_open(mailbox)) {
                mailbox.take_commit(committed);
            }
        });
        live
    }

    /// The counters, for whoever publishes them.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The immutable parts of messages, cached for all sessions of the node.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The accounts that are logged in on this node.
    #[must_use]
    pub fn login_registry(&self) -> &LoginRegistry {
        &self.login_registry
    }

    /// The mailboxes that sessions on this node watch without having them open.
    #[must_use]
    pub fn notify_watchers(&self) -> &Arc<NotifyWatchers> {
        &self.notify_watchers
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The mod-sequence of this node's state of `id`; `None` when nobody here has it open.
    #[must_use]
    pub fn modseq(&self, id: MailboxId) -> Option<ModSeq> {
        let open = self.find_open(id).filter(|mailbox| mailbox.is_watched());
        open.map(|mailbox| mailbox.mailbox_state().modseq())
    }

    /// The number of mailboxes that sessions have open on this node.
    #[must_use]
    pub fn open_mailboxes(&self) -> usize {
        let slots = self.slots();
        let open = slots.values().filter_map(|slot| slot.mailbox.upgrade());
        open.filter(|mailbox| mailbox.is_watched()).count()
    }

    /// Begins to watch the mailbox as `account`, opening it unless this node has it open. Its state shows everything up to
    /// `modseq`, which was read before, and no less than the database has where it has to be opened.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such mailbox, else as the store has it.
    pub async fn watch(
        &self,
        id: MailboxId,
        account: AccountId,
        modseq: ModSeq,
    ) -> Result<Watch, Fault> {
        let watch = match self.watch_open(id, account) {
            Some(watch) => watch,
            None => Box::pin(self.open(id, account)).await?,
        };
        watch.mailbox().ready(account, modseq).await?;
        Ok(watch)
    }

    /// The same for a mailbox that this node has open. Under one lock, so that a comparison finds a mailbox either
    /// watched or not yet handed out.
    fn watch_open(&self, id: MailboxId, account: AccountId) -> Option<Watch> {
        let slots = self.slots();
        let mailbox = slots.get(&id)?.mailbox.upgrade()?;
        if mailbox.mailbox_state().is_gone {
            self.kept.forget(id);
            return None;
        }
        let watch = mailbox.watch(account);
        drop(slots);
        self.keep(&mailbox);
        Some(watch)
    }

    async fn open(&self, id: MailboxId, account: AccountId) -> Result<Watch, Fault> {
        let slot = self.slots().entry(id).or_default().clone();
        let _opening = slot.opening.lock().await;
        if let Some(watch) = self.watch_open(id, account) {
            return Ok(watch);
        }
        let opened = LiveMailbox::open(id, self.store.clone(), self.stats.clone()).await;
        let mut slots = self.slots();
        let mailbox = match opened {
            Ok(mailbox) => Arc::new(mailbox),
            Err(fault) => {
                slots.remove(&id);
                return Err(fault);
            }
        };
        slots.insert(
            id,
            Slot {
                mailbox: Arc::downgrade(&mailbox),
                opening: slot.opening.clone(),
            },
        );
        let watch = mailbox.watch(account);
        drop(slots);
        self.keep(&mailbox);
        Ok(watch)
    }

    fn keep(&self, mailbox: &Arc<LiveMailbox>) {
        let bytes = mailbox.mailbox_state().image.bytes();
        self.kept.keep(mailbox.id(), mailbox, bytes);
    }

    /// Listens until the store is closed: every wake-up makes its mailbox read, if it is open.
    ///
    /// # Errors
    ///
    /// When the first connection cannot be made; later ones are made anew.
    pub async fn follow(self: Arc<Self>) -> Result<(), Fault> {
        let mut listener = self.store.listen().await?;
        // Nothing on this node has heard of what happened before it listened.
        self.compare_wanted.notify_one();
        loop {
            match listener.next().await {
                Heard::Wakeups(wakeups) => self.wake(&wakeups),
                Heard::Account(account) => self.ask_again(account).await,
                Heard::Withdrawal(withdrawal) => self.note(withdrawal),
                Heard::SessionsEnd => self.sessions_end.notify_one(),
                Heard::Resync => {
                    info!(
                        "wake-ups are heard from now on: counters are compared, as some may have come before"
                    );
                    self.compare_wanted.notify_one();
                }
                Heard::Closed => return Ok(()),
            }
        }
    }

    /// Compares every mailbox that is open or watched, the directory, and everybody who is logged in
    /// with the database, and reads what is missing: the safety net under lost wake-ups.
    ///
    /// # Errors
    ///
    /// The last error of the store; the other mailboxes are compared all the same.
    pub async fn compare(&self) -> Result<(), Fault> {
        self.follow_history().await?;
        self.login_registry.compare().await?;
        self.compare_mailboxes().await?;
        self.notify_watchers.compare().await
    }

    /// Whether what this node knows holds: it is asked about every withdrawal, and the database goes on in the history
    /// from which it was read.
    #[must_use]
    pub fn is_assured(&self) -> bool {
        self.holds_lease() && self.is_history_followed(self.store.history_changes())
    }

    /// Whether this node's lease holds.
    #[must_use]
    pub fn holds_lease(&self) -> bool {
        (self.lease.is_held)()
    }

    fn is_history_followed(&self, changes: u64) -> bool {
        self.history_followed.load(Ordering::Acquire) == changes
    }

    /// Gives up what was read from another history of the database (docs/adr/0054-another-history.md): what it says of
    /// contents and rights under the same numbers, and mailboxes of which it knows more than there is.
    async fn follow_history(&self) -> Result<(), Fault> {
        let changes = self.store.history_changes();
        if self.is_history_followed(changes) {
            return Ok(());
        }
        warn!("the database goes on in another history, which may lack what was answered OK");
        self.store.note_history().await?;
        self.contents.clear();
        self.store.forget_access();
        self.give_up_unwatched();
        for mailbox in self.open_now() {
            if !mailbox.is_continued().await? {
                warn!(mailbox = %mailbox.id(), "clients were shown what the database lacks: it gets a new UIDVALIDITY");
                self.slots().remove(&mailbox.id());
                mailbox.close();
            }
        }
        self.history_followed.store(changes, Ordering::Release);
        Ok(())
    }

    /// Forgets the mailboxes that nobody watches: whoever comes opens them anew.
    fn give_up_unwatched(&self) {
        self.kept.clear();
        for slot in self.slots().values_mut() {
            let mailbox = slot.mailbox.upgrade();
            if mailbox.is_none_or(|mailbox| !mailbox.is_watched()) {
                slot.mailbox = Weak::new();
            }
        }
    }

    /// Makes sure that what this node knows was true after this call began: without a lease, or in another history, it
    /// compares itself with the database, once for all who ask at the same time.
    ///
    /// # Errors
    ///
    /// As [`compare`](Self::compare); then nothing may be read from what is known here.
    pub async fn assure(&self) -> Result<(), Fault> {
        if self.is_assured() {
            return Ok(());
        }
        let begun_before = self.assurances_begun.load(Ordering::Acquire);
        let mut last = self.assured.lock().await;
        if let Some((number, outcome)) = &*last
            && *number > begun_before
        {
            return outcome.clone();
        }
        let number = self.assurances_begun.fetch_add(1, Ordering::AcqRel) + 1;
        let outcome = self.compare().await;
        *last = Some((number, outcome.clone()));
        outcome
    }

    /// Resolves when an administrator wants sessions to end, of which the database says which. May be dropped at any
    /// time.
    pub async fn sessions_end(&self) {
        self.sessions_end.notified().await;
    }

    /// Resolves when this node may have missed something, so that whoever keeps it up should
    /// [`compare`](Self::compare). A request that comes during a comparison is kept until the next call.
    /// May be dropped at any time.
    pub async fn compare_wanted(&self) {
        self.compare_wanted.notified().await;
    }

    async fn ask_again(self: &Arc<Self>, account: AccountId) {
        if let Err(fault) = self.login_registry.ask_again_for(account).await {
            warn!(cause = %fault, "could not read whether an account is still let in");
            self.compare_wanted.notify_one();
        }
    }

    /// Takes note of a withdrawal and answers. The running commands of this node look at the state before they go on,
    /// so that nothing is read by the old rights once the state is here.
    fn note(self: &Arc<Self>, withdrawal: Withdrawal) {
        let live = self.clone();
        (self.spawn)(Box::pin(async move {
            let noted = match withdrawal.mailbox {
                Some((mailbox, modseq)) => live.reach_withdrawal(mailbox, modseq).await,
                None => live.compare().await,
            };
            let answered = match noted {
                Ok(()) => {
                    live.store
                        .note_withdrawal(&withdrawal, live.lease.node)
                        .await
                }
                Err(fault) => Err(fault),
            };
            if let Err(fault) = answered {
                warn!(cause = %fault, "could not take note of a withdrawal");
            }
        }));
    }

    /// Takes note of rights that were withdrawn in a mailbox: who logged in by an access token for one tree may have lost the last.
    async fn reach_withdrawal(&self, mailbox: MailboxId, modseq: ModSeq) -> Result<(), Fault> {
        self.reach(mailbox, modseq).await?;
        self.login_registry.ask_again_at(mailbox).await
    }

    /// Reads a mailbox up to `modseq`, if it is open here.
    async fn reach(&self, mailbox: MailboxId, modseq: ModSeq) -> Result<(), Fault> {
        let slot = self.slots().get(&mailbox).cloned();
        let Some(slot) = slot else {
            return Ok(());
        };
        // Whoever is opening it may have loaded it before the withdrawal.
        drop(slot.opening.lock().await);
        match self.find_open(mailbox) {
            Some(open) => open.reach(modseq).await,
            None => Ok(()),
        }
    }

    async fn compare_mailboxes(&self) -> Result<(), Fault> {
        let open = self.open_now();
        let ids: Vec<MailboxId> = open.iter().map(|mailbox| mailbox.id()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let latest: HashMap<_, _> = self.store.latest_of(&ids).await?.into_iter().collect();
        let mut outcome = Ok(());
        for mailbox in open {
            let Some(latest) = latest.get(&mailbox.id()) else {
                mailbox.close();
                self.kept.forget(mailbox.id());
                continue;
            };
            // What nobody watches is read when somebody comes, but for its rights: a withdrawal counts as noted now.
            if mailbox.mailbox_state().rights_version == latest.rights_version
                && !mailbox.is_watched()
            {
                continue;
            }
            if mailbox.is_wakeup_missing(latest.modseq) {
                count(&self.stats.wakeups_missed);
                warn!(mailbox = %mailbox.id(), "a comparison found a change for which no wake-up has come");
            }
            if let Err(fault) = mailbox.reach(latest.modseq).await {
                outcome = Err(fault);
            }
        }
        outcome
    }

    fn wake(self: &Arc<Self>, wakeups: &[Wakeup]) {
        for wakeup in wakeups {
            count(&self.stats.wakeups_received);
            if let Some(mailbox) = self.find_open(wakeup.mailbox) {
                self.want(&mailbox, wakeup.modseq);
            }
        }
        if self.notify_watchers.hear(wakeups) {
            let live = self.clone();
            (self.spawn)(Box::pin(async move {
                if let Err(fault) = live.notify_watchers.read().await {
                    debug!(cause = %fault, "could not read the news of mailboxes that are watched");
                    live.compare_wanted.notify_one();
                }
            }));
        }
    }

    fn want(self: &Arc<Self>, mailbox: &Arc<LiveMailbox>, modseq: ModSeq) {
        if mailbox.want(modseq) {
            let mailbox = mailbox.clone();
            let live = self.clone();
            let heard_at = self.store.now();
            (self.spawn)(Box::pin(async move {
                match mailbox.follow().await {
                    Ok(()) => {
                        let took = live.store.now().saturating_sub(heard_at);
                        live.stats.told.note(took);
                    }
                    Err(fault) => {
                        debug!(mailbox.id = %mailbox.id(), cause = %fault, "could not read the news of a mailbox");
                        live.compare_wanted.notify_one();
                    }
                }
            }));
        }
    }

    fn find_open(&self, id: MailboxId) -> Option<Arc<LiveMailbox>> {
        self.slots()
            .get(&id)
            .and_then(|slot| slot.mailbox.upgrade())
    }

    /// The open mailboxes. Those that nobody holds any more are forgotten.
    fn open_now(&self) -> Vec<Arc<LiveMailbox>> {
        let mut open = Vec::new();
        self.slots().retain(|_, slot| {
            let mailbox = slot.mailbox.upgrade();
            let is_used = mailbox.is_some() || Arc::strong_count(&slot.opening) > 1;
            open.extend(mailbox);
            is_used
        });
        open
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<MailboxId, Slot>> {
        lock(&self.open)
    }
}
