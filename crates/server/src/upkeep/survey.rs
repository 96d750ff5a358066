//! What this node has seen of the site lately: the disk, quota roots, standbys. Asked seldom, told whenever metrics are read.

use std::sync::Mutex;

use store::{Fault, Replication, SiteSurvey, Store};
use tokio::time::{MissedTickBehavior, interval};

use super::jobs::{Job, JobRecords, REPLICATION_PAUSE};
use crate::lock::lock;

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
        lock(&self.0).replication = Some(replication);
        Ok(())
    }
}
