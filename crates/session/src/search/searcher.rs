//! Which messages a search key names, in any number of mailboxes.
//!
//! Answered from views, so that a search finds what FETCH would show. Flags, dates, sizes and
//! numbers are decided from the image; only what is left undecided has its text read, for all mailboxes
//! together.

use std::sync::Arc;

use image::Message;
use live::Live;
use mail::MailboxId;
use mail::limits::FOLDED_BYTES_MAX;
use store::{Stamps, Store};
use wire::{SearchKey, Tag};

use crate::ending::Ending;
use crate::node::Now;
use crate::out::Out;
use crate::search::criteria::Criteria;
use crate::search::digested::{ask_digests, ask_digests_first};
use crate::search::effort::{Effort, admit_key, bytes_to_hold, parts};
use crate::search::finding::{Finding, Numbered};
use crate::search::loaded_messages::LoadedMessages;
use crate::search::state::{SearchState, TEXTS_PER_READ_MAX};
use crate::search::target::SearchTarget;
use crate::view::LOOK_COST_BYTES;

/// A search, whatever it looks through.
pub(crate) struct Searcher<'k> {
    store: Store,
    live: Arc<Live>,
    key: &'k SearchKey,
    /// The client asked by MODSEQ.
    asks_modseq: bool,
    now: Now,
}

/// How far a search is, for the client that waits for it.
pub(crate) struct Progress<'p, 'o> {
    pub(crate) tag: &'p Tag,
    pub(crate) out: &'p mut Out<'o>,
    /// Messages that are decided.
    pub(crate) done: usize,
    /// All of them.
    pub(crate) goal: usize,
}

impl<'k> Searcher<'k> {
    pub(crate) fn new(store: Store, live: Arc<Live>, key: &'k SearchKey, now: Now) -> Self {
        Self {
            store,
            live,
            key,
            asks_modseq: key.any(&|key| matches!(key, SearchKey::ModSeq(_))),
            now,
        }
    }

    /// Whether the client asked by MODSEQ: to do so enables CONDSTORE (RFC 7162, 3.1.5).
    pub(crate) fn asks_modseq(&self) -> bool {
        self.asks_modseq
    }

    /// Whether it has to be known when private flags were changed.
    pub(crate) fn stamps(&self) -> Stamps {
        if self.asks_modseq {
            Stamps::Told
        } else {
            Stamps::LeftOut
        }
    }

    /// About what is held until the answer is made, in bytes, where it is about so many messages.
    pub(crate) fn bytes_to_hold(&self, messages: usize) -> u64 {
        bytes_to_hold(self.key, u64::try_from(messages).unwrap_or(u64::MAX))
    }

