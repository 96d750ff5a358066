//! One mailbox that is open on this node.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use image::{Image, Overlay};
use mail::{AccountId, Keywords, MailboxId, ModSeq, UidValidity};
use store::{Fault, News, Store};
use tokio::sync::watch;

use crate::said::{Phrase, Said};
use crate::stats::{Stats, count};

/// A mailbox at one mod-sequence. Immutable; sessions hold it for as long as they please.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Every message, with the flags that all see.
    pub image: Image,
    /// The names of the keyword bits.
    pub keywords: Arc<Keywords>,
    /// Private flags of every account that watches from this node.
    pub overlays: Arc<HashMap<AccountId, Arc<Overlay>>>,
    /// Rises with every change of who may do what here.
    pub rights_version: i64,
    /// The mailbox was deleted. The rest is what it was.
    pub is_gone: bool,
}

impl Picture {
    /// Nothing that happened up to here is missing.
    #[must_use]
    pub fn modseq(&self) -> ModSeq {
        self.image.modseq()
    }
}

/// One mailbox while somebody on this node has it open.
#[derive(Debug)]
pub struct LiveMailbox {
    id: MailboxId,
    uid_validity: UidValidity,
    store: Store,
    stats: Arc<Stats>,
    pictures: watch::Sender<Arc<Picture>>,
    /// Held while the database is read, so that one read serves all who wait for it.
    refreshing: tokio::sync::Mutex<()>,
    /// The highest mod-sequence that anybody heard of.
    wanted: AtomicU64,
    /// A follower is at work; it will see what is wanted.
    is_followed: AtomicBool,
    watchers: Mutex<HashMap<AccountId, usize>>,
    said: Said,
}

