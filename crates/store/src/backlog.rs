//! How much waits to be written, and for how long it has.

use std::time::Duration;

/// Writes that wait for their answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) writes: usize,
    /// When the oldest of them came.
    pub(crate) since: Option<Duration>,
}

impl Backlog {
    /// What is in either.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            writes: self.writes + other.writes,
            since: [self.since, other.since].into_iter().flatten().min(),
        }
    }
}