    /// What is found in each of these, in their order.
    pub(crate) async fn find(
        &self,
        search_targets: &[SearchTarget<'_>],
        progress: &mut Progress<'_, '_>,
    ) -> Result<Vec<Finding>, Ending> {
        admit_key(self.key, progress.goal)?;
        let mut effort = Effort::none(self.store.compute());
        let deciding = async {
            let compute = self.store.compute();
            let mut targets = Vec::with_capacity(search_targets.len());
            for &search_target in search_targets {
                targets.push((search_target, self.criteria(search_target).await));
            }
            let mut digests = ask_digests_first(&self.store, self.key, &targets).await?;
            let mut search_state = Vec::with_capacity(targets.len());
            for (search_target, criteria) in targets {
                let own = digests.remove(&search_target.mailbox);
                let sieve = SearchState::sieve(search_target, criteria, own, compute);
                search_state.push(sieve.await);
            }
            ask_digests(&self.store, &mut search_state, &mut effort).await?;
            Ok::<_, Ending>(search_state)
        };
        let mut search_state = progress.out.wait_for(progress.tag, deciding).await?;
        self.read_the_rest(&mut search_state, &mut effort, progress)
            .await?;
        let mut found = Vec::with_capacity(search_state.len());
        for one in search_state {
            let bytes = one.found.len() * LOOK_COST_BYTES;
            let finishing = || one.finish(self.asks_modseq);
            found.push(self.store.compute().run(bytes, finishing).await);
        }
        Ok(found)
    }

    async fn criteria(&self, search_target: SearchTarget<'_>) -> Criteria {
        let ids = self.store.object_ids();
        let making = || Criteria::new(self.key, &search_target, ids, self.now);
        self.store.compute().run(parts(self.key), making).await
    }

    /// Reads what decides the messages that are undecided, some at a time.
    async fn read_the_rest(
        &self,
        search_state: &mut [SearchState<'_>],
        effort: &mut Effort<'_>,
        progress: &mut Progress<'_, '_>,
    ) -> Result<(), Ending> {
        let mut left = Vec::new();
        for (place, one) in search_state.iter_mut().enumerate() {
            progress.done += one.search_target.messages();
            let undecided = std::mem::take(&mut one.undecided);
            let bytes = undecided.len() * LOOK_COST_BYTES;
            let undecided = undecided.into_iter().map(|numbered| (place, numbered));
            let adding = || left.extend(undecided);
            effort.compute().run(bytes, adding).await;
        }
        progress.done -= left.len();
        let size = |(_, (_, message)): &(usize, Numbered)| text_bytes_max(message);
        for batch in live::batches(&left, TEXTS_PER_READ_MAX, TEXT_BYTES_PER_READ_MAX, size) {
            progress.tell().await?;
            let loaded = self.gather(search_state, batch).await?;
            // Neighbours are in one mailbox.
            for batch in batch.chunk_by(|(one, _), (other, _)| one == other) {
                let Some(one) = batch
                    .first()
                    .and_then(|&(place, _)| search_state.get_mut(place))
                else {
                    continue;
                };
                let mailbox = one.search_target.mailbox;
                let read = batch
                    .iter()
                    .map(|(_, numbered)| (numbered.clone(), loaded.evidence(mailbox, &numbered.1)));
                one.decide_read(read, effort).await?;
            }
            progress.done += batch.len();
        }
        Ok(())
    }

    async fn gather(
        &self,
        search_state: &[SearchState<'_>],
        batch: &[(usize, Numbered)],
    ) -> Result<LoadedMessages, Ending> {
        let Some(any) = search_state.first() else {
            return Ok(LoadedMessages::default());
        };
        let messages: Vec<(MailboxId, Message)> = batch
            .iter()
            .filter_map(|(place, (_, message))| {
                let mailbox = search_state.get(*place)?.search_target.mailbox;
                Some((mailbox, message.clone()))
            })
            .collect();
        // What has to be read is the same in all mailboxes.
        Ok(LoadedMessages::load(&self.store, &self.live, &any.criteria, &messages).await?)
    }
}

/// The search texts, or the heads, that are read at once have at most so many bytes together, or it is one message.
const TEXT_BYTES_PER_READ_MAX: u64 = 16 * 1024 * 1024;

/// What is read of a message at most.
fn text_bytes_max(message: &Message) -> u64 {
    // Decoding makes a text longer, but none is longer than the bound on texts; a head is no longer than its message.
    let text = u64::from(message.size).saturating_mul(DECODED_TIMES_MAX);
    text.min(FOLDED_BYTES_MAX as u64)
        .max(u64::from(message.size))
}

/// How many times longer a text becomes when it is decoded to UTF-8 and folded.
const DECODED_TIMES_MAX: u64 = 4;

impl Progress<'_, '_> {
    pub(crate) async fn tell(&mut self) -> Result<(), Ending> {
        Ok(self.out.progress(self.tag, self.done, self.goal).await?)
    }
}

/// The messages, among a few of one mailbox, of which `criteria` hold; in any order.
pub(crate) async fn find_among(
    store: &Store,
    live: &Live,
    search_target: SearchTarget<'_>,
    criteria: Criteria,
    messages: &[Numbered],
) -> Result<Vec<Numbered>, Ending> {
    let mut effort = Effort::none(store.compute());
    let messages = messages.iter().cloned();
    let sieve = SearchState::among(search_target, criteria, messages, store.compute());
    let mut search_state = sieve.await;
    let undecided = std::mem::take(&mut search_state.undecided);
    let size = |(_, message): &Numbered| text_bytes_max(message);
    for batch in live::batches(
        &undecided,
        TEXTS_PER_READ_MAX,
        TEXT_BYTES_PER_READ_MAX,
        size,
    ) {
        let located = |(_, message): &Numbered| (search_target.mailbox, message.clone());
        let located: Vec<(MailboxId, Message)> = batch.iter().map(located).collect();
        let loaded = LoadedMessages::load(store, live, &search_state.criteria, &located).await?;
        let read = batch.iter().map(|numbered| {
            (
                numbered.clone(),
                loaded.evidence(search_target.mailbox, &numbered.1),
            )
        });
        search_state.decide_read(read, &mut effort).await?;
    }
    Ok(search_state.found)
}
