//! `postroom session`: who is logged in, on whichever node, and ending that.

use std::time::Duration;

use mail::SessionId;
use serde_json::json;
use store::{OpenSession, SessionQuery};
use tokio::time::sleep;

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "What nodes report is some seconds old.\n\n\
    Examples:\n  \
    postroom session list --mailbox 'Shared Folders/support'\n  \
    postroom session end 00c0ffee1234\n  \
    postroom session end --user ada";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// List open sessions, oldest first.
    List {
        /// Only those of this user.
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Only those that have this mailbox selected.
        #[arg(long, value_name = "NAME")]
        mailbox: Option<String>,
    },
    /// End a session, or all of a user, and wait until it has ended.
    End {
        /// As `session list` prints it.
        #[arg(required_unless_present = "user", conflicts_with = "user")]
        session: Option<String>,
        /// All sessions of this user.
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
}

/// Between two looks whether the sessions have ended.
const PAUSE: Duration = Duration::from_millis(200);
/// Looks until we say that they have not.
const LOOKS_MAX: u32 = 75;

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::List { user, mailbox } => {
            let mailbox = match mailbox {
                Some(name) => Some(context.mailbox_id(name).await?),
                None => None,
            };
            let query = SessionQuery {
                session: None,
                account: user.clone(),
                mailbox,
            };
            list(context, &query, terminal).await
        }
        Verb::End { session, user } => {
            let session = session.as_deref().map(|text| {
                SessionId::parse(text)
                    .ok_or_else(|| Failure::usage(format!("{text} is not a session's number")))
            });
            let query = SessionQuery {
                session: session.transpose()?,
                account: user.clone(),
                mailbox: None,
            };
            end(context, &query, terminal).await
        }
    }
}

async fn list(
    context: &AdminContext,
    query: &SessionQuery,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let sessions = context.store.open_sessions(query).await?;
    let mailbox = |session: &OpenSession| {
        let place = session.place.as_ref();
        place.map(|place| context.name(place).to_string())
    };
    let data = sessions.iter().map(|session| {
        json!({
            "session": session.session.to_string(),
            "user": session.account_name,
            "node": session.node,
            "address": session.address,
            "client": session.client,
            "since": session.since,
            "mailbox": mailbox(session),
        })
    });
    terminal.show(&data.collect(), || {
        let line = |session: &OpenSession| {
            let mut words = vec![
                session.session.to_string(),
                session.account_name.clone(),
                session.since.clone(),
                session.node.clone(),
                session.address.clone(),
            ];
            words.extend(mailbox(session));
            words.extend(session.client.iter().map(|client| format!("[{client}]")));
            words.join("  ") + "\n"
        };
        sessions.iter().map(line).collect()
    })
}

async fn end(
    context: &AdminContext,
    query: &SessionQuery,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let found = context.store.open_sessions(query).await?;
    if found.is_empty() {
        if let Some(user) = &query.account {
            context.find_account(user).await?;
        }
        return Err(Failure::failed("no such session"));
    }
    let sessions: Vec<SessionId> = found.iter().map(|open| open.session).collect();
    context.store.end_sessions(&sessions).await?;
    for _ in 0..LOOKS_MAX {
        let still = context.store.open_sessions(query).await?;
        if !still.iter().any(|open| sessions.contains(&open.session)) {
            return terminal.report(format!("{} ended", sessions.len()));
        }
        sleep(PAUSE).await;
    }
    Err(Failure::failed("the nodes have not ended them yet"))
}
