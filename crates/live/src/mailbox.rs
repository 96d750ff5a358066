//! One mailbox that is open on this node.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt as _;
use image::{Image, Overlay};
use mail::{AccountId, Keywords, MailboxId, ModSeq, UidSet, UidValidity};
use store::{Committed, CommittedWrite, Fault, Found, News, Store};
use tokio::sync::watch;

use crate::lock::lock;
use crate::shared_response::{Said, SharedResponse};
use crate::stats::{Stats, count};
use crate::unheard::Unheard;

/// A mailbox at one mod-sequence. It is immutable, and sessions hold it for as long as they need it.
#[derive(Clone, Debug)]
pub struct MailboxState {
    /// Every message, with the flags that all see.
    pub image: Image,
    /// The names of the keyword bits.
    pub keywords: Arc<Keywords>,
    /// The private flags of every account that watches from this node.
    pub overlays: Arc<HashMap<AccountId, Arc<Overlay>>>,
    /// A version that rises with every change of the mailbox's rights.
    pub rights_version: i64,
    /// Whether the mailbox was deleted; the other fields are then as they were before.
    pub is_gone: bool,
}

impl MailboxState {
    /// The mod-sequence up to which nothing is missing.
    #[must_use]
    pub fn modseq(&self) -> ModSeq {
        self.image.modseq()
    }
}

/// One mailbox for as long as somebody on this node has it open.
#[derive(Debug)]
pub struct LiveMailbox {
    id: MailboxId,
    uid_validity: UidValidity,
    store: Store,
    stats: Arc<Stats>,
    mailbox_states: watch::Sender<Arc<MailboxState>>,
    /// Held while the database is read, so that one read serves all who wait for it.
    refreshing: tokio::sync::Mutex<()>,
    /// The highest mod-sequence that anybody heard of.
    wanted: AtomicU64,
    /// Whether a follower is at work that will see what is wanted; see [`follow`](Self::follow).
    is_followed: AtomicBool,
    watchers: Mutex<HashMap<AccountId, usize>>,
    unheard: Mutex<Unheard>,
    said: Said,
}

/// The private flags of so many who watch no longer stay in the state, since most come back.
const LEAVERS_MAX: usize = 32;

/// Messages whose flags change in a commit that is taken without being read.
const TAKEN_FLAGS_MAX: u64 = 10_000;

/// One session's watch on a mailbox, which ends when this is dropped.
#[derive(Debug)]
pub struct Watch {
    mailbox: Arc<LiveMailbox>,
    account: AccountId,
    mailbox_states: watch::Receiver<Arc<MailboxState>>,
}

/// Watches what an account may do in an open mailbox, for as long as a command of it runs.
#[derive(Debug)]
pub struct RightsWatch {
    mailbox: Arc<LiveMailbox>,
    account: AccountId,
    mailbox_states: watch::Receiver<Arc<MailboxState>>,
    /// The version of the rights that was checked.
    version: i64,
}

impl LiveMailbox {
    pub(crate) async fn open(
        id: MailboxId,
        store: Store,
        stats: Arc<Stats>,
    ) -> Result<Self, Fault> {
        let loaded = store.load_image(id).await?.ok_or(Fault::Gone)?;
        count(&stats.images);
        let wanted = AtomicU64::new(loaded.image.modseq().get());
        let mailbox_state = MailboxState {
            image: loaded.image,
            keywords: Arc::new(loaded.keywords),
            overlays: Arc::default(),
            rights_version: loaded.rights_version,
            is_gone: false,
        };
        Ok(Self {
            id,
            uid_validity: loaded.uid_validity,
            store,
            stats,
            mailbox_states: watch::channel(Arc::new(mailbox_state)).0,
            refreshing: tokio::sync::Mutex::new(()),
            wanted,
            is_followed: AtomicBool::new(false),
            watchers: Mutex::default(),
            unheard: Mutex::default(),
            said: Said::default(),
        })
    }

    /// The mailbox's id.
    #[must_use]
    pub fn id(&self) -> MailboxId {
        self.id
    }

    /// The mailbox's UIDVALIDITY. When the database gets another one, this mailbox is closed.
    #[must_use]
    pub fn uid_validity(&self) -> UidValidity {
        self.uid_validity
    }

