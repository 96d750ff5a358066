//! One mailbox while it is searched.

use std::collections::HashMap;

use mail::{Uid, UidSet};
use store::{Compute, Digest};

use crate::ending::Refused;
use crate::search::criteria::{Criteria, Evidence, RELEVANCY_MAX};
use crate::search::effort::Effort;
use crate::search::finding::{Finding, Numbered};
use crate::search::target::SearchTarget;

/// The most messages whose search texts are in memory at once.
pub(crate) const TEXTS_PER_READ_MAX: usize = 200;

/// Tests that are made before others go on, of messages by what the image knows of them.
const TESTS_PER_SLICE: usize = 1 << 18;
/// Bytes that are looked through before others go on; one message may take more.
const BYTES_PER_SLICE: usize = 4 * 1024 * 1024;

/// What is known so far of one mailbox.
pub(crate) struct SearchState<'s> {
    pub(crate) search_target: SearchTarget<'s>,
    pub(crate) criteria: Criteria,
    /// The messages that are found, in any order.
    pub(crate) found: Vec<Numbered>,
    /// The relevancy, in percent, of messages that match only in part.
    relevancies: HashMap<Uid, u8>,
    /// The messages of which something has to be read first.
    pub(crate) undecided: Vec<Numbered>,
    /// The mailbox's digests, where they were asked before the messages were gone through.
    pub(crate) digests: Option<Vec<Digest>>,
}

impl<'s> SearchState<'s> {
    /// Decides what the image alone can decide, of all messages that the digests, if they were asked, leave possible.
    pub(crate) async fn sieve(
        search_target: SearchTarget<'s>,
        criteria: Criteria,
        digests: Option<Vec<Digest>>,
        compute: &Compute,
    ) -> Self {
        let image = &search_target.view.known().image;
        let Some(digests) = digests else {
            return Self::among(search_target, criteria, image.iter(), compute).await;
        };
        let possible = possible(&digests);
        let messages = image.among(&possible);
        let search_state = Self::among(search_target, criteria, messages, compute).await;
        Self {
            digests: Some(digests),
            ..search_state
        }
    }

    /// As [`sieve`](Self::sieve), for some of the messages.
    pub(crate) async fn among(
        search_target: SearchTarget<'s>,
        criteria: Criteria,
        mut messages: impl Iterator<Item = Numbered>,
        compute: &Compute,
    ) -> Self {
        let mut search_state = Self {
            search_target,
            criteria,
            found: Vec::new(),
            relevancies: HashMap::new(),
            undecided: Vec::new(),
            digests: None,
        };
        let tests = search_state.criteria.tests();
        let together = (TESTS_PER_SLICE / tests.max(1)).max(1);
        loop {
            let slice: Vec<Numbered> = messages.by_ref().take(together).collect();
            if slice.is_empty() {
                return search_state;
            }
            let bytes = tests.saturating_mul(slice.len());
            let deciding = || {
                for numbered in slice {
                    search_state.decide(numbered, &Evidence::NONE);
                }
            };
            compute.run(bytes, deciding).await;
        }
    }

    /// Notes what each message is by what was read of it, some at a time.
    pub(crate) async fn decide_read(
        &mut self,
        read: impl Iterator<Item = (Numbered, Evidence<'_>)>,
        effort: &mut Effort<'_>,
    ) -> Result<(), Refused> {
        let (mut slice, mut bytes) = (Vec::new(), 0);
        for (numbered, evidence) in read {
            let more = self.criteria.bytes_to_look_through(&evidence);
            effort.add(more)?;
            bytes += more;
            slice.push((numbered, evidence));
            if bytes >= BYTES_PER_SLICE {
                self.decide_slice(&mut slice, bytes, effort.compute()).await;
                bytes = 0;
            }
        }
        self.decide_slice(&mut slice, bytes, effort.compute()).await;
        Ok(())
    }

    async fn decide_slice(
        &mut self,
        slice: &mut Vec<(Numbered, Evidence<'_>)>,
        bytes: usize,
        compute: &Compute,
    ) {
        let deciding = || {
            for (numbered, evidence) in slice.drain(..) {
                self.decide(numbered, &evidence);
            }
        };
        compute.run(bytes, deciding).await;
    }

    /// Whether so many texts have to be read that digests are worth asking.
    pub(crate) fn has_many_texts(&self) -> bool {
        self.criteria.asks_text() && self.undecided.len() > TEXTS_PER_READ_MAX
    }

    /// Notes what the message is by this evidence.
    fn decide(&mut self, numbered: Numbered, evidence: &Evidence<'_>) {
        let (seq, message) = &numbered;
        let shown = self.search_target.view.shown(message);
        match self.criteria.rate(*seq, message, &shown, evidence) {
            Some(0) => {}
            Some(relevancy) => {
                if relevancy < RELEVANCY_MAX {
                    self.relevancies.insert(message.uid, relevancy);
                }
                self.found.push(numbered);
            }
            None => self.undecided.push(numbered),
        }
    }

    /// The result, in the order of the mailbox.
    pub(crate) fn finish(mut self, asks_modseq: bool) -> Finding {
        self.found.sort_unstable_by_key(|&(seq, _)| seq);
        Finding::new(
            self.found,
            self.relevancies,
            &self.search_target,
            asks_modseq,
        )
    }
}

/// The messages that may hold what the digests were asked for: their candidates, and whatever is in none of them.
fn possible(digests: &[Digest]) -> UidSet {
    let excluded = digests
        .iter()
        .map(|digest| digest.uids.difference(&digest.candidates));
    let excluded: Vec<UidSet> = excluded.collect();
    let excluded = UidSet::from_ranges(excluded.iter().flat_map(UidSet::ranges));
    UidSet::from_ranges([(Uid::MIN, Uid::MAX)]).difference(&excluded)
}
