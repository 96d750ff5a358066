//! The background tasks of a frontend: listening for wake-ups, comparing, reporting, deleting what is old.

mod jobs;
mod survey;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use live::Live;
use mail::limits::CHANGES_PER_MAILBOX_MAX;
use store::Store;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use crate::config::Config;
use crate::environment;
use crate::panics::Panics;
use crate::registry::Registry;
use jobs::{BOUNDS_PAUSE, KEEPING_PAUSE};
pub(crate) use jobs::{Job, JobRecord, JobRecords};
pub(crate) use survey::Survey;

/// The pause between two tries to listen for wake-ups.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// The pause between two comparisons while the database does not answer.
const COMPARE_PAUSE: Duration = Duration::from_millis(500);

/// The pause between two looks for access tokens that have expired.
const EXPIRY_PAUSE: Duration = Duration::from_millis(500);

/// How long removed messages are kept even so, for sessions that were not told yet.
const REMOVED_GRACE: Duration = Duration::from_secs(5 * 60);

/// What is to be seen of the background tasks.
#[derive(Debug)]
pub(crate) struct Upkeep {
    pub(crate) records: JobRecords,
    pub(crate) survey: Survey,
}

impl Upkeep {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            records: JobRecords::new(),
            survey: Survey::default(),
        })
    }
}

/// Starts all background tasks; they end when the set is dropped, and one that panics is begun again.
pub(crate) fn start(
    config: &Config,
    store: &Store,
    live: &Arc<Live>,
    registry: &Arc<Registry>,
    upkeep: &Arc<Upkeep>,
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
    let ages = Ages::from(config);
    let mut repeat = |work: fn(Store, Arc<Upkeep>, Ages) -> BoxFuture<'static, ()>| {
        let (store, upkeep) = (store.clone(), Arc::clone(upkeep));
        let begin = move || work(store.clone(), Arc::clone(&upkeep), ages);
        tasks.spawn(Arc::clone(panics).keep_running(begin));
    };
    repeat(|store, upkeep, ages| keep(store, upkeep, ages).boxed());
    repeat(|store, upkeep, _| keep_within_bounds(store, upkeep).boxed());
    repeat(|store, upkeep, _| {
        async move {
            upkeep.survey.follow_storage(&store, &upkeep.records).await;
        }
        .boxed()
    });
    repeat(|store, upkeep, _| {
        async move {
            upkeep
                .survey
                .follow_replication(&store, &upkeep.records)
                .await;
        }
        .boxed()
    });
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
    loop {
        // After an outage each pooled connection fails once, so the first tries may fail.
        while let Err(cause) = live.compare().await {
            warn!(%cause, "could not compare open mailboxes with the database");
            sleep(COMPARE_PAUSE).await;
        }
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

/// The ages after which things may be deleted.
#[derive(Clone, Copy)]
struct Ages {
    activity: Duration,
    content: Duration,
    changes: Duration,
}

impl From<&Config> for Ages {
    fn from(config: &Config) -> Self {
        Self {
            activity: config.activity_keep,
            content: config.database.content_keep,
            changes: config.database.changes_keep,
        }
    }
}

/// Deletes what is old enough. Every node does so: the second one finds nothing to delete.
async fn keep(store: Store, upkeep: Arc<Upkeep>, ages: Ages) {
    let records = &upkeep.records;
    let mut ticks = interval(KEEPING_PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let trim_activity = store.trim_activity(ages.activity);
        records.run(Job::TrimActivity, trim_activity).await;
        let collect_garbage = store.collect_garbage(ages.content);
        records.run(Job::CollectGarbage, collect_garbage).await;
        let trim_changes = store.trim_changes(ages.changes);
        records.run(Job::TrimChanges, trim_changes).await;
        let trim_marks = store.trim_delivery_marks();
        records.run(Job::TrimDeliveryMarks, trim_marks).await;
        let trim_wrong = store.trim_wrong_passwords();
        records.run(Job::TrimWrongPasswords, trim_wrong).await;
        let trim_web = store.trim_web_sessions();
        records.run(Job::TrimWebSessions, trim_web).await;
    }
}

/// Deletes what is more than a bound allows, so that nobody can fill the disk by adding and removing.
async fn keep_within_bounds(store: Store, upkeep: Arc<Upkeep>) {
    let records = &upkeep.records;
    let mut ticks = interval(BOUNDS_PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let collect_excess = store.collect_excess(REMOVED_GRACE);
        records.run(Job::CollectExcess, collect_excess).await;
        let cap_changes = store.cap_changes(CHANGES_PER_MAILBOX_MAX);
        records.run(Job::CapChanges, cap_changes).await;
    }
}
