//! What becomes of flags.

use mail::FlagBits;

/// Flags become `flags & keep | add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Masks {
    /// What stays, if it is set.
    pub keep: FlagBits,
    /// What is set then.
    pub add: FlagBits,
}

impl Masks {
    /// Nothing changes.
    pub const IDENTITY: Self = Self {
        keep: FlagBits::ALL,
        add: FlagBits::NONE,
    };

    /// What is set, for PostgreSQL, where [`FlagBits::RARE`] says that all keywords without a bit go: releases that do not
    /// know these never say so.
    pub(crate) fn add_stored(self) -> i64 {
        let cleared = FlagBits::RARE.without(self.keep);
        self.add.without(FlagBits::RARE).union(cleared).to_i64()
    }

    /// The flags that are not set afterwards, whatever was.
    pub(crate) const fn clears(self) -> FlagBits {
        FlagBits::ALL.without(self.keep.union(self.add))
    }

    /// These, and after them `next`.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        Self {
            keep: self.keep.intersection(next.keep),
            add: self.add.intersection(next.keep).union(next.add),
        }
    }
}