    /// The latest state that this node knows.
    #[must_use]
    pub fn mailbox_state(&self) -> Arc<MailboxState> {
        self.mailbox_states.borrow().clone()
    }

    /// Begins to watch as `account`: from here on news is read when it is heard of, and deltas carry the account's
    /// changes. What was heard of before comes by [`ready`](Self::ready).
    pub(crate) fn watch(self: &Arc<Self>, account: AccountId) -> Watch {
        *lock(&self.watchers).entry(account).or_default() += 1;
        Watch {
            mailbox: self.clone(),
            account,
            mailbox_states: self.mailbox_states.subscribe(),
        }
    }

    /// Makes the state ready for `account`, which watches: it has the account's private flags, and shows everything up to
    /// `modseq` and what was heard of while nobody watched.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when the mailbox is, else as the store has it.
    pub(crate) async fn ready(&self, account: AccountId, modseq: ModSeq) -> Result<(), Fault> {
        let heard = ModSeq::new(self.wanted.load(Ordering::Acquire)).unwrap_or_default();
        self.reach(modseq.max(heard)).await?;
        self.add_overlay(account).await?;
        if self.mailbox_states.borrow().is_gone {
            return Err(Fault::Gone);
        }
        Ok(())
    }

    /// Whether anybody watches: otherwise the mailbox is kept in case somebody comes back, and nothing is read for it.
    pub(crate) fn is_watched(&self) -> bool {
        !lock(&self.watchers).is_empty()
    }

    /// Waits until the state shows everything up to `modseq`, reading it if need be.
    ///
    /// # Errors
    ///
    /// As the store has it; the state stays what it was.
    pub async fn reach(&self, modseq: ModSeq) -> Result<(), Fault> {
        if self.mailbox_states.borrow().modseq() >= modseq {
            return Ok(());
        }
        let _reading = self.refreshing.lock().await;
        let mailbox_state = self.mailbox_state();
        if mailbox_state.is_gone || mailbox_state.modseq() >= modseq {
            return Ok(());
        }
        self.read_delta(&mailbox_state).await
    }

    /// Waits until the state shows everything that was committed before this call, on any node. What many ask
    /// for at once is read once. A mailbox that is gone is closed.
    ///
    /// # Errors
    ///
    /// As the store has it; the state stays what it was.
    pub async fn reach_latest(&self) -> Result<(), Fault> {
        match self.store.latest(self.id).await? {
            Some(latest) => self.reach(latest.modseq).await,
            None => {
                self.close();
                Ok(())
            }
        }
    }

    /// The bytes of `shared_response`, as another watcher has encoded them, or else made by `encode`.
    pub fn say(&self, shared_response: SharedResponse, encode: impl FnOnce() -> Vec<u8>) -> Bytes {
        if let Some(bytes) = self.said.find(&shared_response) {
            count(&self.stats.responses_shared);
            return bytes;
        }
        count(&self.stats.responses_encoded);
        let bytes = Bytes::from(encode());
        self.said.keep(shared_response, bytes.clone());
        bytes
    }

    /// Notes that there is news; true when somebody watches and nobody is following yet, so that the caller should
    /// [`follow`](Self::follow). Who begins to watch meanwhile is noted before he looks at what is wanted.
    pub(crate) fn want(&self, modseq: ModSeq) -> bool {
        self.wanted.fetch_max(modseq.get(), Ordering::AcqRel);
        self.mailbox_states.borrow().modseq() < modseq
            && self.is_watched()
            && !self.is_followed.swap(true, Ordering::AcqRel)
    }

    /// Whether a wake-up for `modseq` was heard, or the state shows it.
    fn heard_of(&self, modseq: ModSeq) -> bool {
        self.wanted.load(Ordering::Acquire) >= modseq.get()
    }

    /// Whether the wake-up is missing for what an earlier comparison found. Notes that the one of now found `modseq`.
    pub(crate) fn is_wakeup_missing(&self, modseq: ModSeq) -> bool {
        let now = self.store.now();
        let mut unheard = lock(&self.unheard);
        let is_missing = unheard.is_missing(|found| self.heard_of(found), now);
        if !self.heard_of(modseq) && self.mailbox_state().modseq() < modseq {
            unheard.note(modseq, now);
        }
        is_missing
    }

