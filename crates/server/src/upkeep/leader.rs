//! Which frontend does what is done for the whole database: one, for as long as it says so again and again
//! (docs/adr/0092-one-frontend-keeps-house.md).

use std::sync::Arc;
use std::time::Duration;

use store::{Fault, NodeRun, Store};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tracing::{info, warn};

use super::Upkeep;
use crate::failures::Failures;

/// The pause between two times that the leader says that it is there, and that others look whether it is.
const LEAD_PAUSE: Duration = Duration::from_secs(10);
/// For how long a leader is believed that says nothing. Another one takes over within this and a pause.
const LEASE: Duration = Duration::from_secs(30);
/// What fails again and again is said at first and about each ten minutes.
const FAILURES_PER_WARNING: u32 = 60;

/// Whether this frontend is the one.
#[derive(Debug)]
pub(crate) struct Leadership {
    run: NodeRun,
    /// Until when, by this machine's own clock.
    until: watch::Sender<Option<Instant>>,
}

impl Leadership {
    pub(crate) fn new(run: NodeRun) -> Arc<Self> {
        Arc::new(Self {
            run,
            until: watch::Sender::new(None),
        })
    }

    /// How this frontend is called.
    pub(super) fn node(&self) -> &str {
        &self.run.name
    }

    /// Claims it again and again, without end, and reads how the jobs go, whoever does them.
    pub(super) async fn follow(self: Arc<Self>, store: Store, upkeep: Arc<Upkeep>) {
        let mut ticks = interval(LEAD_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = Failures::default();
        loop {
            ticks.tick().await;
            // A connection that hangs holds up nobody else: what it was asked is given up.
            match timeout_at(Instant::now() + LEASE, self.look(&store, &upkeep)).await {
                Ok(Ok(())) => drop(failures.end()),
                Ok(Err(cause)) if failures.add(FAILURES_PER_WARNING) => {
                    warn!(%cause, "could not see which frontend does what is done for all");
                }
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    async fn look(&self, store: &Store, upkeep: &Upkeep) -> Result<(), Fault> {
        // From before the question, so that it ends here no later than in the database.
        let asked_at = Instant::now();
        let leads = store.lead_upkeep(&self.run, LEASE).await?;
        self.note(leads.then(|| asked_at + LEASE));
        upkeep.read(store).await
    }

    fn note(&self, until: Option<Instant>) {
        let before = self.until.send_replace(until);
        if before.is_some() != until.is_some() {
            info!(
                leads = until.is_some(),
                "what is done in the background for all frontends changes hands"
            );
        }
    }

    /// Returns once this frontend is the one.
    pub(super) async fn gained(&self) {
        let is_held = |until: &Option<Instant>| until.is_some_and(|until| until > Instant::now());
        // It cannot be closed: the sender is ours.
        drop(self.until.subscribe().wait_for(is_held).await);
    }

    /// Returns once it is no longer.
    pub(super) async fn lost(&self) {
        let mut until = self.until.subscribe();
        loop {
            let Some(end) = *until.borrow_and_update() else {
                return;
            };
            if timeout_at(end, until.changed()).await.is_err() {
                return;
            }
        }
    }

    /// Lets another frontend be the one at once: this one stops.
    pub(crate) async fn leave(&self, store: &Store) {
        self.until.send_replace(None);
        if let Err(cause) = store.leave_upkeep(&self.run).await {
            warn!(%cause, "could not give up what is done for all; another frontend does it within a minute");
        }
    }
}
