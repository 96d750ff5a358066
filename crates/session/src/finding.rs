//! Which messages a search key names: what SEARCH, ESEARCH, SORT and THREAD have in common.
//!
//! Answered from views, so that a search finds what FETCH would show. Flags, dates, sizes and
//! numbers are decided from the image; only what is left undecided has its text read, for all mailboxes
//! together.

use std::collections::HashMap;
use std::sync::Arc;

use acl::Operation;
use image::Message;
use live::Live;
use mail::{ContentId, MailboxId, ModSeq, SeqNum, Uid, UidSet};
use store::{Stamps, Store};
use wire::say::Correlator;
use wire::{Numbering, PartialRange, SearchKey, SearchReturn, SortCriterion, SortKey, Tag, say};

use crate::criteria::Criteria;
use crate::digested::ask_digests;
use crate::ending::{Ending, Refused};
use crate::loaded_messages::LoadedMessages;
use crate::node::Now;
use crate::out::Out;
use crate::search_state::{Numbered, SearchState, entries};
use crate::search_target::SearchTarget;
use crate::selected::Selected;
use crate::session::Session;

/// What was found, and what else is to be told of it.
#[derive(Debug)]
pub(crate) struct Finding {
    /// In the order in which they will be told; that of the mailbox until somebody sorts them.
    pub(crate) messages: Vec<Numbered>,
    /// Where.
    pub(crate) mailbox: MailboxId,
    /// The mod-sequence of each, where the client asked by MODSEQ (RFC 7162, 3.1.5).
    modseqs: Option<Vec<ModSeq>>,
    /// Of those that are not quite what was asked for (RFC 6203, 4).
    relevancies: HashMap<Uid, u8>,
}

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

/// Of what is found as it was asked for, in percent (RFC 6203, 4).
pub(crate) const RELEVANCY_MAX: u8 = 100;

/// Messages whose search texts are in memory at once.
pub(crate) const TEXTS_PER_READ_MAX: usize = 200;

/// Finds what `key` names in the selected mailbox. Where that takes long, the client of `tag` is told so.
pub(crate) async fn find(
    session: &mut Session,
    tag: &Tag,
    key: &SearchKey,
    now: Now,
    out: &mut Out<'_>,
) -> Result<Finding, Ending> {
    let searcher = Searcher::new(session, key, now);
    let selected = session.selected()?;
    selected.permit(Operation::Read)?;
    let search_target = SearchTarget::from(&*selected);
    let mut progress = Progress {
        tag,
        out,
        done: 0,
        goal: search_target.messages(),
    };
    let found = searcher.find(&[search_target], &mut progress).await?;
    let found = found.into_iter().next();
    found.ok_or_else(|| Refused::NoSuchMailbox.into())
}

impl<'k> Searcher<'k> {
    /// To search by MODSEQ is to speak CONDSTORE, and is answered with one (RFC 7162, 3.1.5).
    pub(crate) fn new(session: &mut Session, key: &'k SearchKey, now: Now) -> Self {
        let asks_modseq = key.any(&|key| matches!(key, SearchKey::ModSeq(_)));
        session.enabled.condstore |= asks_modseq;
        Self {
            store: session.store.clone(),
            live: session.node.live.clone(),
            key,
            asks_modseq,
            now,
        }
    }

    /// Whether it has to be known when private flags were changed.
    pub(crate) fn stamps(&self) -> Stamps {
        if self.asks_modseq {
            Stamps::Told
        } else {
            Stamps::LeftOut
        }
    }

