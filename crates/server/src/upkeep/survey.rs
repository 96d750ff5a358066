//! What this node has seen of the site lately: the disk, quota roots, standbys. Asked seldom, told whenever metrics are read.

use std::sync::Mutex;

use store::{Fault, QuotaCounts, Replication, Storage, Store};
use tokio::time::{MissedTickBehavior, interval};

use super::jobs::{Job, JobRecords, REPLICATION_PAUSE, STORAGE_PAUSE};
use crate::lock::lock;

/// What was seen; `None` until it was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) storage: Option<Storage>,
    pub(crate) quota_roots: Option<QuotaCounts>,
    pub(crate) replication: Option<Replication>,
}

/// The node's latest look.
#[derive(Debug, Default)]
pub(crate) struct Survey(Mutex<Seen>);

impl Survey {
    pub(crate) fn seen(&self) -> Seen {
        *lock(&self.0)
    }

    /// Looks at what is on the disk and at quota roots, again and again.
    pub(super) async fn follow_storage(&self, store: &Store, records: &JobRecords) {
        let mut ticks = interval(STORAGE_PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let look = self.look_at_storage(store);
            records.run(Job::SurveyStorage, look).await;
        }
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

    async fn look_at_storage(&self, store: &Store) -> Result<(), Fault> {
        let storage = store.storage().await?;
        lock(&self.0).storage = Some(storage);
        let quota_roots = store.quota_roots().await?;
        lock(&self.0).quota_roots = Some(quota_roots);
        Ok(())
    }

    async fn look_at_replication(&self, store: &Store) -> Result<(), Fault> {
        let replication = store.replication().await?;
        lock(&self.0).replication = Some(replication);
        Ok(())
    }
}
