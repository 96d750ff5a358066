//! `postroom upkeep`: how what is done in the background goes, whichever frontend does it, and doing it now.

use std::time::Duration;

use serde_json::{Value, json};
use store::{JobHistory, UpkeepBacklog};

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;
use crate::upkeep::{Ages, Job, perform};

pub(super) const HELP: &str = "One frontend does each job when it is due, for all; `run` does it now, also where no frontend \
    runs.\n\n\
    Examples:\n  \
    postroom upkeep status\n  \
    postroom upkeep run collect_garbage";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Show each job: when it succeeded last and where, how long it took, what went, what waits, what failed.
    Status,
    /// Do one job, or all of them, and wait until it is done.
    Run {
        /// As `upkeep status` calls it.
        #[arg(value_name = "JOB", value_parser = Job::parse)]
        job: Option<Job>,
        /// For tests: everything is old after so many seconds.
        #[arg(long, hide = true, value_name = "SECONDS")]
        keep_seconds: Option<u64>,
    },
}

/// Who did what is done by hand.
const NODE: &str = "command line";

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let ages = Ages::from(config);
    AdminContext::with(config, async |context| match verb {
        Verb::Status => status(context, ages, terminal).await,
        Verb::Run { job, keep_seconds } => {
            let ages = keep_seconds.map_or(ages, |seconds| Ages::all(Duration::from_secs(seconds)));
            for job in Job::of_site().filter(|done| job.is_none_or(|job| job == *done)) {
                let work = perform(job, &context.store, ages);
                let removed = context.store.record_job(job.name(), NODE, work).await?;
                terminal.report(format!("{}: {removed} rows went", job.name()))?;
            }
            Ok(())
        }
    })
    .await
}

async fn status(context: &AdminContext, ages: Ages, terminal: &Terminal) -> Result<(), Failure> {
    let store = &context.store;
    let leader = store.upkeep_leader().await?;
    let histories = store.upkeep_jobs().await?;
    let backlog = store.upkeep_backlog(ages.content, ages.activity).await?;
    let jobs: Vec<_> = Job::of_site()
        .map(|job| {
            let known = histories.iter().find(|history| history.name == job.name());
            (job, known.cloned().unwrap_or_default())
        })
        .collect();
    let leads = leader.as_ref().map(|leader| {
        json!({ "node": leader.node, "since": leader.since, "is_present": leader.is_present })
    });
    let data = json!({
        "leader": leads,
        "jobs": jobs.iter().map(|(job, history)| data(*job, history, backlog)).collect::<Value>(),
    });
    terminal.show(&data, || {
        let leader = match &leader {
            Some(leader) if leader.is_present => format!("done by {}\n", leader.node),
            Some(leader) => format!("done by nobody: {} is gone\n", leader.node),
            None => "done by nobody\n".to_owned(),
        };
        let lines = jobs
            .iter()
            .map(|(job, history)| words(*job, history, backlog));
        leader + &lines.collect::<String>()
    })
}

fn data(job: Job, history: &JobHistory, backlog: UpkeepBacklog) -> Value {
    json!({
        "job": job.name(),
        "period_seconds": job.period().as_secs(),
        "running_seconds": history.running_for.map(|time| time.as_secs_f64()),
        "succeeded_at": history.succeeded_at,
        "node": history.node,
        "took_seconds": history.took.as_secs_f64(),
        "removed": history.removed,
        "waiting": waiting(job, backlog),
        "failures": history.failures,
        "last_failure_seconds_ago": history.failure_age.map(|age| age.as_secs()),
        "cause": history.cause,
    })
}

/// `collect_garbage         3m ago on one, took 0.2 s, 120 went, 0 wait`.
fn words(job: Job, history: &JobHistory, backlog: UpkeepBacklog) -> String {
    let mut words = format!("{:23}", job.name());
    match (history.success_age, &history.node) {
        (Some(age), Some(node)) => {
            let took = history.took.as_secs_f64();
            let (age, removed) = (short(age), history.removed);
            words += &format!("  {age} ago on {node}, took {took:.1} s, {removed} went");
        }
        _ => words += "  never done",
    }
    if let Some(time) = history.running_for {
        words += &format!(", running for {}", short(time));
    }
    if let Some(rows) = waiting(job, backlog) {
        words += &format!(", {rows} wait");
    }
    if let (Some(age), Some(cause)) = (history.failure_age, &history.cause) {
        let (times, age) = (history.failures, short(age));
        words += &format!(", failed {times} times, {age} ago: {cause}");
    }
    words + "\n"
}

/// What waits, where it can be known without looking at all that might.
fn waiting(job: Job, backlog: UpkeepBacklog) -> Option<u64> {
    match job {
        Job::CollectGarbage => Some(backlog.garbage),
        Job::TrimActivity => Some(backlog.activity),
        Job::TrimChanges
        | Job::TrimDeliveryMarks
        | Job::TrimWrongPasswords
        | Job::TrimWebSessions
        | Job::ClearDeletedMailboxes
        | Job::CollectExcess
        | Job::CapChanges
        | Job::WriteSnapshots
        | Job::SurveyStorage
        | Job::SurveyReplication
        | Job::SyncDirectory => None,
    }
}

fn short(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds}s"),
        seconds @ 120..7200 => format!("{}m", seconds / 60),
        seconds @ 7200..172_800 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}
