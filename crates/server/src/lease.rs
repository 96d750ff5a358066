//! This node's lease: for as long as it holds, whoever withdraws a right or a login asks this node first.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use live::{Live, NodeLease};
use store::{Fault, LEASE_LENGTH, Store};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tracing::{info, warn};

use crate::failures::Failures;

/// The pause between two prolongations: one may fail before the lease runs out.
const PROLONG_PAUSE: Duration = Duration::from_secs(1);
/// An answer that takes longer may never come.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// What fails again and again is said at first and about each minute.
const FAILURES_PER_WARNING: u32 = 60;
/// What the lease is shorter here than in the database, as two clocks do not go alike.
const MARGIN: Duration = Duration::from_millis(100);

/// Until when the lease holds, by this machine's own clock.
#[derive(Debug)]
pub(crate) struct Lease {
    node: i64,
    began: Instant,
    /// Milliseconds since `began`; zero: it does not hold.
    until: AtomicU64,
}

impl Lease {
    pub(crate) fn new(node: i64) -> Arc<Self> {
        Arc::new(Self {
            node,
            began: Instant::now(),
            until: AtomicU64::new(0),
        })
    }

    /// Whether it holds now. After a pause of the whole process, too, it is the clock that says so.
    fn is_held(&self) -> bool {
        self.millis(Instant::now()) < self.until.load(Ordering::Acquire)
    }

    /// What the open mailboxes go by.
    pub(crate) fn for_live(self: &Arc<Self>) -> NodeLease {
        let lease = Arc::clone(self);
        NodeLease {
            node: self.node,
            is_held: Arc::new(move || lease.is_held()),
        }
    }

    /// Prolongs it, without end.
    pub(crate) async fn keep(self: Arc<Self>, store: Store, live: Arc<Live>) {
        let mut ticks = interval(PROLONG_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = Failures::default();
        loop {
            ticks.tick().await;
            match self.prolong_watchfully(&store, &live).await {
                Err(cause) if failures.add(FAILURES_PER_WARNING) => {
                    warn!(%cause, "could not prolong the lease of this node; it compares itself with the database meanwhile");
                }
                Err(_) => {}
                Ok(()) => {
                    if let Some(failures) = failures.end() {
                        info!(failures, "the lease of this node is prolonged again");
                    }
                }
            }
        }
    }

    /// Ends it, when nobody is served any more.
    pub(crate) async fn end(&self, store: &Store) {
        self.until.store(0, Ordering::Release);
        if let Err(cause) = store.end_lease(self.node).await {
            warn!(%cause, "could not end the lease of this node; withdrawals wait until it has run out");
        }
    }

    /// Where no answer comes for long, the database is asked by a connection of its own: if another PostgreSQL is there by
    /// now, nobody goes on waiting for the one of before.
    async fn prolong_watchfully(&self, store: &Store, live: &Live) -> Result<(), Fault> {
        let mut prolonging = pin!(self.prolong(store, live));
        loop {
            if let Ok(done) = timeout(ANSWER_TIMEOUT, prolonging.as_mut()).await {
                return done;
            }
            drop(timeout(ANSWER_TIMEOUT, store.probe()).await);
        }
    }

    async fn prolong(&self, store: &Store, live: &Live) -> Result<(), Fault> {
        // From before the question, so that it ends here no later than in the database.
        let asked_at = Instant::now();
        if !store.prolong_lease(self.node).await? {
            self.until.store(0, Ordering::Release);
            store.begin_lease(self.node).await?;
            // What was withdrawn before it began nobody has asked about.
            live.compare().await?;
        }
        let until = self.millis(asked_at + LEASE_LENGTH - MARGIN);
        self.until.store(until, Ordering::Release);
        Ok(())
    }

    fn millis(&self, moment: Instant) -> u64 {
        let millis = moment.saturating_duration_since(self.began).as_millis();
        u64::try_from(millis).unwrap_or(u64::MAX)
    }
}
