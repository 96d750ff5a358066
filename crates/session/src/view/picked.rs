//! Which messages of a view a command is about. Pure.

use std::ops::Range;

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

    /// How many messages these are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(length).sum()
    }

    /// Those in these places, the lowest being in place 0.
    pub(crate) fn part(&self, places: Range<usize>) -> Self {
        let mut before = 0;
        let mut ranges = Vec::new();
        for range in &self.0 {
            let after = before + length(range);
            let number = |place: usize| {
                let within = place.clamp(before, after) - before;
                u32::try_from(within).unwrap_or(u32::MAX)
            };
            let (from, to) = (number(places.start), number(places.end));
            if from < to {
                ranges.push((range.0 + from, range.0 + (to - 1)));
            }
            before = after;
        }
        Self(ranges)
    }

    pub(crate) fn contains(&self, seq: SeqNum) -> bool {
        let after = self.0.partition_point(|&(low, _)| low <= seq.get());
        after
            .checked_sub(1)
            .and_then(|index| self.0.get(index))
            .is_some_and(|&(_, high)| high >= seq.get())
    }
}

fn length(&(low, high): &(u32, u32)) -> usize {
    usize::try_from(high - low)
        .unwrap_or(usize::MAX)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::Picked;

    #[test]
    fn a_part_is_what_stands_in_its_places() {
        let picked = Picked::from_ranges(vec![(9, 9), (1, 3), (5, 8), (u32::MAX - 1, u32::MAX)]);
        let all: Vec<u32> = picked.ranges().flat_map(|(low, high)| low..=high).collect();
        assert_eq!(picked.len(), all.len());
        for start in 0..=all.len() {
            for end in start..=all.len() {
                let part = picked.part(start..end);
                let numbers: Vec<u32> = part.ranges().flat_map(|(low, high)| low..=high).collect();
                assert_eq!(numbers, all[start..end], "{start}..{end}");
            }
        }
    }
}
