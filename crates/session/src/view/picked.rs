//! Which messages of a view a command is about. Pure.

use mail::SeqNum;

/// Messages of a view as ascending ranges of sequence numbers; ends are included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Picked(Vec<(u32, u32)>);

impl Picked {
    pub(crate) fn from_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }

    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().copied()
    }

    pub(crate) fn contains(&self, seq: SeqNum) -> bool {
        let after = self.0.partition_point(|&(low, _)| low <= seq.get());
        after
            .checked_sub(1)
            .and_then(|index| self.0.get(index))
            .is_some_and(|&(_, high)| high >= seq.get())
    }
}
