//! The flags of a message: bits, and keywords that have none.

use crate::flag::FlagBits;
use crate::rare_keywords::RareKeywords;

/// The flags of a message, or those that somebody names: bits, and the keywords for which there is none (ADR 0055).
///
/// [`FlagBits`] stand beside it as masks, in which [`FlagBits::RARE`] is all keywords without a bit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// Never [`FlagBits::RARE`], which follows from `rare`.
    bits: FlagBits,
    rare: RareKeywords,
}

impl Flags {
    /// No flag.
    pub const NONE: Self = Self {
        bits: FlagBits::NONE,
        rare: RareKeywords::NONE,
    };

    /// These bits, and these keywords without one.
    #[must_use]
    #[inline]
    pub const fn new(bits: FlagBits, rare: RareKeywords) -> Self {
        Self {
            bits: bits.without(FlagBits::RARE),
            rare,
        }
    }

    /// The keyword with this number, from 0; none beyond the last.
    #[must_use]
    pub fn keyword(number: usize) -> Self {
        FlagBits::keyword(number).map_or_else(
            || Self::new(FlagBits::NONE, [number].into_iter().collect()),
            Self::from,
        )
    }

    /// The flags that have bits.
    #[must_use]
    #[inline]
    pub const fn bits(&self) -> FlagBits {
        self.bits
    }

    /// The keywords that have none.
    #[must_use]
    #[inline]
    pub const fn rare(&self) -> &RareKeywords {
        &self.rare
    }

    /// The bits, and [`FlagBits::RARE`] where there are keywords without one.
    #[must_use]
    #[inline]
    pub const fn mask(&self) -> FlagBits {
        if self.rare.is_empty() {
            self.bits
        } else {
            self.bits.union(FlagBits::RARE)
        }
    }

    /// The number for PostgreSQL; never negative. Bit 5 says that `entry_keyword` has more.
    #[must_use]
    pub fn to_i64(&self) -> i64 {
        self.mask().to_i64()
    }

    /// Whether no flag is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bits.is_empty() && self.rare.is_empty()
    }

    /// Whether every flag with a bit in `bits` is set here.
    #[must_use]
    #[inline]
    pub const fn contains(&self, bits: FlagBits) -> bool {
        self.bits.contains(bits)
    }

    /// Whether every flag of `other` is set here.
    #[must_use]
    #[inline]
    pub fn contains_all(&self, other: &Self) -> bool {
        self.bits.contains(other.bits) && self.rare.contains(&other.rare)
    }

    /// The flags that are set in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            bits: self.bits.union(other.bits),
            rare: self.rare.union(&other.rare),
        }
    }

    /// The flags that are set here and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self {
            bits: self.bits.without(other.bits),
            rare: self.rare.without(&other.rare),
        }
    }

    /// The same with other bits, which are those of `edit`.
    #[must_use]
    #[inline]
    pub fn with_bits(self, edit: impl FnOnce(FlagBits) -> FlagBits) -> Self {
        Self::new(edit(self.bits), self.rare)
    }

    /// The flags that `mask` stands for.
    #[must_use]
    pub fn intersection(&self, mask: FlagBits) -> Self {
        Self {
            bits: self.bits.intersection(mask),
            rare: self.rare.within(mask),
        }
    }

    /// The flags that `mask` does not stand for.
    #[must_use]
    pub fn without(&self, mask: FlagBits) -> Self {
        self.intersection(FlagBits::ALL.without(mask))
    }

    /// The flags where `renamed` mean other keywords by now: what was set of them is one flag without a name, so that the
    /// set differs from whatever a mailbox has.
    #[must_use]
    pub fn with_nameless(&self, renamed: &Self) -> Self {
        let others = self.difference(renamed);
        if others == *self {
            others
        } else {
            Self {
                bits: others.bits.union(FlagBits::NAMELESS),
                ..others
            }
        }
    }
}

impl From<FlagBits> for Flags {
    #[inline]
    fn from(bits: FlagBits) -> Self {
        Self::new(bits, RareKeywords::NONE)
    }
}
