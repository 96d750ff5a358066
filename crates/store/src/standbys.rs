//! Standbys, from which contents are read: these never change, so it does not matter how late a standby is. What it lacks is read
//! from the primary (docs/adr/0091-contents-from-standbys.md).

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use crate::Cause;
use crate::pool::Pool;
use crate::whereabouts::Whereabouts;

/// After a failure nobody asks a standby for so long.
const REST: Duration = Duration::from_secs(2);
/// The way to standbys, where there is one.
pub(crate) struct Standbys {
    pool: Pool,
    whereabouts: Arc<Whereabouts>,
    state: Mutex<State>,
    /// Contents that a standby gave, and those that the primary was asked for all the same.
    pub(crate) given: AtomicU64,
    pub(crate) missed: AtomicU64,
}

/// What is known of them.
#[derive(Debug)]
enum State {
    Unknown,
    Used,
    /// Nobody asks until then.
    Rests(Duration),
}

impl Standbys {
    pub(crate) fn new(pool: Pool, whereabouts: Arc<Whereabouts>) -> Self {
        Self {
            pool,
            whereabouts,
            state: Mutex::new(State::Unknown),
            given: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }

    pub(crate) fn rests(&self, now: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*state, State::Rests(until) if now < until)
    }

    pub(crate) fn become_used(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::Used) {
            info!("contents are read from a standby");
        }
        *state = State::Used;
    }

    pub(crate) fn rest(&self, now: Duration, cause: &Cause) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::Rests(_)) {
            warn!(%cause, "contents are read from the primary: no standby can be used");
        }
        *state = State::Rests(now + REST);
    }
}
