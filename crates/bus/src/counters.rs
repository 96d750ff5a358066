//! How well the bus does, for whoever watches over it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of wake-ups since the node started. Cheap to add to from anywhere.
#[derive(Debug, Default)]
pub struct Counters {
    sent: AtomicU64,
    received: AtomicU64,
    missed: AtomicU64,
}

/// [`Counters`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Wake-ups that left this node, after merging.
    pub sent: u64,
    /// Wake-ups that reached this node, its own among them.
    pub received: u64,
    /// News that the safety comparison found and no wake-up had told.
    pub missed: u64,
}

impl Counters {
    /// All zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        }
    }

    /// `wakeups` left this node.
    pub fn add_sent(&self, wakeups: u64) {
        self.sent.fetch_add(wakeups, Ordering::Relaxed);
    }

    /// `wakeups` reached this node.
    pub fn add_received(&self, wakeups: u64) {
        self.received.fetch_add(wakeups, Ordering::Relaxed);
    }

    /// A comparison of counters found `mailboxes` with news that no wake-up had told.
    pub fn add_missed(&self, mailboxes: u64) {
        self.missed.fetch_add(mailboxes, Ordering::Relaxed);
    }

    /// The counts now; each is exact, together they may be a moment apart.
    #[must_use]
    pub fn read(&self) -> Counted {
        Counted {
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            missed: self.missed.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, Counters};

    #[test]
    fn each_count_is_its_own() {
        let counters = Counters::new();
        counters.add_sent(3);
        counters.add_sent(4);
        counters.add_received(2);
        counters.add_missed(1);
        assert_eq!(
            counters.read(),
            Counted {
                sent: 7,
                received: 2,
                missed: 1
            }
        );
    }
}
