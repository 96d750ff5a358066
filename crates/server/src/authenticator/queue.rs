//! Where logins wait until their password can be checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::environment;
use crate::metrics::Metrics;

/// How long a login waits before it is refused with UNAVAILABLE.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// So many passwords are checked at a time, and so many logins may wait for that.
pub(super) struct Queue {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
    metrics: Arc<Metrics>,
}

impl Queue {
    pub(super) fn new(places: usize, waiting_max: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            waiting: AtomicUsize::new(0),
            waiting_max,
            metrics,
        }
    }

    /// Waits for a turn; `None` when too many wait already, or it takes too long.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let waiting = Waiting::join(&self.waiting, self.waiting_max, &self.metrics)?;
        let begun = environment::now();
        let turn = timeout(TURN_TIMEOUT, Arc::clone(&self.places).acquire_owned()).await;
        drop(waiting);
        self.metrics.note_login_wait(environment::now() - begun);
        turn.ok()?.ok()
    }
}

/// A place among those who wait, which is given back when this is dropped.
struct Waiting<'a>(&'a AtomicUsize, &'a Metrics);

impl<'a> Waiting<'a> {
    fn join(queue: &'a AtomicUsize, length_max: usize, metrics: &'a Metrics) -> Option<Self> {
        if queue.fetch_add(1, Ordering::Relaxed) < length_max {
            metrics.count_waiting_login(1);
            return Some(Self(queue, metrics));
        }
        queue.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        self.1.count_waiting_login(-1);
    }
}