    /// Reads until everything that is wanted is in the state, or the store fails.
    ///
    /// No wake-up is lost. [`want`](Self::want) raises `wanted` and then takes `is_followed`; a follower
    /// gives `is_followed` back and then looks at `wanted` once more. Both change `is_followed` by a
    /// swap, and swaps of one variable have an order: if the follower's comes first, `want` finds it
    /// free and its caller follows. If the one of `want` does, the follower's swap has read what that
    /// one wrote, so that its next look sees the raised `wanted`. A plain store would not do: it may
    /// become visible after the look. When the store fails, the caller asks for a comparison, which
    /// also serves those whose `want` relied on this follower.
    pub(crate) async fn follow(&self) -> Result<(), Fault> {
        loop {
            let wanted = ModSeq::new(self.wanted.load(Ordering::Acquire)).unwrap_or_default();
            let reached = self.reach(wanted).await;
            self.is_followed.swap(false, Ordering::AcqRel);
            reached?;
            let is_done = self.wanted.load(Ordering::Acquire) <= wanted.get();
            if is_done || self.is_followed.swap(true, Ordering::AcqRel) {
                return Ok(());
            }
        }
    }

    /// Whether the mailbox in the database is what the state became, or shows. Where clients were shown what is not
    /// there, it has a new UIDVALIDITY afterwards.
    pub(crate) async fn is_continued(&self) -> Result<bool, Fault> {
        let _reading = self.refreshing.lock().await;
        let shown = self.mailbox_state();
        let Some(loaded) = self.store.load_image(self.id).await? else {
            return Ok(false);
        };
        if loaded.uid_validity != self.uid_validity {
            return Ok(false);
        }
        if loaded.image.continues(&shown.image) {
            return Ok(true);
        }
        self.store
            .renew_uid_validity(self.id, self.uid_validity, shown.modseq())
            .await?;
        Ok(false)
    }

    /// Notes that the mailbox exists no longer.
    pub(crate) fn close(&self) {
        self.mailbox_states.send_if_modified(|mailbox_state| {
            let is_news = !mailbox_state.is_gone;
            Arc::make_mut(mailbox_state).is_gone = true;
            is_news
        });
    }

    async fn add_overlay(&self, account: AccountId) -> Result<(), Fault> {
        let _reading = self.refreshing.lock().await;
        if self.mailbox_states.borrow().overlays.contains_key(&account) {
            return Ok(());
        }
        let overlay = self.store.load_overlay(account, self.id).await?;
        let overlay_modseq = overlay.modseq();
        self.mailbox_states.send_if_modified(|mailbox_state| {
            let mailbox_state = Arc::make_mut(mailbox_state);
            Arc::make_mut(&mut mailbox_state.overlays).insert(account, Arc::new(overlay));
            // Nobody else sees a difference, so nobody is woken.
            false
        });
        // The overlay may be ahead of the image, and no flag may have a mod-sequence above HIGHESTMODSEQ.
        let mailbox_state = self.mailbox_state();
        if mailbox_state.modseq() < overlay_modseq {
            self.read_delta(&mailbox_state).await
        } else {
            Ok(())
        }
    }

    /// Reads what happened since `mailbox_state`. The caller holds `refreshing`. A panic is a fault of this mailbox,
    /// and no other's: whoever needs the news is told so, and the state stays what it was.
    async fn read_delta(&self, mailbox_state: &MailboxState) -> Result<(), Fault> {
        let read = AssertUnwindSafe(self.read_news(mailbox_state)).catch_unwind();
        read.await.unwrap_or_else(|_| {
            count(&self.stats.panics);
            Err(Fault::of_panic())
        })
    }

