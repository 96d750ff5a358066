//! How much of a load is run: all of it to measure, or a little of everything to see that it works. Pure.

use std::time::Duration;

use crate::rounds::Budget;

/// How much of each load is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// What the figures are of.
    Full,
    /// A hundredth, in one round of a moment. Its figures say nothing.
    Smoke,
}

impl Scale {
    /// So many messages, sessions or mailboxes instead of `full`.
    pub(crate) fn count(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Smoke => (full / PART).max(full.min(FEW)),
        }
    }

    /// So many rounds instead of `full`.
    pub(crate) const fn rounds(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Smoke => 1,
        }
    }

    pub(crate) fn time(self, full: Duration) -> Duration {
        match self {
            Self::Full => full,
            Self::Smoke => full.min(MOMENT),
        }
    }

    pub(crate) fn budget(self, full: Budget) -> Budget {
        Budget {
            time_max: self.time(full.time_max),
            ..full
        }
    }
}

/// One in so many is left.
const PART: usize = 100;
/// Fewer than this are no load any more.
const FEW: usize = 8;
const MOMENT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_a_hundredth_but_some_of_each() {
        for (full, few) in [(10_000, 100), (500, 8), (8, 8), (2, 2), (0, 0)] {
            assert_eq!(Scale::Full.count(full), full);
            assert_eq!(Scale::Smoke.count(full), few);
        }
        assert_eq!((Scale::Full.rounds(5), Scale::Smoke.rounds(5)), (5, 1));
    }

    #[test]
    fn a_moment_is_never_longer_than_what_it_stands_for() {
        let second = Duration::from_secs(1);
        assert_eq!(Scale::Full.time(second), second);
        assert_eq!(Scale::Smoke.time(second), MOMENT);
        assert_eq!(Scale::Smoke.time(Duration::ZERO), Duration::ZERO);
    }
}
