//! What is done again and again in the background: how it is called, how often it is due, and how it went. One frontend does
//! most of it for all; each looks at standbys itself.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use store::{Fault, JobHistory};
use tracing::warn;

use crate::environment;
use crate::lock::lock;

/// The pause between two rounds of deleting what is old.
const KEEPING_PAUSE: Duration = Duration::from_secs(60 * 60);
/// The pause between two rounds of deleting what is more than a bound allows.
const BOUNDS_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The pause between two looks at what is on the disk and at quota roots, of which there may be many.
const STORAGE_PAUSE: Duration = Duration::from_secs(15 * 60);
/// The pause between two looks at standbys: whoever writes may be waiting for one.
pub(super) const REPLICATION_PAUSE: Duration = Duration::from_secs(10);

/// The longest pause between two looks at a directory that settings allow.
pub(crate) const SYNC_PAUSE_MAX: Duration = Duration::from_secs(15 * 60);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    TrimActivity,
    CollectGarbage,
    TrimChanges,
    TrimDeliveryMarks,
    TrimWrongPasswords,
    TrimWebSessions,
    ClearDeletedMailboxes,
    CollectExcess,
    CapChanges,
    WriteSnapshots,
    SurveyStorage,
    SurveyReplication,
    SyncDirectory,
}

impl Job {
    pub(crate) const ALL: [Self; 13] = [
        Self::TrimActivity,
        Self::CollectGarbage,
        Self::TrimChanges,
        Self::TrimDeliveryMarks,
        Self::TrimWrongPasswords,
        Self::TrimWebSessions,
        Self::ClearDeletedMailboxes,
        Self::CollectExcess,
        Self::CapChanges,
        Self::WriteSnapshots,
        Self::SurveyStorage,
        Self::SurveyReplication,
        Self::SyncDirectory,
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
            Self::ClearDeletedMailboxes => (
                "clear_deleted_mailboxes",
                "could not empty mailboxes that were deleted",
            ),
            Self::CollectExcess => (
                "collect_excess",
                "could not delete removed mail of roots that are full of it",
            ),
            Self::CapChanges => (
                "cap_changes",
                "could not shorten the logs of mailboxes that change very much",
            ),
            Self::WriteSnapshots => (
                "write_snapshots",
                "could not write snapshots of large mailboxes",
            ),
            Self::SurveyStorage => (
                "survey_storage",
                "could not see what is on the disk and how full quota roots are",
            ),
            Self::SurveyReplication => (
                "survey_replication",
                "could not see how far standbys are behind",
            ),
            Self::SyncDirectory => (
                "sync_directory",
                "accounts and groups do not follow the directory",
            ),
        }
    }

    /// What is logged when it fails.
    pub(super) const fn trouble(self) -> &'static str {
        self.words().1
    }

    pub(crate) const fn name(self) -> &'static str {
        self.words().0
    }

    /// Those that delete what is old, in the order in which one frontend does them for all.
    pub(super) const KEEPING: [Self; 6] = [
        Self::TrimActivity,
        Self::CollectGarbage,
        Self::TrimChanges,
        Self::TrimDeliveryMarks,
        Self::TrimWrongPasswords,
        Self::TrimWebSessions,
    ];

    /// Those that are due more often and so wait for none of the others: they keep what one user may fill within its bounds.
    /// What deleted mailboxes still hold can only be collected once it is removed mail.
    pub(super) const BOUNDS: [Self; 5] = [
        Self::ClearDeletedMailboxes,
        Self::CollectExcess,
        Self::CapChanges,
        Self::WriteSnapshots,
        Self::SurveyStorage,
    ];

    /// Those that one frontend does for all.
    pub(crate) fn of_site() -> impl Iterator<Item = Self> {
        Self::KEEPING.into_iter().chain(Self::BOUNDS)
    }

    /// Those whose history is in the database. A directory is followed apart from the others, as often as settings say.
    fn recorded() -> impl Iterator<Item = Self> {
        Self::of_site().chain([Self::SyncDirectory])
    }

    /// One of them by its name.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let job = Self::of_site().find(|job| job.name() == name);
        job.ok_or_else(|| {
            let names: Vec<_> = Self::of_site().map(Self::name).collect();
            format!("the jobs are {}", names.join(", "))
        })
    }

    /// Whether it is due by how it went last, whoever did it. What failed is tried again sooner.
    pub(super) fn is_due(self, history: Option<&JobHistory>) -> bool {
        let Some(history) = history else {
            return true;
        };
        let is_over = |age: Option<Duration>, pause| age.is_none_or(|age| age >= pause);
        is_over(history.success_age, self.period())
            && is_over(history.failure_age, self.period().min(BOUNDS_PAUSE))
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
            Self::ClearDeletedMailboxes
            | Self::CollectExcess
            | Self::CapChanges
            | Self::WriteSnapshots => BOUNDS_PAUSE,
            Self::SurveyStorage => STORAGE_PAUSE,
            Self::SurveyReplication => REPLICATION_PAUSE,
            Self::SyncDirectory => SYNC_PAUSE_MAX,
        }
    }
}