    async fn read_news(&self, mailbox_state: &MailboxState) -> Result<(), Fault> {
        let watching: Vec<AccountId> = mailbox_state.overlays.keys().copied().collect();
        count(&self.stats.deltas);
        let delta = self
            .store
            .load_delta(
                self.id,
                mailbox_state.modseq(),
                mailbox_state.keywords.len(),
                &watching,
            )
            .await?;
        match delta {
            store::LoadedDelta::Gone => self.close(),
            store::LoadedDelta::TooOld => self.read_all().await?,
            store::LoadedDelta::News(news) => self.publish(mailbox_state, news),
        }
        Ok(())
    }

    /// Takes what this node committed itself into the state, where that is next and somebody watches. Otherwise it is read,
    /// as what other nodes committed is.
    pub(crate) fn take_commit(&self, committed: &Committed) {
        // Whoever reads now will read this, too.
        let Ok(_reading) = self.refreshing.try_lock() else {
            return;
        };
        let before = self.mailbox_state();
        if before.is_gone || before.modseq() != committed.before || !self.is_watched() {
            return;
        }
        let taking = || {
            let news = News {
                delta: delta_of(committed, &before)?,
                changes: Vec::new(),
                keywords: None,
                rights_version: before.rights_version,
                private: Vec::new(),
            };
            self.publish(&before, news);
            Some(())
        };
        // A panic is not the writer's: whoever reads meets it again.
        match catch_unwind(AssertUnwindSafe(taking)) {
            Ok(Some(())) => count(&self.stats.commits_taken),
            Ok(None) => {}
            Err(_) => count(&self.stats.panics),
        }
    }

    fn publish(&self, before: &MailboxState, news: News) {
        #[cfg(debug_assertions)]
        panic_if_asked(&news);
        // Held until the state is there: whoever comes meanwhile sees whether it has his flags.
        let watchers = lock(&self.watchers);
        let leavers = before.overlays.keys();
        let leavers = leavers.filter(|account| !watchers.contains_key(account));
        let are_leavers_kept = leavers.count() <= LEAVERS_MAX;
        let overlays = if news.private.is_empty() && are_leavers_kept {
            before.overlays.clone()
        } else {
            let mut overlays: HashMap<_, _> = before
                .overlays
                .iter()
                .filter(|(account, _)| are_leavers_kept || watchers.contains_key(account))
                .map(|(account, overlay)| (*account, overlay.clone()))
                .collect();
            for (account, change) in &news.private {
                if let Some(overlay) = overlays.get_mut(account) {
                    *overlay = Arc::new(overlay.apply(change));
                }
            }
            Arc::new(overlays)
        };
        let mailbox_state = MailboxState {
            image: before.image.apply(&news.delta),
            keywords: news
                .keywords
                .map_or_else(|| before.keywords.clone(), Arc::new),
            overlays,
            rights_version: news.rights_version,
            is_gone: false,
        };
        self.mailbox_states.send_replace(Arc::new(mailbox_state));
        drop(watchers);
    }

    async fn read_all(&self) -> Result<(), Fault> {
        let Some(loaded) = self.store.load_image(self.id).await? else {
            self.close();
            return Ok(());
        };
        if loaded.uid_validity != self.uid_validity {
            // Another node found that clients were shown what the database lacks.
            self.close();
            return Ok(());
        }
        count(&self.stats.images);
        let watching: Vec<AccountId> = lock(&self.watchers).keys().copied().collect();
        let mut overlays = HashMap::with_capacity(watching.len());
        for account in watching {
            let overlay = self.store.load_overlay(account, self.id).await?;
            overlays.insert(account, Arc::new(overlay));
        }
        self.mailbox_states.send_replace(Arc::new(MailboxState {
            image: loaded.image,
            keywords: Arc::new(loaded.keywords),
            overlays: Arc::new(overlays),
            rights_version: loaded.rights_version,
            is_gone: false,
        }));
        Ok(())
    }

    fn leave(&self, account: AccountId) {
        let mut watchers = lock(&self.watchers);
        if let Some(sessions) = watchers.get_mut(&account) {
            *sessions -= 1;
            if *sessions == 0 {
                watchers.remove(&account);
            }
        }
    }
}

