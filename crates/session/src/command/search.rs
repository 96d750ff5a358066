//! SEARCH (RFC 9051, 6.4.4), with RETURN (RFC 4731), MODSEQ (RFC 7162), WITHIN (RFC 5032), object
//! identifiers (RFC 8474) and save dates (RFC 8514).
//!
//! Answered from the view, so that it finds what FETCH would show. Flags, dates, sizes and
//! numbers are decided from the image; only what is left undecided has its text read.

use acl::Deed;
use image::Message;
use live::Live;
use mail::{ContentId, ModSeq, SeqNum};
use mime::SearchText;
use store::Store;
use wire::{Numbering, Search, SearchKey, SearchReturn, Tag, say};

use crate::criteria::{Criteria, Evidence};
use crate::ending::{Done, Ending, Outcome};
use crate::node::Now;
use crate::out::Out;
use crate::selected::Selected;
use crate::session::Session;

/// Messages whose search texts are in memory at once.
const TEXTS_PER_READ_MAX: usize = 200;

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    search: Search,
    now: Now,
    out: &mut Out<'_>,
) -> Outcome {
    let asks_modseq = has_modseq(&search.key);
    session.enabled.condstore |= asks_modseq;
    let (store, live) = (session.store.clone(), session.node.live.clone());
    let selected = session.selected()?;
    selected.permit(Deed::Read)?;
    let criteria = Criteria::new(&search.key, selected, store.object_ids(), now)?;
    let found = find(&store, &live, selected, &criteria).await?;
    let number = |&(seq, message): &(SeqNum, Message)| match search.numbering {
        Numbering::Sequence => seq.get(),
        Numbering::Uid => message.uid.get(),
    };
    let numbers: Vec<u32> = found.iter().map(number).collect();
    let modseq = asks_modseq.then(|| highest(selected, &found)).flatten();
    match search.returns {
        None => say::search(&mut out.buffer, numbers, modseq),
        Some(returns) => {
            say_extended(
                tag,
                search.numbering,
                returns,
                &numbers,
                modseq,
                &mut out.buffer,
            );
        }
    }
    Ok(Done::completed())
}

async fn find(
    store: &Store,
    live: &Live,
    selected: &Selected,
    criteria: &Criteria,
) -> Result<Vec<(SeqNum, Message)>, Ending> {
    let mut found = Vec::new();
    let mut undecided = Vec::new();
    for (seq, message) in selected.view.known().image.iter() {
        let shown = selected.view.shown(&message);
        match criteria.holds(seq, &message, shown, &Evidence::NONE) {
            Some(true) => found.push((seq, message)),
            Some(false) => {}
            None => undecided.push((seq, message)),
        }
    }
    if undecided.is_empty() {
        return Ok(found);
    }
    for batch in undecided.chunks(TEXTS_PER_READ_MAX) {
        found.extend(find_by_evidence(store, live, selected, criteria, batch).await?);
    }
    found.sort_unstable_by_key(|&(seq, _)| seq);
    Ok(found)
}

async fn find_by_evidence(
    store: &Store,
    live: &Live,
    selected: &Selected,
    criteria: &Criteria,
    batch: &[(SeqNum, Message)],
) -> Result<Vec<(SeqNum, Message)>, Ending> {
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

/// The highest mod-sequence among what was found (RFC 7162, 3.1.5).
fn highest(selected: &Selected, found: &[(SeqNum, Message)]) -> Option<ModSeq> {
    found
        .iter()
        .map(|(_, message)| selected.view.shown(message).modseq)
        .max()
}

fn say_extended(
    tag: &Tag,
    numbering: Numbering,
    returns: SearchReturn,
    numbers: &[u32],
    modseq: Option<ModSeq>,
    out: &mut Vec<u8>,
) {
    // `RETURN ()` means ALL (RFC 4731, 3.1).
    let is_bare = returns == SearchReturn::default();
    let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    let found = say::Found {
        min: numbers.first().copied().filter(|_| returns.min),
        max: numbers.last().copied().filter(|_| returns.max),
        all: (returns.all || is_bare).then_some(numbers),
        count: returns.count.then_some(count),
        modseq,
    };
    say::esearch(out, tag, numbering, &found);
}
