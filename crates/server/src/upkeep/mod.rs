//! The background tasks of a frontend: listening for wake-ups, comparing, reporting, deleting what is old.

mod jobs;
mod leader;
mod letters;
mod people;
mod survey;
mod work;

use std::sync::Arc;
use std::time::Duration;

use live::Live;
use store::{Fault, Store};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use crate::config::Config;
use crate::environment;
use crate::failures::Failures;
use crate::panics::Panics;
use crate::registry::Registry;
pub(crate) use jobs::{Job, JobRecord, JobRecords, SYNC_PAUSE_MAX};
pub(crate) use leader::Leadership;
pub(crate) use letters::LetterWriter;
pub(crate) use people::follow as follow_people;
pub(crate) use survey::Survey;
pub(crate) use work::{Ages, perform};

/// The pause between two tries to listen for wake-ups.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// The pause between two comparisons while the database does not answer.
const COMPARE_PAUSE: Duration = Duration::from_millis(500);
/// What fails again and again is said at first and about each minute.
const COMPARE_FAILURES_PER_WARNING: u32 = 120;

/// The pause between two looks for access tokens that have expired.
const EXPIRY_PAUSE: Duration = Duration::from_millis(500);

/// What is to be seen of the background tasks.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) records: JobRecords,
    pub(crate) survey: Survey,
}

impl Upkeep {
    pub(crate) fn new(has_directory: bool) -> Arc<Self> {
        Arc::new(Self {
            records: JobRecords::new(has_directory),
            survey: Survey::default(),
        })
    }

    /// Takes over how the jobs go that one frontend does for all, and what it has seen.
    async fn read(&self, store: &Store) -> Result<(), Fault> {
        self.records.note_site(&store.upkeep_jobs().await?);
        self.survey.note_site(store.survey().await?);
        Ok(())
    }
}

/// Starts all background tasks; they end when the set is dropped, and one that panics is begun again.
pub(crate) fn start(
    config: &Config,
    store: &Store,
    live: &Arc<Live>,
    registry: &Arc<Registry>,
    upkeep: &Arc<Upkeep>,
    leadership: &Arc<Leadership>,
    panics: &Arc<Panics>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let followed = Arc::clone(live);
    tasks.spawn(Arc::clone(panics).keep_running(move || follow(Arc::clone(&followed))));
    let (compared, every) = (Arc::clone(live), config.database.safety_poll);
    tasks.spawn(Arc::clone(panics).keep_running(move || compare(Arc::clone(&compared), every)));
    let expiring = Arc::clone(live);
    tasks.spawn(Arc::clone(panics).keep_running(move || end_expired(Arc::clone(&expiring))));
    let (registry, reported, ordered) = (Arc::clone(registry), store.clone(), Arc::clone(live));
    tasks.spawn(Arc::clone(panics).keep_running(move || {
        Arc::clone(&registry).follow(reported.clone(), Arc::clone(&ordered))
    }));
    let (led, leading, seen) = (store.clone(), Arc::clone(leadership), Arc::clone(upkeep));
    tasks.spawn(
        Arc::clone(panics)
            .keep_running(move || Arc::clone(&leading).follow(led.clone(), Arc::clone(&seen))),
    );
    let ages = Ages::from(config);
    for jobs in [&Job::KEEPING[..], &Job::BOUNDS[..]] {
        let (worked, leading, seen) = (store.clone(), Arc::clone(leadership), Arc::clone(upkeep));
        tasks.spawn(Arc::clone(panics).keep_running(move || {
            let (leading, seen) = (Arc::clone(&leading), Arc::clone(&seen));
            work::follow(jobs, ages, worked.clone(), leading, seen)
        }));
    }
    let (replicated, seen) = (store.clone(), Arc::clone(upkeep));
    tasks.spawn(Arc::clone(panics).keep_running(move || {
        let (store, upkeep) = (replicated.clone(), Arc::clone(&seen));
        async move {
            upkeep
                .survey
                .follow_replication(&store, &upkeep.records)
                .await;
        }
    }));
    tasks
}

/// Listens for wake-ups, and begins again when the connection breaks.
async fn follow(live: Arc<Live>) {
    loop {
        match Arc::clone(&live).follow().await {
            Ok(()) => return,
            Err(cause) => warn!(%cause, "cannot listen for wake-ups; polling meanwhile"),
        }
        sleep(FOLLOW_PAUSE).await;
    }
}

/// The safety net under lost wake-ups: compares regularly, and whenever something may have been missed.
async fn compare(live: Arc<Live>, every: Duration) {
    let mut failures = Failures::default();
    loop {
        // After an outage each pooled connection fails once, so the first tries may fail.
        while let Err(cause) = live.compare().await {
            if failures.add(COMPARE_FAILURES_PER_WARNING) {
                warn!(%cause, "could not compare open mailboxes with the database");
            }
            sleep(COMPARE_PAUSE).await;
        }
        failures.end();
        // Either is a reason to compare.
        let _wanted_or_elapsed = timeout(every, live.compare_wanted()).await;
    }
}

/// Ends the sessions of access tokens whose time is up. Asks the database only then.
async fn end_expired(live: Arc<Live>) {
    let mut ticks = interval(EXPIRY_PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let ended = live
            .login_registry()
            .end_expired(environment::unix_seconds());
        if let Err(cause) = ended.await {
            // The next comparison finds them, too.
            warn!(%cause, "could not read which access tokens have expired");
        }
    }
}
