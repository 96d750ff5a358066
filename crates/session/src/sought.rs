//! One mailbox while it is searched.

use std::collections::HashMap;

use image::Message;
use mail::{ContentId, SeqNum, Uid};
use store::ObjectIds;
use wire::SearchKey;

use crate::criteria::{Criteria, Evidence};
use crate::finding::{Finding, RELEVANCY_MAX, TEXTS_PER_READ_MAX};
use crate::haystack::Haystack;
use crate::node::Now;

/// A message of a view.
pub(crate) type Numbered = (SeqNum, Message);

/// What is known of it so far.
pub(crate) struct Sought<'s> {
    pub(crate) haystack: Haystack<'s>,
    pub(crate) criteria: Criteria,
    /// In any order.
    pub(crate) found: Vec<Numbered>,
    /// Of those that are not quite what was asked for, in percent.
    relevancies: HashMap<Uid, u8>,
    /// Something has to be read first.
    pub(crate) undecided: Vec<Numbered>,
}

impl<'s> Sought<'s> {
    /// What the image alone says.
    pub(crate) fn sieve(
        haystack: Haystack<'s>,
        key: &SearchKey,
        ids: &ObjectIds,
        now: Now,
    ) -> Self {
        let criteria = Criteria::new(key, &haystack, ids, now);
        Self::among(haystack, criteria, haystack.view.known().image.iter())
    }

    /// The same, of some of its messages.
    pub(crate) fn among(
        haystack: Haystack<'s>,
        criteria: Criteria,
        messages: impl Iterator<Item = Numbered>,
    ) -> Self {
        let mut sought = Self {
            haystack,
            criteria,
            found: Vec::new(),
            relevancies: HashMap::new(),
            undecided: Vec::new(),
        };
        for numbered in messages {
            sought.decide(numbered, &Evidence::NONE);
        }
        sought
    }

    /// Whether so many texts have to be read that digests are worth asking.
    pub(crate) fn has_many_texts(&self) -> bool {
        self.criteria.asks_text() && self.undecided.len() > TEXTS_PER_READ_MAX
    }

    /// Notes what the message is by this evidence.
    pub(crate) fn decide(&mut self, numbered: Numbered, evidence: &Evidence<'_>) {
        let (seq, message) = numbered;
        let shown = self.haystack.view.shown(&message);
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

    /// What there is to tell, in the order of the mailbox.
    pub(crate) fn finish(mut self, asks_modseq: bool) -> Finding {
        self.found.sort_unstable_by_key(|&(seq, _)| seq);
        Finding::new(self.found, self.relevancies, &self.haystack, asks_modseq)
    }
}

/// What each is in its mailbox, and where its bytes are.
pub(crate) fn entries(messages: &[Numbered]) -> Vec<(Uid, ContentId)> {
    let entry = |(_, message): &Numbered| (message.uid, message.content);
    messages.iter().map(entry).collect()
}
