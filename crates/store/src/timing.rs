//! How long things took, counted by upper bounds. No clock: whoever notes something has measured it.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the durations that are counted apart, in microseconds: from 100 µs to 26 s, each four times the one
/// before. What took longer counts in the last bucket.
pub const DURATION_BUCKETS_MICROS: [u64; 10] = [
    100, 400, 1_600, 6_400, 25_600, 102_400, 409_600, 1_638_400, 6_553_600, 26_214_400,
];

const BUCKETS: usize = DURATION_BUCKETS_MICROS.len() + 1;

/// Durations that are being counted.
#[derive(Debug, Default)]
pub struct Durations {
    counts: [AtomicU64; BUCKETS],
    sum_micros: AtomicU64,
}

/// What was counted until some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DurationCounts {
    /// One for each of [`DURATION_BUCKETS_MICROS`], and one for what took longer.
    pub counts: [u64; BUCKETS],
    /// All durations together.
    pub sum_micros: u64,
}

impl Durations {
    /// Counts one that took so long.
    pub fn note(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = DURATION_BUCKETS_MICROS.partition_point(|&bound| bound < micros);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted until now.
    #[must_use]
    pub fn read(&self) -> DurationCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        DurationCounts {
            counts: array::from_fn(|bucket| self.counts.get(bucket).map_or(0, read)),
            sum_micros: read(&self.sum_micros),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let durations = Durations::default();
        for micros in [0, 100, 101, 30_000_000] {
            durations.note(Duration::from_micros(micros));
        }
        let read = durations.read();
        assert_eq!(read.counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(read.sum_micros, 30_000_201);
    }
}
