//! One flag of many messages as chunks of bits.

use std::sync::Arc;

use mail::{FlagBits, Uid, UidSet};

/// UIDs in one chunk of private flags.
pub const CHUNK_UIDS: u32 = 8192;
/// One chunk of private flags, in bytes.
pub const CHUNK_BYTES: usize = 1024;

const WORD_BYTES: usize = 8;
const WORD_BITS: u32 = 64;
const WORDS: usize = CHUNK_BYTES / WORD_BYTES;

/// One bit for each of [`CHUNK_UIDS`] neighbouring UIDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

/// One flag of one account in one mailbox.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) flag: FlagBits,
    /// The chunks, ascending by number. A missing chunk is all zeros.
    chunks: Vec<(u32, Arc<Bits>)>,
}

/// A chunk that is missing.
static NOTHING: Bits = Bits([0; WORDS]);

impl Bits {
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks(WORD_BYTES)) {
            let mut whole = [0; WORD_BYTES];
            for (to, from) in whole.iter_mut().zip(bytes) {
                *to = *from;
            }
            // Little-endian, because `set_bit` counts from the lowest bit of the first byte.
            *word = u64::from_le_bytes(whole);
        }
        Self(words)
    }

    fn contains(&self, offset: u32) -> bool {
        usize::try_from(offset / WORD_BITS)
            .ok()
            .and_then(|index| self.0.get(index))
            .is_some_and(|word| word >> (offset % WORD_BITS) & 1 == 1)
    }

    /// The words that have a part of the bits from `low` to `high`, each without the others.
    fn words(&self, low: u32, high: u32) -> impl Iterator<Item = (u64, u64)> {
        (low / WORD_BITS..=high / WORD_BITS).map(move |number| {
            let base = number * WORD_BITS;
            let (first, last) = (
                low.max(base) - base,
                high.min(base + (WORD_BITS - 1)) - base,
            );
            let meant = u64::MAX >> (WORD_BITS - 1 - last) & u64::MAX << first;
            let index = usize::try_from(number).ok();
            let word = index.and_then(|index| self.0.get(index));
            (word.copied().unwrap_or(0) & meant, meant)
        })
    }

    fn count_differing(&self, other: &Self) -> usize {
        let words = self.0.iter().zip(&other.0).map(|(a, b)| a ^ b);
        words.map(|word| word.count_ones() as usize).sum()
    }

    /// The offsets at which the two differ, ascending.
    fn differing(&self, other: &Self) -> impl Iterator<Item = u32> {
        let words = self.0.iter().zip(&other.0).map(|(a, b)| a ^ b);
        (0..)
            .step_by(WORD_BITS as usize)
            .zip(words)
            .filter(|(_, word)| *word != 0)
            .flat_map(|(base, word)| {
                (0..WORD_BITS)
                    .filter(move |bit| word >> bit & 1 == 1)
                    .map(move |bit| base + bit)
            })
    }
}

impl Plane {
    pub(super) const fn new(flag: FlagBits) -> Self {
        Self {
            flag,
            chunks: Vec::new(),
        }
    }

    pub(super) fn contains(&self, uid: Uid) -> bool {
        self.find(uid.get() / CHUNK_UIDS)
            .is_some_and(|bits| bits.contains(uid.get() % CHUNK_UIDS))
    }

    /// Whether the bits of all UIDs from `low` to `high` are set, or none is.
    pub(super) fn is_all(&self, low: Uid, high: Uid, is_set: bool) -> bool {
        self.words(low, high)
            .all(|(word, meant)| word == if is_set { meant } else { 0 })
    }

    /// How many of the bits of the UIDs from `low` to `high` are set.
    pub(super) fn count(&self, low: Uid, high: Uid) -> usize {
        let words = self.words(low, high);
        words.map(|(word, _)| word.count_ones() as usize).sum()
    }

    fn words(&self, low: Uid, high: Uid) -> impl Iterator<Item = (u64, u64)> {
        let (low, high) = (low.get(), high.get());
        (low / CHUNK_UIDS..=high / CHUNK_UIDS).flat_map(move |number| {
            let base = number * CHUNK_UIDS;
            let (first, last) = (
                low.max(base) - base,
                high.min(base + (CHUNK_UIDS - 1)) - base,
            );
            let bits = self.find(number).map_or(&NOTHING, Arc::as_ref);
            bits.words(first, last)
        })
    }

    /// Keeps the old chunk where the new one is equal.
    pub(super) fn replace(&mut self, number: u32, bits: Arc<Bits>) {
        match self
            .chunks
            .binary_search_by_key(&number, |(number, _)| *number)
        {
            Ok(at) if *self.chunks[at].1 != *bits => self.chunks[at].1 = bits,
            Ok(_) => {}
            Err(at) => self.chunks.insert(at, (number, bits)),
        }
    }

    /// The UIDs whose bit is set in one and not in the other.
    pub(super) fn difference(&self, other: &Self) -> UidSet {
        let mut differing = UidSet::new();
        for (number, was, is) in self.unshared_with(other) {
            for offset in was.differing(is) {
                let uid = number
                    .checked_mul(CHUNK_UIDS)
                    .and_then(|base| Uid::new(base + offset));
                uid.into_iter().for_each(|uid| differing.insert(uid));
            }
        }
        differing
    }

    /// How many these are.
    pub(super) fn count_differing(&self, other: &Self) -> usize {
        let unshared = self.unshared_with(other);
        unshared.map(|(_, was, is)| was.count_differing(is)).sum()
    }

    /// The chunks that the two do not share, in both.
    fn unshared_with<'p>(
        &'p self,
        other: &'p Self,
    ) -> impl Iterator<Item = (u32, &'p Bits, &'p Bits)> {
        let chunks = self.chunks.iter().chain(&other.chunks);
        let mut numbers: Vec<u32> = chunks.map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let bits = |plane: &'p Self, number| plane.find(number).map_or(&NOTHING, Arc::as_ref);
        numbers
            .into_iter()
            .map(move |number| (number, bits(self, number), bits(other, number)))
            .filter(|(_, was, is)| !std::ptr::eq(*was, *is))
    }

    fn find(&self, number: u32) -> Option<&Arc<Bits>> {
        let (first, _) = self.chunks.first()?;
        // Hardly ever is one missing in the midst.
        let guess = usize::try_from(number.checked_sub(*first)?).ok()?;
        if let Some((found, bits)) = self.chunks.get(guess)
            && *found == number
        {
            return Some(bits);
        }
        let at = self
            .chunks
            .binary_search_by_key(&number, |(number, _)| *number)
            .ok()?;
        self.chunks.get(at).map(|(_, bits)| bits)
    }
}
