//! Failures by key, in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Counts failures by key. A key is forgotten some time after its last failure, or when others need
/// its place and it is the one that failed longest ago.
#[derive(Debug)]
pub(crate) struct Ledger<K> {
    accounts: HashMap<K, Failures>,
    /// Every key once. An instant may be out of date; it is checked when the key gets to the front.
    oldest_first: VecDeque<(Instant, K)>,
    capacity: usize,
    forget_after: Duration,
}

/// What is known of one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failures {
    /// How many failures there were since the last success.
    pub(crate) count: u32,
    /// When the last failure was.
    pub(crate) last: Instant,
}

impl<K: Clone + Eq + Hash> Ledger<K> {
    pub(crate) fn new(capacity: usize, forget_after: Duration) -> Self {
        Self {
            accounts: HashMap::new(),
            oldest_first: VecDeque::new(),
            capacity,
            forget_after,
        }
    }

    pub(crate) fn find(&self, key: &K, now: Instant) -> Option<Failures> {
        self.accounts
            .get(key)
            .copied()
            .filter(|failures| now < failures.last + self.forget_after)
    }

    pub(crate) fn add(&mut self, key: K, now: Instant) {
        self.drop_forgotten(now);
        if let Some(failures) = self.accounts.get_mut(&key) {
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
            return;
        }
        if self.accounts.len() >= self.capacity {
            self.drop_oldest();
        }
        self.oldest_first.push_back((now, key.clone()));
        self.accounts.insert(
            key,
            Failures {
                count: 1,
                last: now,
            },
        );
    }

    /// Removes up to `count` failures of `key`.
    pub(crate) fn forgive(&mut self, key: &K, count: u32) {
        if let Some(failures) = self.accounts.get_mut(key) {
            failures.count = failures.count.saturating_sub(count);
        }
    }

    fn drop_forgotten(&mut self, now: Instant) {
        while let Some(&(noted, _)) = self.oldest_first.front()
            && noted + self.forget_after <= now
        {
            self.drop_front();
        }
    }

    fn drop_oldest(&mut self) {
        // It ends: a key that was postponed has its latest instant, and is dropped the next time.
        while self.drop_front() == Dropped::Postponed {}
    }

    /// Drops the front key. A key that has failed again goes to the end of the queue instead; each
    /// such move was paid for by a failure.
    fn drop_front(&mut self) -> Dropped {
        let Some((noted, key)) = self.oldest_first.pop_front() else {
            return Dropped::Gone;
        };
        match self.accounts.get(&key) {
            Some(failures) if failures.last > noted => {
                self.oldest_first.push_back((failures.last, key));
                Dropped::Postponed
            }
            Some(_) | None => {
                self.accounts.remove(&key);
                Dropped::Gone
            }
        }
    }
}

#[derive(PartialEq)]
enum Dropped {
    Gone,
    Postponed,
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need some instant to start from"
)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Ledger;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_failed_longest_ago_makes_room() {
        let start = Instant::now();
        let mut ledger = Ledger::new(3, SECOND * 1000);
        for (second, key) in (0..).zip(["a", "b", "c", "a", "d", "e"]) {
            ledger.add(key, start + SECOND * second);
        }
        let count = |key| ledger.find(&key, start).map(|failures| failures.count);
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(count),
            [Some(2), None, None, Some(1), Some(1)]
        );
    }

    #[test]
    fn a_flood_of_keys_stays_in_bounds() {
        let start = Instant::now();
        let mut ledger = Ledger::new(100, SECOND * 50);
        for number in 0..10_000_u32 {
            let now = start + SECOND * (number / 7);
            ledger.add(number, now);
            ledger.add(number / 2, now);
            assert!(ledger.accounts.len() <= 100);
            assert_eq!(ledger.accounts.len(), ledger.oldest_first.len());
        }
    }

    #[test]
    fn failures_are_forgotten_some_time_after_the_last() {
        let start = Instant::now();
        let mut ledger = Ledger::new(10, SECOND * 10);
        ledger.add("a", start);
        ledger.add("a", start + SECOND * 8);
        assert_eq!(ledger.find(&"a", start + SECOND * 17).unwrap().count, 2);
        assert!(ledger.find(&"a", start + SECOND * 18).is_none());
        // A forgotten key is counted from one again, and its old failures are not kept.
        ledger.add("b", start + SECOND * 30);
        assert_eq!(ledger.accounts.len(), 1);
        ledger.add("a", start + SECOND * 30);
        assert_eq!(ledger.find(&"a", start + SECOND * 30).unwrap().count, 1);
    }

    #[test]
    fn forgiving_goes_down_to_none() {
        let start = Instant::now();
        let mut ledger = Ledger::new(10, SECOND);
        ledger.add("a", start);
        ledger.add("a", start);
        ledger.forgive(&"a", 1);
        assert_eq!(ledger.find(&"a", start).unwrap().count, 1);
        ledger.forgive(&"a", 5);
        assert_eq!(ledger.find(&"a", start).unwrap().count, 0);
        ledger.forgive(&"nobody", 5);
    }
}
