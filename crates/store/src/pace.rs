//! How fast what is done in the background goes: part by part, each of so many rows as take a moment, with pauses.

use std::time::Duration;

use crate::Store;
use crate::background::{Clock, Sleep};

/// Rows of the first part, before it is known how long one takes; and the most and the fewest.
const ROWS_FIRST: u32 = 100;
const ROWS_MAX: u32 = 1000;
const ROWS_MIN: u32 = 10;
/// A part that takes longer is followed by smaller ones, one that takes less than half of it by larger ones.
const PART_TIME: Duration = Duration::from_millis(100);
/// How many times as long as a part took nothing is done after it: a quarter of the time is worked.
const PAUSE_TIMES: u32 = 3;

/// The pace of one job.
pub(crate) struct Pace {
    clock: Clock,
    sleep: Sleep,
    rows: u32,
    begun: Duration,
}

impl Pace {
    pub(crate) fn new(store: &Store) -> Self {
        let background = &store.inner().background;
        Self {
            clock: background.clock.clone(),
            sleep: background.sleep.clone(),
            rows: ROWS_FIRST,
            begun: (background.clock)(),
        }
    }

    /// How many rows the next part may have.
    pub(crate) const fn rows(&self) -> u32 {
        self.rows
    }

    /// Ends a part: rests, and judges by how long it took how large the next may be.
    pub(crate) async fn rest(&mut self) {
        let took = (self.clock)().saturating_sub(self.begun);
        self.rows = next_rows(self.rows, took);
        (self.sleep)(took * PAUSE_TIMES).await;
        self.begun = (self.clock)();
    }
}

fn next_rows(rows: u32, took: Duration) -> u32 {
    let next = if took > PART_TIME {
        rows / 2
    } else if took < PART_TIME / 2 {
        rows * 2
    } else {
        rows
    };
    next.clamp(ROWS_MIN, ROWS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_large_as_their_time_allows() {
        let millis = Duration::from_millis;
        for (rows, took, next) in [
            (100, millis(5), 200),
            (800, millis(5), ROWS_MAX),
            (100, millis(70), 100),
            (100, millis(400), 50),
            (12, millis(9000), ROWS_MIN),
        ] {
            assert_eq!(next_rows(rows, took), next, "{rows} rows in {took:?}");
        }
    }
}
