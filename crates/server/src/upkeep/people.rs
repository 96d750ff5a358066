//! Accounts and groups follow the directory, on the frontend that does what is done for all.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::sleep;
use tracing::{info, warn};

use super::{Job, Leadership};
use crate::directory_sync::{Follower, Pass, SyncTrouble};

/// Looks at the directory every so often while this frontend is the one. Without end.
pub(crate) async fn follow(follower: Follower, leadership: Arc<Leadership>, every: Duration) {
    loop {
        leadership.gained().await;
        {
            let lost = pin!(leadership.lost());
            let job = Job::SyncDirectory;
            let done = pin!(follower.store.record_job(
                job.name(),
                leadership.node(),
                look(&follower)
            ));
            if let Either::Left((Err(cause), _)) = select(done, lost).await {
                warn!(%cause, task = job.name(), "{}", job.trouble());
            }
        }
        sleep(every).await;
    }
}

async fn look(follower: &Follower) -> Result<u64, SyncTrouble> {
    let report = follower.follow_once(Pass::Careful).await?;
    for words in &report.done {
        info!(
            change = words,
            "an account or a group follows the directory"
        );
    }
    for words in &report.refused {
        warn!(
            change = words,
            "an account or a group cannot follow the directory"
        );
    }
    Ok(report.done.len().try_into().unwrap_or(u64::MAX))
}
