//! `postroom directory`: the directory that knows people, by LDAP.

use std::sync::Arc;

use ldap::Directory;
use serde_json::json;

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{Config, LdapConfig};
use crate::directory_sync::{Follower, Pass, SyncTrouble};
use crate::environment;
use crate::upkeep::Job;

pub(super) const HELP: &str = "Examples:\n  \
    postroom directory status\n  \
    postroom directory sync --dry-run\n  \
    postroom directory sync --force";

/// Who has done a pass that the command line did.
const NODE: &str = "command line";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Whether the directory answers, and how accounts and groups follow it.
    Status,
    /// Let accounts and groups follow the directory now.
    Sync {
        /// Say what would be done, and do nothing.
        #[arg(long)]
        dry_run: bool,
        /// Also where more people or members would go at once than is believed.
        #[arg(long, conflicts_with = "dry_run")]
        force: bool,
    },
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let ldap = config
        .ldap
        .as_ref()
        .ok_or_else(|| Failure::failed("there is no directory: ldap.url is not set"))?;
    let directory = open(ldap)?;
    AdminContext::with(config, async |context| match verb {
        Verb::Status => status(context, &directory, terminal).await,
        Verb::Sync { dry_run, force } => {
            let pass = match (*dry_run, *force) {
                (true, _) => Pass::Trial,
                (false, true) => Pass::Forced,
                (false, false) => Pass::Careful,
            };
            let follower = Follower {
                directory: Arc::clone(&directory),
                store: context.store.clone(),
                newcomers: ldap.newcomers_at_sync(),
            };
            sync(context, &follower, pass, terminal).await
        }
    })
    .await
}

/// The directory as configured. Nobody connects to it yet.
pub(super) fn open(ldap: &LdapConfig) -> Result<Arc<Directory>, Failure> {
    let spawn = environment::spawn(&Arc::default());
    let directory = Directory::new(ldap.settings.clone(), spawn);
    directory
        .map(Arc::new)
        .map_err(|cause| Failure::failed(format!("ldap: {cause}")))
}

async fn status(
    context: &AdminContext,
    directory: &Directory,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let answer = directory.check().await.map_err(|cause| cause.to_string());
    let accounts = context.store.directory_accounts().await?;
    let left = accounts.iter().filter(|account| account.has_left).count();
    let groups = context.store.directory_groups().await?.len();
    let job = Job::SyncDirectory.name();
    let jobs = context.store.upkeep_jobs().await?;
    let history = jobs.into_iter().find(|history| history.name == job);
    let history = history.unwrap_or_default();
    let is_failing = history.failure_age.is_some_and(|failed| {
        history
            .success_age
            .is_none_or(|succeeded| failed < succeeded)
    });
    let cause = history.cause.filter(|_| is_failing);
    let data = json!({
        "answers": answer.is_ok(),
        "trouble": answer.as_ref().err(),
        "accounts": accounts.len(),
        "left": left,
        "groups": groups,
        "synchronised_at": history.succeeded_at,
        "synchronised_by": history.node,
        "synchronisation_fails": cause,
    });
    terminal.show(&data, || {
        let mut words = match &answer {
            Ok(()) => "the directory answers\n".to_owned(),
            Err(cause) => format!("the directory cannot be asked: {cause}\n"),
        };
        let count = accounts.len();
        words += &format!(
            "{count} accounts are kept by it, {left} of them have left; {groups} groups are\n"
        );
        words += &match (history.success_age, &history.node) {
            (Some(age), Some(node)) => {
                format!("followed {} s ago by {node}\n", age.as_secs())
            }
            _ => "never followed\n".to_owned(),
        };
        if let Some(cause) = &cause {
            words += &format!("following fails: {cause}\n");
        }
        words
    })
}

async fn sync(
    context: &AdminContext,
    follower: &Follower,
    pass: Pass,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut report = None;
    let work = async {
        // Long, and so not a part of every verb.
        let followed = Box::pin(follower.follow_once(pass)).await?;
        let count = followed.done.len().try_into().unwrap_or(u64::MAX);
        report = Some(followed);
        Ok::<u64, SyncTrouble>(count)
    };
    let done = match pass {
        Pass::Trial => work.await,
        Pass::Careful | Pass::Forced => {
            let job = Job::SyncDirectory.name();
            context.store.record_job(job, NODE, work).await
        }
    };
    done.map_err(|cause| Failure::failed(cause.to_string()))?;
    let report = report.unwrap_or_default();
    let data = json!({
        "people": report.people,
        "done": report.done,
        "refused": report.refused,
        "dry_run": pass == Pass::Trial,
    });
    terminal.show(&data, || {
        let mut words = format!("the directory has {} people\n", report.people);
        for done in &report.done {
            words += &match pass {
                Pass::Trial => format!("would be done: {done}\n"),
                Pass::Careful | Pass::Forced => format!("{done}\n"),
            };
        }
        for refused in &report.refused {
            words += &format!("cannot be done: {refused}\n");
        }
        words
    })
}
