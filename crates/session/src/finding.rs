//! Which messages of the view a search key names: what SEARCH, SORT and THREAD have in common.
//!
//! Answered from the view, so that it finds what FETCH would show. Flags, dates, sizes and
//! numbers are decided from the image; only what is left undecided has its text read.

use acl::Deed;
use image::Message;
use live::Live;
use mail::{ContentId, MailboxId, ModSeq, SeqNum, Uid, UidSet};
use mime::SearchText;
use store::Store;
use wire::{Numbering, PartialRange, SearchKey, SearchReturn, Tag, say};

use crate::criteria::{Criteria, Evidence};
use crate::digested::find_in_digests;
use crate::ending::Ending;
use crate::node::Now;
use crate::out::Out;
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
}

/// A message of the view.
pub(crate) type Numbered = (SeqNum, Message);

/// Messages whose search texts are in memory at once.
const TEXTS_PER_READ_MAX: usize = 200;

/// Finds what `key` names in the selected mailbox. Where that takes long, the client of `tag` is told so.
pub(crate) async fn find(
    session: &mut Session,
    tag: &Tag,
    key: &SearchKey,
    now: Now,
    out: &mut Out<'_>,
) -> Result<Finding, Ending> {
    let asks_modseq = has_modseq(key);
    session.enabled.condstore |= asks_modseq;
    let (store, live) = (session.store.clone(), session.node.live.clone());
    let selected = session.selected()?;
    selected.permit(Deed::Read)?;
    let criteria = Criteria::new(key, selected, store.object_ids(), now)?;
    let Sieved {
        found: mut messages,
        mut undecided,
    } = sieve(selected, &criteria, selected.view.known().image.iter());
    if criteria.asks_text() && undecided.len() > TEXTS_PER_READ_MAX {
        let (digested, left) = find_in_digests(&store, selected, &criteria, undecided).await?;
        messages.extend(digested);
        undecided = left;
    }
    for (place, batch) in undecided.chunks(TEXTS_PER_READ_MAX).enumerate() {
        let done = place * TEXTS_PER_READ_MAX;
        out.progress(tag, done, undecided.len()).await?;
        messages.extend(find_by_evidence(&store, &live, selected, &criteria, batch).await?);
    }
    messages.sort_unstable_by_key(|&(seq, _)| seq);
    let modseq = |(_, message): &Numbered| selected.view.shown(message).modseq;
    let modseqs = asks_modseq.then(|| messages.iter().map(modseq).collect());
    Ok(Finding {
        messages,
        mailbox: selected.found.id,
        modseqs,
    })
}

/// Those of a few `messages` that `criteria` hold of, in any order.
pub(crate) async fn find_among(
    store: &Store,
    live: &Live,
    selected: &Selected,
    criteria: &Criteria,
    messages: &[Numbered],
) -> Result<Vec<Numbered>, Ending> {
    let Sieved {
        mut found,
        undecided,
    } = sieve(selected, criteria, messages.iter().copied());
    for batch in undecided.chunks(TEXTS_PER_READ_MAX) {
        found.extend(find_by_evidence(store, live, selected, criteria, batch).await?);
    }
    Ok(found)
}

impl Finding {
    /// Of these, and nothing else to be told of them.
    pub(crate) fn of(mailbox: MailboxId, messages: Vec<Numbered>) -> Self {
        Self {
            messages,
            mailbox,
            modseqs: None,
        }
    }

    /// What each is in its mailbox, and where its bytes are.
    pub(crate) fn entries(&self) -> Vec<(Uid, ContentId)> {
        let entry = |(_, message): &Numbered| (message.uid, message.content);
        self.messages.iter().map(entry).collect()
    }

    /// The numbers that the client is told.
    pub(crate) fn numbers(&self, numbering: Numbering) -> Vec<u32> {
        let number = |&(seq, message): &Numbered| match numbering {
            Numbering::Sequence => seq.get(),
            Numbering::Uid => message.uid.get(),
        };
        self.messages.iter().map(number).collect()
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

    /// Says it as an ESEARCH response (RFC 4731; RFC 5267, 3).
    pub(crate) fn say_extended(
        &self,
        tag: &Tag,
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
        let found = say::Found {
            min: numbers.first().copied().filter(|_| returns.min),
            max: numbers.last().copied().filter(|_| returns.max),
            all: (returns.all || is_bare).then_some(numbers.as_slice()),
            partial: returns.partial.map(|range| (range, part(&numbers, range))),
            count: returns.count.then_some(count),
            modseq: self.modseq_of(returns),
        };
        say::esearch(out, tag, numbering, &found);
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

/// Messages by what the image alone says of them.
#[derive(Default)]
struct Sieved {
    found: Vec<Numbered>,
    /// Their texts have to be read.
    undecided: Vec<Numbered>,
}

fn sieve(
    selected: &Selected,
    criteria: &Criteria,
    messages: impl IntoIterator<Item = Numbered>,
) -> Sieved {
    let mut sieved = Sieved::default();
    for (seq, message) in messages {
        let shown = selected.view.shown(&message);
        match criteria.holds(seq, &message, shown, &Evidence::NONE) {
            Some(true) => sieved.found.push((seq, message)),
            Some(false) => {}
            None => sieved.undecided.push((seq, message)),
        }
    }
    sieved
}

async fn find_by_evidence(
    store: &Store,
    live: &Live,
    selected: &Selected,
    criteria: &Criteria,
    batch: &[Numbered],
) -> Result<Vec<Numbered>, Ending> {
    let ids: Vec<ContentId> = batch.iter().map(|(_, message)| message.content).collect();
    let texts = if criteria.asks_text() {
        live.contents().texts(&ids).await?
    } else {
        [].into()
    };
    let heads = if criteria.asks_head() {
        live.contents().heads(&ids).await?
    } else {
        [].into()
    };
    let saved = if criteria.asks_save_date() {
        let uids = batch.iter().map(|(_, message)| message.uid).collect();
        store.save_dates(selected.found.id, &uids).await?
    } else {
        [].into()
    };
    let holds = |seq: SeqNum, message: &Message| {
        let evidence = Evidence {
            text: texts
                .get(&message.content)
                .map(|text| SearchText::new(text)),
            head: heads.get(&message.content).map(AsRef::as_ref),
            saved: saved.get(&message.uid).map(|date| date.day()),
        };
        criteria.holds(seq, message, selected.view.shown(message), &evidence) == Some(true)
    };
    Ok(batch
        .iter()
        .filter(|(seq, message)| holds(*seq, message))
        .copied()
        .collect())
}

/// To search by MODSEQ is to speak CONDSTORE, and is answered with one (RFC 7162, 3.1.5).
fn has_modseq(key: &SearchKey) -> bool {
    match key {
        SearchKey::ModSeq(_) => true,
        SearchKey::And(keys) => keys.iter().any(has_modseq),
        SearchKey::Or(a, b) => has_modseq(a) || has_modseq(b),
        SearchKey::Not(key) => has_modseq(key),
        _ => false,
    }
}
