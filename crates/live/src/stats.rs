//! Counters about the open mailboxes, for operators.

use std::sync::atomic::{AtomicU64, Ordering};

use store::Durations;

/// Counts since the node started, read by whoever publishes metrics.
#[derive(Debug, Default)]
pub struct Stats {
    /// Deltas read.
    pub deltas: AtomicU64,
    /// Commits of this node that were taken into states without being read.
    pub commits_taken: AtomicU64,
    /// Reads of mailboxes that are watched and not open, however many at once.
    pub summaries: AtomicU64,
    /// Panics while a mailbox's news were read.
    pub panics: AtomicU64,
    /// Whole images read.
    pub images: AtomicU64,
    /// Wake-ups that came over the bus.
    pub wakeups_received: AtomicU64,
    /// From hearing a wake-up until the sessions that have the mailbox open see its news.
    pub told: Durations,
    /// Changes that only the safety comparison found.
    pub wakeups_missed: AtomicU64,
    /// Untagged responses that were encoded.
    pub responses_encoded: AtomicU64,
    /// Untagged responses that another watcher had already encoded.
    pub responses_shared: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
