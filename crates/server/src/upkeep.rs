//! The background tasks of a frontend: listening for wake-ups, comparing, reporting, deleting what is old.

use std::sync::Arc;
use std::time::Duration;

use live::Live;
use mail::limits::CHANGES_PER_MAILBOX_MAX;
use store::Store;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use crate::config::Config;
use crate::panics::Panics;
use crate::registry::Registry;

/// The pause between two tries to listen for wake-ups.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// The pause between two comparisons while the database does not answer.
const COMPARE_PAUSE: Duration = Duration::from_millis(500);

/// The pause between two rounds of deleting what is old.
const KEEPING_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The pause between two rounds of deleting what is more than a bound allows.
const BOUNDS_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How long removed messages are kept even so, for sessions that were not told yet.
const REMOVED_GRACE: Duration = Duration::from_secs(5 * 60);

/// Starts all background tasks; they end when the set is dropped, and one that panics is begun again.
pub(crate) fn start(
    config: &Config,
    store: &Store,
    live: &Arc<Live>,
    registry: &Arc<Registry>,
    panics: &Arc<Panics>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let followed = Arc::clone(live);
    tasks.spawn(Arc::clone(panics).keep_running(move || follow(Arc::clone(&followed))));
    let (compared, every) = (Arc::clone(live), config.database.safety_poll);
    tasks.spawn(Arc::clone(panics).keep_running(move || compare(Arc::clone(&compared), every)));
    let (registry, reported, ordered) = (Arc::clone(registry), store.clone(), Arc::clone(live));
    tasks.spawn(Arc::clone(panics).keep_running(move || {
        Arc::clone(&registry).follow(reported.clone(), Arc::clone(&ordered))
    }));
    let (kept, ages) = (store.clone(), Ages::from(config));
    tasks.spawn(Arc::clone(panics).keep_running(move || keep(kept.clone(), ages)));
    let bounded = store.clone();
    tasks.spawn(Arc::clone(panics).keep_running(move || keep_within_bounds(bounded.clone())));
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
async fn keep(store: Store, ages: Ages) {
    let mut ticks = interval(KEEPING_PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(cause) = store.trim_activity(ages.activity).await {
            warn!(%cause, "could not trim the record of activity");
        }
        if let Err(cause) = store.collect_garbage(ages.content).await {
            warn!(%cause, "could not delete content that nothing refers to");
        }
        if let Err(cause) = store.trim_changes(ages.changes).await {
            warn!(%cause, "could not trim the logs of changes");
        }
        if let Err(cause) = store.trim_delivery_marks().await {
            warn!(%cause, "could not forget by what letters are recognised");
        }
        if let Err(cause) = store.trim_wrong_passwords().await {
            warn!(%cause, "could not forget wrong passwords");
        }
    }
}

/// Deletes what is more than a bound allows, so that nobody can fill the disk by adding and removing.
async fn keep_within_bounds(store: Store) {
    let mut ticks = interval(BOUNDS_PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(cause) = store.collect_excess(REMOVED_GRACE).await {
            warn!(%cause, "could not delete removed mail of roots that are full of it");
        }
        if let Err(cause) = store.cap_changes(CHANGES_PER_MAILBOX_MAX).await {
            warn!(%cause, "could not shorten the logs of mailboxes that change very much");
        }
    }
}
