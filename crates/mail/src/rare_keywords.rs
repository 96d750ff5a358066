//! Keywords that have no bit.

use std::sync::Arc;

use crate::flag::FlagBits;
use crate::limits::{KEYWORDS_PER_MAILBOX_MAX, KEYWORDS_WITH_BIT_MAX};

/// Keywords of one mailbox that have no bit in [`FlagBits`], as most messages and most mailboxes have none (ADR 0055).
///
/// None takes no memory beyond the pointer, and clones share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RareKeywords(Option<Arc<Bits>>);

/// By number, less those that have bits.
type Bits = [u64; WORDS];

const WORDS: usize = (KEYWORDS_PER_MAILBOX_MAX - KEYWORDS_WITH_BIT_MAX).div_ceil(WORD_BITS);
const WORD_BITS: usize = 64;

impl RareKeywords {
    /// No such keyword.
    pub const NONE: Self = Self(None);

    /// Whether there is none.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether every keyword of `other` is here.
    #[must_use]
    #[inline]
    pub fn contains(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(these), Some(those)) => these.iter().zip(those.iter()).all(|(a, b)| a & b == *b),
        }
    }

    /// Those that are in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (_, None) => self.clone(),
            (None, Some(_)) => other.clone(),
            (Some(these), Some(those)) => Self::combined(these, those, |a, b| a | b),
        }
    }

    /// Those that are here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (None, _) | (_, None) => self.clone(),
            (Some(these), Some(those)) => Self::combined(these, those, |a, b| a & !b),
        }
    }

    /// All where `mask` stands for them, or none.
    #[must_use]
    pub fn within(&self, mask: FlagBits) -> Self {
        if mask.contains(FlagBits::RARE) {
            self.clone()
        } else {
            Self::NONE
        }
    }

    /// The number of each, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().flat_map(|bits| bits.iter().enumerate());
        words.flat_map(|(index, word)| {
            let set = (0..WORD_BITS).filter(move |bit| word >> bit & 1 == 1);
            set.map(move |bit| KEYWORDS_WITH_BIT_MAX + index * WORD_BITS + bit)
        })
    }

    fn combined(these: &Bits, those: &Bits, combine: impl Fn(u64, u64) -> u64) -> Self {
        let mut bits = *these;
        for (bits, other) in bits.iter_mut().zip(those) {
            *bits = combine(*bits, *other);
        }
        Self::of(bits)
    }

    /// None where no bit is set, so that equal sets are equal.
    fn of(bits: Bits) -> Self {
        Self((bits != Bits::default()).then(|| Arc::new(bits)))
    }
}

/// Numbers that have bits, and those beyond the last, are left out.
impl FromIterator<usize> for RareKeywords {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut bits = Bits::default();
        for number in numbers {
            let place = number.checked_sub(KEYWORDS_WITH_BIT_MAX);
            let place = place.filter(|_| number < KEYWORDS_PER_MAILBOX_MAX);
            if let Some(place) = place {
                bits[place / WORD_BITS] |= 1 << (place % WORD_BITS);
            }
        }
        Self::of(bits)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FlagBits, RareKeywords};

    #[test]
    fn sets_are_those_of_their_numbers() {
        let tables: [&[usize]; 6] = [
            &[],
            &[57],
            &[57, 120, 599],
            &[58, 121],
            &[599],
            &[57, 58, 120],
        ];
        let set = |numbers: &[usize]| numbers.iter().copied().collect::<RareKeywords>();
        for one in tables {
            assert!(set(one).numbers().eq(one.iter().copied()));
            assert_eq!(set(one).is_empty(), one.is_empty());
            for other in tables {
                let (a, b): (BTreeSet<_>, BTreeSet<_>) =
                    (one.iter().collect(), other.iter().collect());
                let numbers = |set: RareKeywords| set.numbers().collect::<Vec<_>>();
                let union: Vec<usize> = a.union(&b).copied().copied().collect();
                assert_eq!(numbers(set(one).union(&set(other))), union);
                let rest: Vec<usize> = a.difference(&b).copied().copied().collect();
                assert_eq!(numbers(set(one).without(&set(other))), rest);
                assert_eq!(set(one).contains(&set(other)), a.is_superset(&b));
                assert_eq!(set(one) == set(other), a == b);
            }
        }
        assert_eq!(set(&[0, 56, 600, 100_000]), RareKeywords::NONE);
        assert_eq!(set(&[57]).within(FlagBits::ALL), set(&[57]));
        assert_eq!(set(&[57]).within(FlagBits::SEEN), RareKeywords::NONE);
    }

    #[test]
    fn none_takes_a_pointer() {
        assert_eq!(size_of::<RareKeywords>(), size_of::<usize>());
    }
}
