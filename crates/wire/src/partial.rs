//! A part of a result, named by places in it (RFC 9394; RFC 5267, 4.4).

use std::fmt;
use std::ops::Range;

/// `partial-range`: places of a result, which answers tell with the end that is counted from first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialRange {
    /// The end from which results are counted.
    pub from: ResultEnd,
    /// The two ends of the range, the lower first: both included, never zero.
    pub places: (u32, u32),
}

/// The end from which results are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultEnd {
    /// `1:500`: the first result is 1.
    First,
    /// `-1:-500`: the last result is -1.
    Last,
}

impl PartialRange {
    /// The range between two places, whichever is named first: 4:2 is 2:4 (RFC 9394, 4; RFC 5267, 5).
    #[must_use]
    pub fn between(from: ResultEnd, one: u32, other: u32) -> Self {
        Self {
            from,
            places: (one.min(other), one.max(other)),
        }
    }

    /// The indices, among `count` results, of those in these places; empty where there are none.
    #[must_use]
    pub fn within(self, count: usize) -> Range<usize> {
        let (low, high) = self.places;
        let before = to_usize(low).saturating_sub(1).min(count);
        let until = to_usize(high).min(count);
        match self.from {
            ResultEnd::First => before..until,
            ResultEnd::Last => count - until..count - before,
        }
    }
}

impl fmt::Display for PartialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.places;
        match self.from {
            ResultEnd::First => write!(f, "{low}:{high}"),
            ResultEnd::Last => write!(f, "-{low}:-{high}"),
        }
    }
}

fn to_usize(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{PartialRange, ResultEnd};

    #[test]
    fn places_are_those_that_there_are() {
        use ResultEnd::{First, Last};

        for (from, places, count, expected) in [
            (First, (1, 3), 5, 0..3),
            (First, (3, 1), 5, 0..3),
            (First, (4, 8), 5, 3..5),
            (First, (6, 8), 5, 5..5),
            (First, (2, 2), 5, 1..2),
            (Last, (1, 3), 5, 2..5),
            (Last, (3, 1), 5, 2..5),
            (Last, (4, 8), 5, 0..2),
            (Last, (6, 8), 5, 0..0),
            (Last, (1, u32::MAX), 0, 0..0),
            (First, (1, u32::MAX), 0, 0..0),
        ] {
            let range = PartialRange::between(from, places.0, places.1);
            assert_eq!(range.within(count), expected, "{range} of {count}");
        }
    }
}
