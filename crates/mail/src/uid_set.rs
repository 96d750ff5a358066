//! Sets of UIDs as ascending ranges.

use std::fmt;

use crate::Uid;

/// A set of UIDs: inclusive ranges, ascending, neither touching nor overlapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct UidSet {
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Builds a set from ranges in any order, in any direction, overlapping or not.
    #[must_use]
    pub fn from_ranges(ranges: impl IntoIterator<Item = (Uid, Uid)>) -> Self {
        let mut ranges: Vec<(u32, u32)> = ranges
            .into_iter()
            .map(|(a, b)| (a.get().min(b.get()), a.get().max(b.get())))
            .collect();
        ranges.sort_unstable();
        let mut set = Self {
            ranges: Vec::with_capacity(ranges.len()),
        };
        for (low, high) in ranges {
            set.push_range(low, high);
        }
        set
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = (Uid, Uid)> {
        self.ranges.iter().map(|&(low, high)| {
            (
                Uid::new(low).unwrap_or(Uid::MIN),
                Uid::new(high).unwrap_or(Uid::MIN),
            )
        })
    }

    /// Every member, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> {
        self.ranges
            .iter()
            .flat_map(|&(low, high)| low..=high)
            .filter_map(Uid::new)
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|&(low, high)| u64::from(high - low) + 1)
            .sum()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The lowest member.
    #[must_use]
    pub fn first(&self) -> Option<Uid> {
        self.ranges.first().and_then(|&(low, _)| Uid::new(low))
    }

    /// The highest member.
    #[must_use]
    pub fn last(&self) -> Option<Uid> {
        self.ranges.last().and_then(|&(_, high)| Uid::new(high))
    }

    /// The highest `count` members, or all where there are no more.
    #[must_use]
    pub fn newest(&self, count: u64) -> Self {
        let mut left = count;
        let mut ranges = Vec::new();
        for &(low, high) in self.ranges.iter().rev() {
            if left == 0 {
                break;
            }
            let taken = left.min(u64::from(high - low) + 1);
            ranges.push((high - clamp(taken - 1), high));
            left -= taken;
        }
        ranges.reverse();
        Self { ranges }
    }

    /// Whether `uid` is a member.
    #[must_use]
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.ranges.partition_point(|&(low, _)| low <= uid.get());
        after
            .checked_sub(1)
            .and_then(|index| self.ranges.get(index))
            .is_some_and(|&(_, high)| high >= uid.get())
    }

    /// Adds one member. Cheap when it is the highest.
    pub fn insert(&mut self, uid: Uid) {
        let number = uid.get();
        if self.ranges.last().is_none_or(|&(low, _)| low <= number) {
            self.push_range(number, number);
        } else if !self.contains(uid) {
            *self = self.union(&Self {
                ranges: vec![(number, number)],
            });
        }
    }

    /// The members of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.ranges().chain(other.ranges()))
    }

    /// The members of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut result = Self::new();
        let (mut ours, mut theirs) = (
            self.ranges.iter().peekable(),
            other.ranges.iter().peekable(),
        );
        while let (Some(&&(low_a, high_a)), Some(&&(low_b, high_b))) = (ours.peek(), theirs.peek())
        {
            let (low, high) = (low_a.max(low_b), high_a.min(high_b));
            if low <= high {
                result.push_range(low, high);
            }
            // The range that ends first has nothing more in common with the other set's ranges.
            if high_a < high_b {
                ours.next();
            } else {
                theirs.next();
            }
        }
        result
    }

    /// The members of `self` that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut result = Self::new();
        let mut others = other.ranges.iter().copied().peekable();
        for &(low, high) in &self.ranges {
            // 64 bits, because one more than the highest UID must fit.
            let mut next = u64::from(low);
            while let Some(&(other_low, other_high)) = others.peek() {
                if other_low > high {
                    break;
                }
                if u64::from(other_low) > next {
                    result.push_range(clamp(next), other_low - 1);
                }
                next = next.max(u64::from(other_high) + 1);
                if other_high > high {
                    break;
                }
                others.next();
            }
            if next <= u64::from(high) {
                result.push_range(clamp(next), high);
            }
        }
        result
    }

    /// Appends a range whose lower end is not below any range of the set.
    fn push_range(&mut self, low: u32, high: u32) {
        match self.ranges.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => self.ranges.push((low, high)),
        }
    }
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = Self::new();
        let mut late = Vec::new();
        for uid in uids {
            match set.ranges.last() {
                Some(&(low, _)) if low > uid.get() => late.push((uid, uid)),
                _ => set.push_range(uid.get(), uid.get()),
            }
        }
        if late.is_empty() {
            set
        } else {
            set.union(&Self::from_ranges(late))
        }
    }
}

/// Prints the set as the protocol writes it: `1:3,7`. The empty set prints as nothing, which the
/// grammar does not have.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, &(low, high)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if low == high {
                write!(f, "{comma}{low}")?;
            } else {
                write!(f, "{comma}{low}:{high}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::UidSet;
    use crate::Uid;

    fn set(numbers: &[u32]) -> UidSet {
        numbers
            .iter()
            .filter_map(|&number| Uid::new(number))
            .collect()
    }

    #[test]
    fn neighbours_become_ranges() {
        assert_eq!(set(&[3, 1, 2, 7, 9, 8, 8]).to_string(), "1:3,7:9");
        assert_eq!(
            UidSet::from_ranges([(Uid::MAX, Uid::MIN)]).to_string(),
            "1:4294967295"
        );
    }

    #[test]
    fn operations_agree_with_a_naive_set() {
        // A small linear congruential generator: the same cases in every run.
        let mut seed = 7_u64;
        let mut random = move |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..2000 {
            let mut pick = || -> Vec<u32> {
                (0..random(12))
                    .map(|_| u32::try_from(random(20)).unwrap() + 1)
                    .collect()
            };
            let (a, b) = (pick(), pick());
            let (naive_a, naive_b): (BTreeSet<_>, BTreeSet<_>) =
                (a.iter().copied().collect(), b.iter().copied().collect());
            let (set_a, set_b) = (set(&a), set(&b));
            let numbers = |set: &UidSet| set.iter().map(Uid::get).collect::<Vec<_>>();
            assert_eq!(numbers(&set_a), naive_a.iter().copied().collect::<Vec<_>>());
            assert_eq!(
                numbers(&set_a.union(&set_b)),
                naive_a.union(&naive_b).copied().collect::<Vec<_>>()
            );
            assert_eq!(
                numbers(&set_a.intersection(&set_b)),
                naive_a.intersection(&naive_b).copied().collect::<Vec<_>>()
            );
            assert_eq!(
                numbers(&set_a.difference(&set_b)),
                naive_a.difference(&naive_b).copied().collect::<Vec<_>>()
            );
            assert_eq!(set_a.len(), u64::try_from(naive_a.len()).unwrap());
            for number in 1..=21 {
                assert_eq!(
                    set_a.contains(Uid::new(number).unwrap()),
                    naive_a.contains(&number)
                );
            }
            for count in 0..=naive_a.len() + 1 {
                let above = naive_a.len().saturating_sub(count);
                assert_eq!(
                    numbers(&set_a.newest(u64::try_from(count).unwrap())),
                    naive_a.iter().copied().skip(above).collect::<Vec<_>>()
                );
            }
            let mut grown = set_a.clone();
            for &number in &b {
                grown.insert(Uid::new(number).unwrap());
            }
            assert_eq!(grown, set_a.union(&set_b));
        }
    }
}
