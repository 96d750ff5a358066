//! What a frontend does beside talking to clients, for as long as it runs.

use std::sync::Arc;
use std::time::Duration;

use live::Live;
use store::Store;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use crate::config::Config;
use crate::registry::Registry;

/// Between two tries to listen for wake-ups.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// Between two comparisons while the database does not answer.
const COMPARE_PAUSE: Duration = Duration::from_millis(500);

/// Between two looks for what has become old.
const KEEPING_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Starts all of it; it ends with the set.
pub(crate) fn start(
    config: &Config,
    store: &Store,
    live: &Arc<Live>,
    registry: &Arc<Registry>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(Arc::clone(live)));
    tasks.spawn(compare(Arc::clone(live), config.database.safety_poll));
    tasks.spawn(Arc::clone(registry).follow(store.clone()));
    tasks.spawn(keep(store.clone(), Ages::from(config)));
    tasks
}

/// Listens for wake-ups, whatever becomes of the connection.
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
        // After the database's connections broke, those of the pool fail once each.
        while let Err(cause) = live.compare().await {
            warn!(%cause, "could not compare open mailboxes with the database");
            sleep(COMPARE_PAUSE).await;
        }
        // Either is a reason to compare.
        let _wanted_or_elapsed = timeout(every, live.compare_wanted()).await;
    }
}

/// After which it may be forgotten.
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

/// Forgets what is old enough to be forgotten. All nodes do: the second finds nothing.
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
    }
}
