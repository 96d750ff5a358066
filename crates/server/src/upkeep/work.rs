//! The jobs that one frontend does for all: done when they are due, one after the other, while this frontend is the one.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use mail::limits::{CHANGES_PER_MAILBOX_MAX, DUPLICATE_WINDOW_DAYS_MAX};
use store::{Fault, Store};
use tokio::time::sleep;
use tracing::warn;

use super::Upkeep;
use super::jobs::Job;
use super::leader::Leadership;
use crate::config::Config;

/// The pause between two looks for what is due.
const LOOK_PAUSE: Duration = Duration::from_secs(10);

/// How long removed messages are kept even so, for sessions that were not told yet.
const REMOVED_GRACE: Duration = Duration::from_secs(5 * 60);

/// By what a letter is recognised for the longest window that there may be.
const DUPLICATE_WINDOW_MAX: Duration = Duration::from_hours(24 * DUPLICATE_WINDOW_DAYS_MAX);

/// The ages after which things may be deleted.
#[derive(Clone, Copy)]
pub(crate) struct Ages {
    pub(crate) activity: Duration,
    pub(crate) content: Duration,
    changes: Duration,
    marks: Duration,
}

impl From<&Config> for Ages {
    fn from(config: &Config) -> Self {
        Self {
            activity: config.activity_keep,
            content: config.database.content_keep,
            changes: config.database.changes_keep,
            marks: DUPLICATE_WINDOW_MAX,
        }
    }
}

impl Ages {
    /// The same for everything.
    pub(crate) const fn all(age: Duration) -> Self {
        Self {
            activity: age,
            content: age,
            changes: age,
            marks: age,
        }
    }
}

/// Does whatever of `jobs` is due, without end, while this frontend is the one.
pub(super) async fn follow(
    jobs: &'static [Job],
    ages: Ages,
    store: Store,
    leadership: Arc<Leadership>,
    upkeep: Arc<Upkeep>,
) {
    loop {
        leadership.gained().await;
        {
            let lost = pin!(leadership.lost());
            let done = pin!(async {
                catch_up(jobs, &store, leadership.node(), ages).await?;
                upkeep.read(&store).await
            });
            if let Either::Left((Err(cause), _)) = select(done, lost).await {
                warn!(%cause, "could not see what is to be done in the background");
            }
        }
        sleep(LOOK_PAUSE).await;
    }
}

async fn catch_up(jobs: &[Job], store: &Store, node: &str, ages: Ages) -> Result<(), Fault> {
    let histories = store.upkeep_jobs().await?;
    for &job in jobs {
        let history = histories.iter().find(|history| history.name == job.name());
        if !job.is_due(history) {
            continue;
        }
        let done = store.record_job(job.name(), node, perform(job, store, ages));
        if let Err(cause) = done.await {
            warn!(%cause, task = job.name(), "{}", job.trouble());
        }
    }
    Ok(())
}

/// Does `job` once; returns how many rows went.
pub(crate) async fn perform(job: Job, store: &Store, ages: Ages) -> Result<u64, Fault> {
    match job {
        Job::TrimActivity => store.trim_activity(ages.activity).await,
        Job::CollectGarbage => store.collect_garbage(ages.content).await,
        Job::TrimChanges => store.trim_changes(ages.changes).await,
        Job::TrimDeliveryMarks => store.trim_delivery_marks(ages.marks).await,
        Job::TrimWrongPasswords => store.trim_wrong_passwords().await,
        Job::TrimWebSessions => store.trim_web_sessions().await,
        Job::ClearDeletedMailboxes => store.clear_deleted_mailboxes().await,
        Job::CollectExcess => store.collect_excess(REMOVED_GRACE).await,
        Job::CapChanges => store.cap_changes(CHANGES_PER_MAILBOX_MAX).await,
        Job::WriteSnapshots => store.write_snapshots().await.map(|_| 0),
        Job::SurveyStorage => store.take_survey().await.map(|()| 0),
        // Each frontend looks itself, and keeps what it sees.
        Job::SurveyReplication => store.replication().await.map(|_| 0),
        // A task of its own does, which knows the directory.
        Job::SyncDirectory => Ok(0),
    }
}