/// How each of them went: on this node, or on the one that does it for all.
#[derive(Debug)]
pub(crate) struct JobRecords {
    records: Mutex<[JobRecord; Job::ALL.len()]>,
    has_directory: bool,
}

/// How one of them went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobRecord {
    /// When it succeeded last, in seconds since 1970; before that is known, the start of the node.
    pub(crate) succeeded_at: i64,
    /// How long it took then.
    pub(crate) took: Duration,
    /// `None` before it is known: a counter that jumps would look like failures.
    pub(crate) failures: Option<u64>,
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
    pub(crate) fn new(has_directory: bool) -> Self {
        let fresh = JobRecord {
            succeeded_at: environment::unix_seconds(),
            took: Duration::ZERO,
            failures: None,
            running_since: None,
        };
        let records = Job::ALL.map(|job| JobRecord {
            failures: (!Job::recorded().any(|done| done == job)).then_some(0),
            ..fresh
        });
        Self {
            records: Mutex::new(records),
            has_directory,
        }
    }

    /// Each job that is done here with how it went.
    pub(crate) fn read(&self) -> Vec<(Job, JobRecord)> {
        let records = *self.records();
        let jobs = Job::ALL.into_iter().zip(records);
        jobs.filter(|(job, _)| self.has_directory || *job != Job::SyncDirectory)
            .collect()
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
                record.failures = record.failures.map(|failures| failures + 1);
            }
        });
        if let Err(cause) = done {
            warn!(%cause, task = job.name(), "{}", job.trouble());
        }
    }

    /// Takes over how those went that one frontend does for all.
    pub(super) fn note_site(&self, histories: &[JobHistory]) {
        let now = environment::now();
        for job in Job::recorded() {
            let history = histories.iter().find(|history| history.name == job.name());
            let Some(history) = history else {
                self.note(job, |record| record.failures = Some(0));
                continue;
            };
            self.note(job, |record| {
                record.succeeded_at = history.succeeded_at.unwrap_or(record.succeeded_at);
                record.took = history.took;
                record.failures = Some(history.failures);
                record.running_since = history.running_for.and_then(|time| now.checked_sub(time));
            });
        }
    }

    fn note(&self, job: Job, change: impl FnOnce(&mut JobRecord)) {
        if let Some(record) = self.records().get_mut(job as usize) {
            change(record);
        }
    }

    fn records(&self) -> MutexGuard<'_, [JobRecord; Job::ALL.len()]> {
        lock(&self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_fails_has_not_succeeded() {
        let records = JobRecords::new(false);
        records.note_site(&[]);
        let record = |job: Job| records.read()[job as usize].1;
        records
            .run(Job::CapChanges, async { Err(Fault::Gone) })
            .await;
        records.run(Job::TrimChanges, async { Ok(()) }).await;
        assert_eq!(record(Job::CapChanges).failures, Some(1));
        assert_eq!(record(Job::CapChanges).took, Duration::ZERO);
        assert_eq!(record(Job::TrimChanges).failures, Some(0));
        assert!(record(Job::TrimChanges).took > Duration::ZERO);
        let work = async {
            assert!(record(Job::CapChanges).running_since.is_some());
            Ok(())
        };
        records.run(Job::CapChanges, work).await;
        assert_eq!(record(Job::CapChanges).running_for(), Duration::ZERO);
    }

    #[test]
    fn what_others_did_is_not_due() {
        let age = |minutes: u64| Some(Duration::from_secs(minutes * 60));
        let history = |success_age, failure_age| JobHistory {
            success_age,
            failure_age,
            ..JobHistory::default()
        };
        for (history, is_due) in [
            (history(age(59), None), false),
            (history(age(61), None), true),
            (history(age(61), age(3)), false),
            (history(age(61), age(6)), true),
            (history(None, age(6)), true),
            (history(None, age(1)), false),
        ] {
            assert_eq!(
                Job::TrimChanges.is_due(Some(&history)),
                is_due,
                "{history:?}"
            );
        }
        assert!(Job::TrimChanges.is_due(None));
    }

    #[test]
    fn what_one_does_for_all_is_known_to_all() {
        let records = JobRecords::new(false);
        records.note_site(&[JobHistory {
            name: "cap_changes".to_owned(),
            running_for: Some(Duration::from_millis(1)),
            succeeded_at: Some(17),
            failures: 3,
            ..JobHistory::default()
        }]);
        let record = records.read()[Job::CapChanges as usize].1;
        assert_eq!((record.succeeded_at, record.failures), (17, Some(3)));
        assert!(record.running_for() >= Duration::from_millis(1));
    }

    #[test]
    fn each_has_its_place() {
        for (place, job) in Job::ALL.into_iter().enumerate() {
            assert_eq!(job as usize, place, "{}", job.name());
        }
    }
}
