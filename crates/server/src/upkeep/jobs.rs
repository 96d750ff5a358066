//! What is done again and again in the background: how it is called, how often it is due, and how it went.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use store::Fault;
use tracing::warn;

use crate::environment;
use crate::lock::lock;

/// The pause between two rounds of deleting what is old.
pub(super) const KEEPING_PAUSE: Duration = Duration::from_secs(60 * 60);
/// The pause between two rounds of deleting what is more than a bound allows.
pub(super) const BOUNDS_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The pause between two looks at what is on the disk and at quota roots, of which there may be many.
pub(super) const STORAGE_PAUSE: Duration = Duration::from_secs(15 * 60);
/// The pause between two looks at standbys.
pub(super) const REPLICATION_PAUSE: Duration = Duration::from_secs(30);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    TrimActivity,
    CollectGarbage,
    TrimChanges,
    TrimDeliveryMarks,
    TrimWrongPasswords,
    TrimWebSessions,
    CollectExcess,
    CapChanges,
    SurveyStorage,
    SurveyReplication,
}

impl Job {
    pub(crate) const ALL: [Self; 10] = [
        Self::TrimActivity,
        Self::CollectGarbage,
        Self::TrimChanges,
        Self::TrimDeliveryMarks,
        Self::TrimWrongPasswords,
        Self::TrimWebSessions,
        Self::CollectExcess,
        Self::CapChanges,
        Self::SurveyStorage,
        Self::SurveyReplication,
    ];

    /// What metrics call it, and what the log says when it fails.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TrimActivity => ("trim_activity", "could not trim the record of activity"),
            Self::CollectGarbage => (
                "collect_garbage",
                "could not delete content that nothing refers to",
            ),
            Self::TrimChanges => ("trim_changes", "could not trim the logs of changes"),
            Self::TrimDeliveryMarks => (
                "trim_delivery_marks",
                "could not forget by what letters are recognised",
            ),
            Self::TrimWrongPasswords => {
                ("trim_wrong_passwords", "could not forget wrong passwords")
            }
            Self::TrimWebSessions => (
                "trim_web_sessions",
                "could not forget sessions at the web pages that are over",
            ),
            Self::CollectExcess => (
                "collect_excess",
                "could not delete removed mail of roots that are full of it",
            ),
            Self::CapChanges => (
                "cap_changes",
                "could not shorten the logs of mailboxes that change very much",
            ),
            Self::SurveyStorage => (
                "survey_storage",
                "could not see what is on the disk and how full quota roots are",
            ),
            Self::SurveyReplication => (
                "survey_replication",
                "could not see how far standbys are behind",
            ),
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        self.words().0
    }

    /// How long after its end it is due again.
    pub(crate) const fn period(self) -> Duration {
        match self {
            Self::TrimActivity
            | Self::CollectGarbage
            | Self::TrimChanges
            | Self::TrimDeliveryMarks
            | Self::TrimWrongPasswords
            | Self::TrimWebSessions => KEEPING_PAUSE,
            Self::CollectExcess | Self::CapChanges => BOUNDS_PAUSE,
            Self::SurveyStorage => STORAGE_PAUSE,
            Self::SurveyReplication => REPLICATION_PAUSE,
        }
    }
}

/// How each of them went on this node.
#[derive(Debug)]
pub(crate) struct JobRecords(Mutex<[JobRecord; Job::ALL.len()]>);

/// How one of them went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobRecord {
    /// When it succeeded last, in seconds since 1970; at first the start of the node.
    pub(crate) succeeded_at: i64,
    /// How long it took then.
    pub(crate) took: Duration,
    pub(crate) failures: u64,
    /// Since when it runs, if it does.
    running_since: Option<Instant>,
}

impl JobRecord {
    /// For how long it has been running; zero when it does not.
    pub(crate) fn running_for(&self) -> Duration {
        self.running_since
            .map_or(Duration::ZERO, |since| environment::now() - since)
    }
}

impl JobRecords {
    pub(crate) fn new() -> Self {
        let fresh = JobRecord {
            succeeded_at: environment::unix_seconds(),
            took: Duration::ZERO,
            failures: 0,
            running_since: None,
        };
        Self(Mutex::new([fresh; Job::ALL.len()]))
    }

    /// Each job with how it went.
    pub(crate) fn read(&self) -> Vec<(Job, JobRecord)> {
        let records = *self.records();
        Job::ALL.into_iter().zip(records).collect()
    }

    /// Does `job` once, and notes how it goes.
    pub(super) async fn run(&self, job: Job, work: impl Future<Output = Result<(), Fault>>) {
        let begun = environment::now();
        self.note(job, |record| record.running_since = Some(begun));
        let done = work.await;
        let took = environment::now() - begun;
        self.note(job, |record| {
            record.running_since = None;
            if done.is_ok() {
                record.succeeded_at = environment::unix_seconds();
                record.took = took;
            } else {
                record.failures += 1;
            }
        });
        if let Err(cause) = done {
            warn!(%cause, task = job.name(), "{}", job.words().1);
        }
    }

    fn note(&self, job: Job, change: impl FnOnce(&mut JobRecord)) {
        if let Some(record) = self.records().get_mut(job as usize) {
            change(record);
        }
    }

    fn records(&self) -> MutexGuard<'_, [JobRecord; Job::ALL.len()]> {
        lock(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_fails_has_not_succeeded() {
        let records = JobRecords::new();
        let record = |job: Job| records.read()[job as usize].1;
        records
            .run(Job::CapChanges, async { Err(Fault::Gone) })
            .await;
        records.run(Job::TrimChanges, async { Ok(()) }).await;
        assert_eq!(record(Job::CapChanges).failures, 1);
        assert_eq!(record(Job::CapChanges).took, Duration::ZERO);
        assert_eq!(record(Job::TrimChanges).failures, 0);
        assert!(record(Job::TrimChanges).took > Duration::ZERO);
        let work = async {
            assert!(record(Job::CapChanges).running_since.is_some());
            Ok(())
        };
        records.run(Job::CapChanges, work).await;
        assert_eq!(record(Job::CapChanges).running_for(), Duration::ZERO);
    }

    #[test]
    fn each_has_its_place() {
        for (place, job) in Job::ALL.into_iter().enumerate() {
            assert_eq!(job as usize, place, "{}", job.name());
        }
    }
}
