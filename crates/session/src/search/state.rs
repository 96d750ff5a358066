//! One mailbox while it is searched.

use std::collections::HashMap;

use mail::Uid;
use store::ObjectIds;
use wire::SearchKey;

use crate::node::Now;
use crate::search::criteria::{Criteria, Evidence, RELEVANCY_MAX};
use crate::search::finding::{Finding, Numbered};
use crate::search::target::SearchTarget;

/// The most messages whose search texts are in memory at once.
pub(crate) const TEXTS_PER_READ_MAX: usize = 200;

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
}

impl<'s> SearchState<'s> {
    /// Decides what the image alone can decide.
    pub(crate) fn sieve(
        search_target: SearchTarget<'s>,
        key: &SearchKey,
        ids: &ObjectIds,
        now: Now,
    ) -> Self {
        let criteria = Criteria::new(key, &search_target, ids, now);
        Self::among(
            search_target,
            criteria,
            search_target.view.known().image.iter(),
        )
    }

    /// As [`sieve`](Self::sieve), for some of the messages.
    pub(crate) fn among(
        search_target: SearchTarget<'s>,
        criteria: Criteria,
        messages: impl Iterator<Item = Numbered>,
    ) -> Self {
        let mut search_state = Self {
            search_target,
            criteria,
            found: Vec::new(),
            relevancies: HashMap::new(),
            undecided: Vec::new(),
        };
        for numbered in messages {
            search_state.decide(numbered, &Evidence::NONE);
        }
        search_state
    }

    /// Whether so many texts have to be read that digests are worth asking.
    pub(crate) fn has_many_texts(&self) -> bool {
        self.criteria.asks_text() && self.undecided.len() > TEXTS_PER_READ_MAX
    }

    /// Notes what the message is by this evidence.
    pub(crate) fn decide(&mut self, numbered: Numbered, evidence: &Evidence<'_>) {
        let (seq, message) = numbered;
        let shown = self.search_target.view.shown(&message);
        match self.criteria.rate(seq, &message, shown, evidence) {
            Some(0) => {}
            Some(relevancy) => {
                self.found.push(numbered);
                if relevancy < RELEVANCY_MAX {
                    self.relevancies.insert(message.uid, relevancy);
                }
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