    /// What is found in each of these, in their order.
    pub(crate) async fn find(
        &self,
        search_targets: &[SearchTarget<'_>],
        progress: &mut Progress<'_, '_>,
    ) -> Result<Vec<Finding>, Ending> {
        let sieve = |search_target| {
            SearchState::sieve(search_target, self.key, self.store.object_ids(), self.now)
        };
        let mut search_state: Vec<SearchState<'_>> =
            search_targets.iter().copied().map(sieve).collect();
        let asking = ask_digests(&self.store, &mut search_state);
        progress.out.wait_for(progress.tag, asking).await?;
        self.read_the_rest(&mut search_state, progress).await?;
        let finish = |one: SearchState<'_>| one.finish(self.asks_modseq);
        Ok(search_state.into_iter().map(finish).collect())
    }

    /// Reads what decides the messages that are undecided, some at a time.
    async fn read_the_rest(
        &self,
        search_state: &mut [SearchState<'_>],
        progress: &mut Progress<'_, '_>,
    ) -> Result<(), Ending> {
        let mut left = Vec::new();
        for (place, one) in search_state.iter_mut().enumerate() {
            progress.done += one.search_target.messages();
            let undecided = std::mem::take(&mut one.undecided).into_iter();
            left.extend(undecided.map(|numbered| (place, numbered)));
        }
        progress.done -= left.len();
        for batch in left.chunks(TEXTS_PER_READ_MAX) {
            progress.tell().await?;
            let loaded_messages = self.gather(search_state, batch).await?;
            for &(place, numbered) in batch {
                if let Some(one) = search_state.get_mut(place) {
                    let evidence = loaded_messages.evidence(one.search_target.mailbox, &numbered.1);
                    one.decide(numbered, &evidence);
                }
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
            .filter_map(|&(place, (_, message))| {
                Some((search_state.get(place)?.search_target.mailbox, message))
            })
            .collect();
        // What has to be read is the same in all mailboxes.
        Ok(LoadedMessages::load(&self.store, &self.live, &any.criteria, &messages).await?)
    }
}

impl Progress<'_, '_> {
    pub(crate) async fn tell(&mut self) -> Result<(), Ending> {
        Ok(self.out.progress(self.tag, self.done, self.goal).await?)
    }
}

/// Those of a few `messages` of the selected mailbox that `criteria` hold of, in any order.
pub(crate) async fn find_among(
    store: &Store,
    live: &Live,
    selected: &Selected,
    criteria: Criteria,
    messages: &[Numbered],
) -> Result<Vec<Numbered>, Ending> {
    let search_target = SearchTarget::from(selected);
    let mut search_state = SearchState::among(search_target, criteria, messages.iter().copied());
    let undecided = std::mem::take(&mut search_state.undecided);
    for batch in undecided.chunks(TEXTS_PER_READ_MAX) {
        let located = |&(_, message): &Numbered| (search_target.mailbox, message);
        let located: Vec<(MailboxId, Message)> = batch.iter().map(located).collect();
        let loaded_messages =
            LoadedMessages::load(store, live, &search_state.criteria, &located).await?;
        for &numbered in batch {
            let evidence = loaded_messages.evidence(search_target.mailbox, &numbered.1);
            search_state.decide(numbered, &evidence);
        }
    }
    Ok(search_state.found)
}

impl Finding {
    /// Of these, and nothing else to be told of them.
    pub(crate) fn of(mailbox: MailboxId, messages: Vec<Numbered>) -> Self {
        Self {
            messages,
            mailbox,
            modseqs: None,
            relevancies: HashMap::new(),
        }
    }

    /// `messages` stand in the order of the mailbox.
    pub(crate) fn new(
        messages: Vec<Numbered>,
        relevancies: HashMap<Uid, u8>,
        search_target: &SearchTarget<'_>,
        asks_modseq: bool,
    ) -> Self {
        let modseq = |(_, message): &Numbered| search_target.view.shown(message).modseq;
        let modseqs = asks_modseq.then(|| messages.iter().map(modseq).collect());
        Self {
            messages,
            mailbox: search_target.mailbox,
            modseqs,
            relevancies,
        }
    }

    /// What each is in its mailbox, and where its bytes are.
    pub(crate) fn entries(&self) -> Vec<(Uid, ContentId)> {
        entries(&self.messages)
    }

    /// The numbers that the client is told.
    pub(crate) fn numbers(&self, numbering: Numbering) -> Vec<u32> {
        let number = |&(seq, message): &Numbered| match numbering {
            Numbering::Sequence => seq.get(),
            Numbering::Uid => message.uid.get(),
        };
        self.messages.iter().map(number).collect()
    }

    /// How well it is what was asked for, 1 to 100.
    pub(crate) fn relevancy(&self, uid: Uid) -> u8 {
        let known = self.relevancies.get(&uid);
        known.copied().unwrap_or(RELEVANCY_MAX)
    }

    /// The highest mod-sequence among what was found, if the client is told one.
    pub(crate) fn highest_modseq(&self) -> Option<ModSeq> {
        self.modseqs.as_ref()?.iter().max().copied()
    }

    /// Puts what was found in another order: the places that it has now.
    pub(crate) fn reorder(&mut self, places: &[usize]) {
        let messages = places.iter().filter_map(|&place| self.messages.get(place));
        let messages = messages.copied().collect();
        if let Some(modseqs) = &mut self.modseqs {
            let in_order = places.iter().filter_map(|&place| modseqs.get(place));
            *modseqs = in_order.copied().collect();
        }
        self.messages = messages;
    }

    /// Says it as an ESEARCH response (RFC 4731; RFC 5267, 3; RFC 7377, 2.1).
    pub(crate) fn say_extended(
        &self,
        correlator: Correlator<'_>,
        numbering: Numbering,
        returns: SearchReturn,
        out: &mut Vec<u8>,
    ) {
        if returns.is_only_save() {
            return;
        }
        let numbers = self.numbers(numbering);
        // `RETURN ()` means ALL (RFC 4731, 3.1).
        let is_bare = returns == SearchReturn::default();
        let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let relevancies = returns.relevancy.then(|| self.relevancies_of(returns));
        let found = say::Found {
            min: numbers.first().copied().filter(|_| returns.min),
            max: numbers.last().copied().filter(|_| returns.max),
            all: (returns.all || is_bare).then_some(numbers.as_slice()),
            partial: returns.partial.map(|range| (range, part(&numbers, range))),
            relevancy: relevancies.as_deref(),
            count: returns.count.then_some(count),
            modseq: self.modseq_of(returns),
        };
        say::esearch(out, correlator, numbering, &found);
    }

    /// Of the page that is told, or of all.
    fn relevancies_of(&self, returns: SearchReturn) -> Vec<u8> {
        let told = match returns.partial {
            Some(range) => part(&self.messages, range),
            None => &self.messages,
        };
        told.iter()
            .map(|(_, message)| self.relevancy(message.uid))
            .collect()
    }

    /// What `$` stands for from now on (RFC 5182, 2.4; RFC 9394, 3.2).
    fn saved(&self, returns: SearchReturn) -> UidSet {
        let uid = |(_, message): &(SeqNum, Message)| message.uid;
        let tells_some = returns.min || returns.max || returns.partial.is_some();
        if returns.all || returns.count || !tells_some {
            return self.messages.iter().map(uid).collect();
        }
        let min = self.messages.first().filter(|_| returns.min);
        let max = self.messages.last().filter(|_| returns.max);
        let within = |range| part(&self.messages, range);
        let told = returns.partial.map_or(&[][..], within);
        min.into_iter().chain(max).chain(told).map(uid).collect()
    }

    /// The highest mod-sequence among all, unless MIN or MAX are told by themselves (RFC 4731, 3.2).
    fn modseq_of(&self, returns: SearchReturn) -> Option<ModSeq> {
        let modseqs = self.modseqs.as_ref()?;
        let (min, max) = (modseqs.first().copied(), modseqs.last().copied());
        let tells_only_ends = (returns.min || returns.max)
            && !(returns.all || returns.count || returns.partial.is_some());
        if !tells_only_ends {
            return self.highest_modseq();
        }
        min.filter(|_| returns.min).max(max.filter(|_| returns.max))
    }
}

/// What stands in these places of a result.
fn part<T>(results: &[T], range: PartialRange) -> &[T] {
    results.get(range.within(results.len())).unwrap_or_default()
}

impl Session {
    /// `$` becomes what was found, or nothing where the answer is NO; after BAD it stays
    /// (RFC 5182, 2.1).
    pub(crate) fn save(&mut self, returns: Option<SearchReturn>, found: &Result<Finding, Ending>) {
        let (Some(returns), Some(selected)) = (returns.filter(|it| it.save), &mut self.selected)
        else {
            return;
        };
        match found {
            Ok(found) => selected.saved = found.saved(returns),
            Err(Ending::Malformed(_)) => {}
            Err(Ending::Refused(_) | Ending::Broken(_) | Ending::HungUp) => {
                selected.saved = UidSet::new();
            }
        }
    }
}

/// Without FUZZY, nothing is more relevant than anything else (RFC 6203, 4 and 6).
///
/// # Errors
///
/// For RELEVANCY beside a key that is not FUZZY.
pub(crate) fn admit_relevancy(
    returns: Option<SearchReturn>,
    order: &[SortCriterion],
    key: &SearchKey,
) -> Result<(), Ending> {
    let asks = returns.is_some_and(|returns| returns.relevancy)
        || order
            .iter()
            .any(|criterion| criterion.key == SortKey::Relevancy);
    let is_fuzzy = || key.any(&|key| matches!(key, SearchKey::Fuzzy(_)));
    if asks && !is_fuzzy() {
        return Err(Ending::malformed("RELEVANCY is for FUZZY keys"));
    }
    Ok(())
}
