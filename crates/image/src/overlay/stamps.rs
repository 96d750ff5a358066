//! The mod-sequence at which each message's private flags last changed.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use mail::{ModSeq, Uid, UidSet};

use super::CHUNK_UIDS;

/// Mod-sequences by UID, as spans: "mark all as read" is one span, whatever the mailbox's size.
///
/// Spans are cut at the borders of the bit chunks, so that a change copies one chunk's spans only.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps {
    /// The chunks, ascending by number, none empty.
    chunks: Vec<(u32, Arc<[Span]>)>,
}

/// UIDs from `low` to `high` that were last changed by the same statement. The spans of a chunk
/// ascend and do not overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    low: u32,
    high: u32,
    modseq: ModSeq,
}

impl Stamps {
    /// Records changes, in any order. Of several changes of one message the latest counts.
    pub(super) fn stamp(&mut self, changed: &[(ModSeq, UidSet)]) {
        for (number, spans) in by_chunk(changed) {
            match self
                .chunks
                .binary_search_by_key(&number, |(number, _)| *number)
            {
                Ok(at) => self.chunks[at].1 = painted(number, &self.chunks[at].1, &spans),
                Err(at) => self
                    .chunks
                    .insert(at, (number, painted(number, &[], &spans))),
            }
        }
    }

    pub(super) fn find(&self, uid: Uid) -> Option<ModSeq> {
        let spans = self.spans(uid.get() / CHUNK_UIDS);
        let span = spans.get(spans.partition_point(|span| span.high < uid.get()))?;
        (span.low <= uid.get()).then_some(span.modseq)
    }

    /// The UIDs with a mod-sequence above `modseq`.
    pub(super) fn since(&self, modseq: ModSeq) -> UidSet {
        let spans = self.chunks.iter().flat_map(|(_, spans)| spans.iter());
        let later = spans.filter(|span| span.modseq > modseq);
        UidSet::from_ranges(
            later.filter_map(|span| Some((Uid::new(span.low.max(1))?, Uid::new(span.high)?))),
        )
    }

    /// The UIDs that do not have the same mod-sequence in both.
    pub(super) fn difference(&self, new: &Self) -> UidSet {
        let mut numbers: Vec<u32> = self
            .chunks
            .iter()
            .chain(&new.chunks)
            .map(|(number, _)| *number)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut differing = UidSet::new();
        for number in numbers {
            let (was, is) = (self.spans(number), new.spans(number));
            // Versions share chunks, so the same address is the same chunk.
            if std::ptr::eq(was, is) {
                continue;
            }
            let (was, is) = (unrolled(number, was), unrolled(number, is));
            let uids = uids_of(number).zip(was.iter().zip(&is));
            uids.filter(|(_, (was, is))| was != is)
                .filter_map(|(uid, _)| Uid::new(uid))
                .for_each(|uid| differing.insert(uid));
        }
        differing
    }

    fn spans(&self, number: u32) -> &[Span] {
        let first = self.chunks.first().map_or(0, |(first, _)| *first);
        // Hardly ever is one missing in the midst.
        let guess = usize::try_from(number.wrapping_sub(first)).unwrap_or(usize::MAX);
        if let Some((found, spans)) = self.chunks.get(guess)
            && *found == number
        {
            return spans;
        }
        let found = self
            .chunks
            .binary_search_by_key(&number, |(number, _)| *number);
        found
            .ok()
            .and_then(|at| self.chunks.get(at))
            .map_or(&[], |(_, spans)| spans)
    }
}

/// The changes as spans, each in the chunk that contains it.
fn by_chunk(changed: &[(ModSeq, UidSet)]) -> BTreeMap<u32, Vec<Span>> {
    let mut chunks: BTreeMap<u32, Vec<Span>> = BTreeMap::new();
    for (modseq, uids) in changed {
        for (low, high) in uids.ranges().map(|(low, high)| (low.get(), high.get())) {
            for number in low / CHUNK_UIDS..=high / CHUNK_UIDS {
                let border = number * CHUNK_UIDS;
                let (low, high) = (low.max(border), high.min(border + (CHUNK_UIDS - 1)));
                chunks.entry(number).or_default().push(Span {
                    low,
                    high,
                    modseq: *modseq,
                });
            }
        }
    }
    chunks
}

/// The spans of chunk `number` after `news`. They are computed with one slot for each UID, which
/// takes the same few microseconds for one change and for thousands.
fn painted(number: u32, spans: &[Span], news: &[Span]) -> Arc<[Span]> {
    let mut slots = unrolled(number, spans);
    paint(number, &mut slots, news);
    let mut runs: Vec<Span> = Vec::new();
    for (uid, modseq) in uids_of(number)
        .zip(slots)
        .filter(|(_, modseq)| *modseq != ModSeq::ZERO)
    {
        match runs.last_mut() {
            Some(run) if run.high + 1 == uid && run.modseq == modseq => run.high = uid,
            Some(_) | None => runs.push(Span {
                low: uid,
                high: uid,
                modseq,
            }),
        }
    }
    runs.into()
}

/// One mod-sequence for each UID of chunk `number`.
fn unrolled(number: u32, spans: &[Span]) -> Vec<ModSeq> {
    let mut slots = vec![ModSeq::ZERO; CHUNK_UIDS as usize];
    paint(number, &mut slots, spans);
    slots
}

fn uids_of(number: u32) -> RangeInclusive<u32> {
    let first = number * CHUNK_UIDS;
    first..=first + (CHUNK_UIDS - 1)
}

fn paint(number: u32, slots: &mut [ModSeq], spans: &[Span]) {
    let first = number * CHUNK_UIDS;
    for span in spans {
        let (low, high) = ((span.low - first) as usize, (span.high - first) as usize);
        for slot in slots.get_mut(low..=high).unwrap_or_default() {
            // Changes come in any order and may come twice, so the later one wins.
            *slot = span.modseq.max(*slot);
        }
    }
}
