//! What this node has seen of the site lately: the disk, quota roots, standbys. Asked seldom, told whenever metrics are read.

use std::sync::Mutex;
use std::time::Duration;

use store::{Fault, Replication, SiteSurvey, Store};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use super::jobs::{Job, JobRecords, REPLICATION_PAUSE};
use crate::lock::lock;

/// So long no commit waits for a standby that is only slow.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// What was seen; `None` until it was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) site: Option<SiteSurvey>,
    pub(crate) replication: Option<Replication>,
}

/// The node's latest look.
#[derive(Debug, Default)]
pub(crate) struct Survey(Mutex<Seen>);

impl Survey {
    pub(crate) fn seen(&self) -> Seen {
        *lock(&self.0)
    }

    /// Takes over what one frontend has seen for all.
    pub(super) fn note_site(&self, site: Option<SiteSurvey>) {
        lock(&self.0).site = site;
    }

    /// Looks at standbys, again and again.
    pub(super) async fn follow_replication(&self, store: &Store, records: &JobRecords) {
        let mut ticks = interval(REPLICATION_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let look = self.look_at_replication(store);
            records.run(Job::SurveyReplication, look).await;
        }
    }

    async fn look_at_replication(&self, store: &Store) -> Result<(), Fault> {
        let replication = store.replication().await?;
        let before = lock(&self.0).replication.replace(replication);
        let was_stuck = before.is_some_and(|before| is_stuck(&before));
        match (was_stuck, is_stuck(&replication)) {
            (false, true) => warn!(
                standbys = replication.standbys,
                waiting_s = replication.awaited_for.as_secs(),
                "writes are not answered: no standby takes them, and PostgreSQL waits for one (synchronous_standby_names)"
            ),
            (true, false) if replication.is_awaited => {
                info!("writes are answered again: a standby takes them");
            }
            (true, false) => warn!(
                standbys = replication.standbys,
                "writes are answered again, and no standby is waited for: what is answered OK is on the disk of the primary alone"
            ),
            (true, true) | (false, false) => {}
        }
        Ok(())
    }
}

fn is_stuck(replication: &Replication) -> bool {
    replication.awaited_for >= STUCK_AFTER
}
