//! The results of one search and how they change, as ADDTO and REMOVEFROM tell it. Pure.

use mail::{Uid, UidSet};

/// What a search has found, in the order that was asked for.
#[derive(Debug)]
pub(crate) struct Results {
    members: UidSet,
    /// `None` for the order of the mailbox.
    order: Option<Vec<Uid>>,
}

/// Results that come or go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Of the first of them, from one; zero for wherever the order of the mailbox has them (RFC 5267, 4.3.2).
    pub(crate) position: usize,
    pub(crate) uids: Vec<Uid>,
}

impl Results {
    /// In the order of the mailbox.
    pub(crate) fn of_mailbox(members: UidSet) -> Self {
        Self {
            members,
            order: None,
        }
    }

    /// In an order of their own.
    pub(crate) fn in_order(order: Vec<Uid>) -> Self {
        Self {
            members: order.iter().copied().collect(),
            order: Some(order),
        }
    }

    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.members.len()).unwrap_or(usize::MAX)
    }

    pub(crate) fn members(&self) -> &UidSet {
        &self.members
    }

    /// `None` where the order is that of the mailbox.
    pub(crate) fn order(&self) -> Option<&[Uid]> {
        self.order.as_deref()
    }

    /// Takes out those of `uids` that are in. Each run is told when those before it are out.
    pub(crate) fn remove(&mut self, uids: &UidSet) -> Vec<Run> {
        let gone = self.members.intersection(uids);
        if gone.is_empty() {
            return Vec::new();
        }
        self.members = self.members.difference(&gone);
        let Some(order) = &mut self.order else {
            return vec![Run::anywhere(&gone)];
        };
        let mut runs: Vec<Run> = Vec::new();
        let mut left = Vec::with_capacity(order.len());
        for &uid in order.iter() {
            if !gone.contains(uid) {
                left.push(uid);
                continue;
            }
            let position = left.len() + 1;
            match runs.last_mut() {
                Some(run) if run.position == position => run.uids.push(uid),
                _ => runs.push(Run {
                    position,
                    uids: vec![uid],
                }),
            }
        }
        *order = left;
        runs
    }

    /// Puts in `uids`, none of which is in, where the order is that of the mailbox.
    pub(crate) fn add(&mut self, uids: &UidSet) -> Vec<Run> {
        if uids.is_empty() {
            return Vec::new();
        }
        self.members = self.members.union(uids);
        vec![Run::anywhere(uids)]
    }

    /// Puts in results, none of which is in, each before the one that is now at its place, from zero; places
    /// ascend. Each run is told when those before it are in.
    pub(crate) fn insert(&mut self, places: &[(usize, Uid)]) -> Vec<Run> {
        let added: UidSet = places.iter().map(|&(_, uid)| uid).collect();
        self.members = self.members.union(&added);
        let before = std::mem::take(self.order.get_or_insert_default());
        let mut order = Vec::with_capacity(before.len() + places.len());
        let mut runs = Vec::new();
        let mut taken = 0;
        for run in places.chunk_by(|one, other| one.0 == other.0) {
            let place = run.first().map_or(taken, |&(place, _)| place);
            order.extend_from_slice(before.get(taken..place).unwrap_or_default());
            taken = place;
            let position = order.len() + 1;
            let uids: Vec<Uid> = run.iter().map(|&(_, uid)| uid).collect();
            order.extend_from_slice(&uids);
            runs.push(Run { position, uids });
        }
        order.extend_from_slice(before.get(taken..).unwrap_or_default());
        self.order = Some(order);
        runs
    }
}

impl Run {
    fn anywhere(uids: &UidSet) -> Self {
        Self {
            position: 0,
            uids: uids.iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use mail::{Uid, UidSet};

    use super::{Results, Run};

    fn uids(numbers: &[u32]) -> Vec<Uid> {
        numbers.iter().map(|&n| Uid::new(n).unwrap()).collect()
    }

    fn run(position: usize, numbers: &[u32]) -> Run {
        Run {
            position,
            uids: uids(numbers),
        }
    }

    #[test]
    fn what_is_removed_has_the_position_that_it_has_by_then() {
        for (gone, runs, left) in [
            (&[9][..], vec![run(1, &[9])], &[7, 8, 3, 2][..]),
            (&[7, 8], vec![run(2, &[7, 8])], &[9, 3, 2]),
            (
                &[9, 8, 2],
                vec![run(1, &[9]), run(2, &[8]), run(3, &[2])],
                &[7, 3],
            ),
            (&[1, 4], vec![], &[9, 7, 8, 3, 2]),
        ] {
            let mut results = Results::in_order(uids(&[9, 7, 8, 3, 2]));
            let gone: UidSet = uids(gone).into_iter().collect();
            assert_eq!(results.remove(&gone), runs);
            assert_eq!(results.order(), Some(&uids(left)[..]));
            assert_eq!(results.len(), left.len());
        }
    }

    #[test]
    fn what_is_added_has_the_position_that_it_gets() {
        for (places, runs, after) in [
            (
                &[(0, 1), (0, 4)][..],
                vec![run(1, &[1, 4])],
                &[1, 4, 9, 7][..],
            ),
            (&[(2, 1)], vec![run(3, &[1])], &[9, 7, 1]),
            (
                &[(0, 1), (1, 4), (1, 2), (2, 3)],
                vec![run(1, &[1]), run(3, &[4, 2]), run(6, &[3])],
                &[1, 9, 4, 2, 7, 3],
            ),
        ] {
            let mut results = Results::in_order(uids(&[9, 7]));
            let places: Vec<(usize, Uid)> = places
                .iter()
                .map(|&(place, uid)| (place, Uid::new(uid).unwrap()))
                .collect();
            assert_eq!(results.insert(&places), runs);
            assert_eq!(results.order(), Some(&uids(after)[..]));
        }
    }

    #[test]
    fn in_the_order_of_the_mailbox_the_position_is_zero() {
        let set = |numbers: &[u32]| uids(numbers).into_iter().collect::<UidSet>();
        let mut results = Results::of_mailbox(set(&[1, 2, 5]));
        assert_eq!(results.add(&set(&[3, 9])), [run(0, &[3, 9])]);
        assert_eq!(results.remove(&set(&[2, 5, 7])), [run(0, &[2, 5])]);
        assert_eq!(*results.members(), set(&[1, 3, 9]));
        assert_eq!(results.add(&set(&[])), []);
    }
}
