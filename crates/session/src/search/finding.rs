//! What a search has found in one mailbox, and how it is told. Pure.

use std::collections::HashMap;

use image::Message;
use mail::{ContentId, MailboxId, ModSeq, SeqNum, Uid, UidSet};
use wire::say::Correlator;
use wire::{Numbering, PartialRange, SearchReturn, say};

use crate::held::Held;
use crate::search::criteria::RELEVANCY_MAX;
use crate::search::target::SearchTarget;
use crate::view::LOOK_COST_BYTES;

/// A message of a view.
pub(crate) type Numbered = (SeqNum, Message);

/// What was found, and what else is to be told of it.
#[derive(Debug)]
pub(crate) struct Finding {
    /// The messages in the order in which they are told, which is that of the mailbox until they are sorted.
    pub(crate) messages: Vec<Numbered>,
    /// The mailbox in which they were found.
    pub(crate) mailbox: MailboxId,
    /// The mod-sequence of each, where the client asked by MODSEQ (RFC 7162, 3.1.5).
    modseqs: Option<Vec<ModSeq>>,
    /// The relevancy of messages that match only in part (RFC 6203, 4).
    relevancies: HashMap<Uid, u8>,
    /// Memory for all this, and for what is made of it.
    _held: Held,
}

impl Finding {
    /// A result of these messages, with nothing else to be told of them.
    pub(crate) fn of(mailbox: MailboxId, messages: Vec<Numbered>) -> Self {
        Self {
            messages,
            mailbox,
            modseqs: None,
            relevancies: HashMap::new(),
            _held: Held::default(),
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
            _held: Held::default(),
        }
    }

    /// The same, with the memory that is reserved for it until it is dropped.
    pub(crate) fn holding(self, held: Held) -> Self {
        Self {
            _held: held,
            ..self
        }
    }

    /// About what it costs to go through all that was found, as bytes that are looked through.
    pub(crate) fn bytes_to_look_through(&self) -> usize {
        self.messages.len() * LOOK_COST_BYTES
    }

    /// The numbers that the client is told.
    pub(crate) fn numbers(&self, numbering: Numbering) -> Vec<u32> {
        let number = |(seq, message): &Numbered| match numbering {
            Numbering::Sequence => seq.get(),
            Numbering::Uid => message.uid.get(),
        };
        self.messages.iter().map(number).collect()
    }

    /// The relevancy of a message, from 1 to 100.
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
        let messages = messages.cloned().collect();
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

    /// The relevancies of the page that is told, or of all.
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
    pub(crate) fn saved(&self, returns: SearchReturn) -> UidSet {
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

/// What was found, without its numbers.
pub(crate) fn messages_of(found: &Finding) -> Vec<Message> {
    let messages = found.messages.iter();
    messages.map(|(_, message)| message.clone()).collect()
}

/// The UID and the content of each message.
pub(crate) fn entries(messages: &[Numbered]) -> Vec<(Uid, ContentId)> {
    let entry = |(_, message): &Numbered| (message.uid, message.content);
    messages.iter().map(entry).collect()
}