/// One session's interest in a mailbox. Ends when dropped.
#[derive(Debug)]
pub struct Watch {
    mailbox: Arc<LiveMailbox>,
    account: AccountId,
    pictures: watch::Receiver<Arc<Picture>>,
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
        let picture = Picture {
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
            pictures: watch::channel(Arc::new(picture)).0,
            refreshing: tokio::sync::Mutex::new(()),
            wanted,
            is_followed: AtomicBool::new(false),
            watchers: Mutex::default(),
            said: Said::default(),
        })
    }

    /// Which mailbox this is.
    #[must_use]
    pub fn id(&self) -> MailboxId {
        self.id
    }

    /// For as long as the mailbox lives.
    #[must_use]
    pub fn uid_validity(&self) -> UidValidity {
        self.uid_validity
    }

    /// The latest that this node knows.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        self.pictures.borrow().clone()
    }

    /// Begins to watch as `account`, whose private flags are then part of every picture.
    ///
    /// # Errors
    ///
    /// As the store has it; nothing is watched then.
    pub async fn watch(self: &Arc<Self>, account: AccountId) -> Result<Watch, Fault> {
        // Before the overlay is read: from here on, deltas carry this account's changes.
        let watch = Watch {
            mailbox: self.clone(),
            account,
            pictures: self.pictures.subscribe(),
        };
        *lock(&self.watchers).entry(account).or_default() += 1;
        self.add_overlay(account).await?;
        Ok(watch)
    }

    /// Waits until the picture shows everything up to `modseq`, reading it if need be.
    ///
    /// # Errors
    ///
    /// As the store has it; the picture stays what it was.
    pub async fn reach(&self, modseq: ModSeq) -> Result<(), Fault> {
        if self.pictures.borrow().modseq() >= modseq {
            return Ok(());
        }
        let _reading = self.refreshing.lock().await;
        let picture = self.picture();
        if picture.is_gone || picture.modseq() >= modseq {
            return Ok(());
        }
        self.read_delta(&picture).await
    }

    /// The bytes of `phrase`: as another watcher encoded them, or by `encode`.
    pub fn say(&self, phrase: Phrase, encode: impl FnOnce() -> Vec<u8>) -> Bytes {
        if let Some(bytes) = self.said.find(&phrase) {
            count(&self.stats.phrases_shared);
            return bytes;
        }
        count(&self.stats.phrases_encoded);
        let bytes = Bytes::from(encode());
        self.said.keep(phrase, bytes.clone());
        bytes
    }

    /// Notes that there is news; true when nobody is following yet, so that the caller should.
    pub(crate) fn want(&self, modseq: ModSeq) -> bool {
        self.wanted.fetch_max(modseq.get(), Ordering::AcqRel);
        self.pictures.borrow().modseq() < modseq && !self.is_followed.swap(true, Ordering::AcqRel)
    }

    /// Whether a wake-up for `modseq` was heard, or the picture shows it.
    pub(crate) fn heard_of(&self, modseq: ModSeq) -> bool {
        self.wanted.load(Ordering::Acquire) >= modseq.get()
    }

    /// Reads until everything that is wanted is in the picture, or the store fails.
    pub(crate) async fn follow(&self) -> Result<(), Fault> {
        loop {
            let wanted = ModSeq::new(self.wanted.load(Ordering::Acquire)).unwrap_or_default();
            let reached = self.reach(wanted).await;
            self.is_followed.store(false, Ordering::Release);
            reached?;
            let is_done = self.wanted.load(Ordering::Acquire) <= wanted.get();
            if is_done || self.is_followed.swap(true, Ordering::AcqRel) {
                return Ok(());
            }
        }
    }

    /// The mailbox was found to exist no longer.
    pub(crate) fn close(&self) {
        self.pictures.send_if_modified(|picture| {
            let is_news = !picture.is_gone;
            Arc::make_mut(picture).is_gone = true;
            is_news
        });
    }

    async fn add_overlay(&self, account: AccountId) -> Result<(), Fault> {
        let _reading = self.refreshing.lock().await;
        if self.pictures.borrow().overlays.contains_key(&account) {
            return Ok(());
        }
        let overlay = self.store.load_overlay(account, self.id).await?;
        let overlay_modseq = overlay.modseq();
        self.pictures.send_if_modified(|picture| {
            let picture = Arc::make_mut(picture);
            Arc::make_mut(&mut picture.overlays).insert(account, Arc::new(overlay));
            // Nobody but the newcomer could see a difference.
            false
        });
        // The overlay may be ahead of the image; nobody may see a mod-sequence above the highest.
        let picture = self.picture();
        if picture.modseq() < overlay_modseq {
            self.read_delta(&picture).await
        } else {
            Ok(())
        }
    }

    /// Reads what happened since `picture`. The caller holds `refreshing`.
    async fn read_delta(&self, picture: &Picture) -> Result<(), Fault> {
        let watching: Vec<AccountId> = picture.overlays.keys().copied().collect();
        count(&self.stats.deltas);
        let delta = self
            .store
            .load_delta(self.id, picture.modseq(), picture.keywords.len(), &watching)
            .await?;
        match delta {
            store::Delta::Gone => self.close(),
            store::Delta::TooOld => self.read_all(&watching).await?,
            store::Delta::News(news) => self.publish(picture, news),
        }
        Ok(())
    }

    fn publish(&self, before: &Picture, news: News) {
        let watchers = lock(&self.watchers);
        let has_leavers = before
            .overlays
            .keys()
            .any(|account| !watchers.contains_key(account));
        let overlays = if news.private.is_empty() && !has_leavers {
            before.overlays.clone()
        } else {
            let mut overlays: HashMap<_, _> = before
                .overlays
                .iter()
                .filter(|(account, _)| watchers.contains_key(account))
                .map(|(account, overlay)| (*account, overlay.clone()))
                .collect();
            for (account, change) in &news.private {
                if let Some(overlay) = overlays.get_mut(account) {
                    *overlay = Arc::new(overlay.apply(change));
                }
            }
            Arc::new(overlays)
        };
        drop(watchers);
        let picture = Picture {
            image: before.image.apply(&news.delta),
            keywords: news
                .keywords
                .map_or_else(|| before.keywords.clone(), Arc::new),
            overlays,
            rights_version: news.rights_version,
            is_gone: false,
        };
        self.pictures.send_replace(Arc::new(picture));
    }

    async fn read_all(&self, watching: &[AccountId]) -> Result<(), Fault> {
        let Some(loaded) = self.store.load_image(self.id).await? else {
            self.close();
            return Ok(());
        };
        count(&self.stats.images);
        let mut overlays = HashMap::with_capacity(watching.len());
        for &account in watching {
            let overlay = self.store.load_overlay(account, self.id).await?;
            overlays.insert(account, Arc::new(overlay));
        }
        self.pictures.send_replace(Arc::new(Picture {
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

impl Watch {
    /// What is watched.
    #[must_use]
    pub fn mailbox(&self) -> &Arc<LiveMailbox> {
        &self.mailbox
    }

    /// The latest that this node knows.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        self.pictures.borrow().clone()
    }

    /// The private flags of the account that watches.
    #[must_use]
    pub fn overlay<'p>(&self, picture: &'p Picture) -> Option<&'p Overlay> {
        picture.overlays.get(&self.account).map(AsRef::as_ref)
    }

    /// Resolves when there is a picture other than `known`. May be dropped at any time.
    pub async fn changed(&self, known: &Arc<Picture>) {
        let mut pictures = self.pictures.clone();
        // The sender lives in the mailbox that this watch holds.
        drop(
            pictures
                .wait_for(|picture| !Arc::ptr_eq(picture, known))
                .await,
        );
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.mailbox.leave(self.account);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