/// What a commit changes in the image before it; `None` where that does not say enough.
fn delta_of(committed: &Committed, before: &MailboxState) -> Option<image::Delta> {
    let (keywords, before) = (before.keywords.len(), &before.image);
    let mut delta = image::Delta {
        modseq: committed.modseq,
        uid_next: before.uid_next(),
        upserts: Vec::new(),
        expunged: UidSet::new(),
    };
    match &committed.write {
        CommittedWrite::Arrived { uid_next, messages } => {
            delta.uid_next = *uid_next;
            delta.upserts.clone_from(messages);
        }
        // What is long is not for the task that answers the writers.
        CommittedWrite::Flags(edits) if edits.uids.len() > TAKEN_FLAGS_MAX => return None,
        CommittedWrite::Flags(edits) => {
            for uid in edits.uids.iter() {
                let (_, mut message) = before.find(uid)?;
                // Keywords without a bit have rows of their own.
                if !message.flags.rare().is_empty() {
                    return None;
                }
                message.flags = edits.apply(uid, message.flags.mask())?.into();
                message.modseq = committed.modseq;
                delta.upserts.push(message);
            }
        }
        CommittedWrite::Expunged(uids) => delta.expunged = uids.clone(),
    }
    // Names come before their first use, without a mod-sequence.
    let mut flags = delta.upserts.iter().map(|message| &message.flags);
    flags
        .all(|flags| flags.mask().is_named_by(keywords))
        .then_some(delta)
}

impl Watch {
    /// The mailbox that is watched.
    #[must_use]
    pub fn mailbox(&self) -> &Arc<LiveMailbox> {
        &self.mailbox
    }

    /// The latest state that this node knows.
    #[must_use]
    pub fn mailbox_state(&self) -> Arc<MailboxState> {
        self.mailbox_states.borrow().clone()
    }

    /// Watches the rights from `version` on, which was checked.
    #[must_use]
    pub fn rights_since(&self, version: i64) -> RightsWatch {
        RightsWatch {
            mailbox: self.mailbox.clone(),
            account: self.account,
            mailbox_states: self.mailbox_states.clone(),
            version,
        }
    }

    /// What the account that watches may do in the mailbox now; `None` when either is gone.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn access(&self) -> Result<Option<Found>, Fault> {
        let mailbox = &self.mailbox;
        mailbox.store.access(self.account, mailbox.id).await
    }

    /// The private flags of the account that watches.
    #[must_use]
    pub fn overlay<'p>(&self, mailbox_state: &'p MailboxState) -> Option<&'p Overlay> {
        mailbox_state.overlays.get(&self.account).map(AsRef::as_ref)
    }

    /// Resolves when there is a state other than `known`. May be dropped at any time.
    pub async fn changed(&self, known: &Arc<MailboxState>) {
        let mut mailbox_states = self.mailbox_states.clone();
        // The sender lives in the mailbox that this watch holds.
        drop(
            mailbox_states
                .wait_for(|mailbox_state| !Arc::ptr_eq(mailbox_state, known))
                .await,
        );
    }
}

impl RightsWatch {
    /// Resolves when the rights may be others than those that were checked last, or the mailbox is gone. May be dropped
    /// at any time.
    pub async fn changed(&mut self) {
        let version = self.version;
        let is_other = |mailbox_state: &Arc<MailboxState>| {
            mailbox_state.is_gone || mailbox_state.rights_version != version
        };
        // The sender lives in the mailbox that this watch holds.
        drop(self.mailbox_states.wait_for(is_other).await);
    }

    /// Reads what the account may do now; `None` when the mailbox or the account is gone.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn read(&mut self) -> Result<Option<Found>, Fault> {
        let mailbox_state = self.mailbox_states.borrow().clone();
        if mailbox_state.is_gone {
            return Ok(None);
        }
        // Not the version that is read now: the state will come to that one, too.
        self.version = mailbox_state.rights_version;
        self.mailbox
            .store
            .access(self.account, self.mailbox.id)
            .await
    }
}

/// Panics where a keyword of this name comes to a mailbox: tests see so what a panic takes with it. A release has
/// none of it.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "the purpose")]
fn panic_if_asked(news: &News) {
    let mut keywords = news.keywords.iter().flat_map(Keywords::iter);
    if keywords.any(|keyword| keyword.as_str() == "$PostroomPanic") {
        panic!("a test asked for this");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.mailbox.leave(self.account);
    }
}
