//! `postroom session`: who is logged in, on whichever node, and ending that.

use std::time::Duration;

use mail::SessionId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::SessionQuery;
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

/// What is asked about sessions: of the store, or of the API of a frontend.
pub(super) trait Sessions {
    /// Oldest first.
    async fn open_sessions(
        &self,
        wanted: &WantedSessions<'_>,
    ) -> Result<Vec<ListedSession>, Failure>;
    /// Has them end; their nodes do so a moment later.
    async fn end_sessions(&self, sessions: &[SessionId]) -> Result<(), Failure>;
    /// Fails where there is no such user, as far as that may be known.
    async fn check_user(&self, name: &str) -> Result<(), Failure>;
}

/// Which sessions are meant: those of which all that is said is so.
#[derive(Clone, Copy, Default)]
pub(super) struct WantedSessions<'w> {
    pub(super) session: Option<SessionId>,
    pub(super) user: Option<&'w str>,
    pub(super) mailbox: Option<&'w str>,
}

/// A session, as it is printed; the API tells the same.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ListedSession {
    pub(super) session: String,
    user: String,
    node: String,
    address: String,
    client: Option<String>,
    pub(super) since: String,
    mailbox: Option<String>,
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

pub(super) async fn run_on(
    sessions: &impl Sessions,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match verb {
        Verb::List { user, mailbox } => {
            let wanted = WantedSessions {
                session: None,
                user: user.as_deref(),
                mailbox: mailbox.as_deref(),
            };
            let listed = sessions.open_sessions(&wanted).await?;
            terminal.show(&json!(listed), || listed.iter().map(line).collect())
        }
        Verb::End { session, user } => {
            let session = session.as_deref().map(parse).transpose()?;
            let wanted = WantedSessions {
                session,
                user: user.as_deref(),
                mailbox: None,
            };
            end(sessions, &wanted, terminal).await
        }
    }
}

fn parse(text: &str) -> Result<SessionId, Failure> {
    SessionId::parse(text)
        .ok_or_else(|| Failure::usage(format!("{text} is not a session's number")))
}

fn line(session: &ListedSession) -> String {
    let mut words = vec![
        session.session.clone(),
        session.user.clone(),
        session.since.clone(),
        session.node.clone(),
        session.address.clone(),
    ];
    words.extend(session.mailbox.clone());
    words.extend(session.client.iter().map(|client| format!("[{client}]")));
    words.join("  ") + "\n"
}

async fn end(
    sessions: &impl Sessions,
    wanted: &WantedSessions<'_>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let found = sessions.open_sessions(wanted).await?;
    if found.is_empty() {
        if let Some(user) = wanted.user {
            sessions.check_user(user).await?;
        }
        return Err(Failure::failed("no such session"));
    }
    let numbers: Result<Vec<_>, _> = found.iter().map(|open| parse(&open.session)).collect();
    sessions.end_sessions(&numbers?).await?;
    let is_one = |open: &ListedSession| found.iter().any(|it| it.session == open.session);
    for _ in 0..LOOKS_MAX {
        let still = sessions.open_sessions(wanted).await?;
        if !still.iter().any(is_one) {
            return terminal.report(format!("{} ended", found.len()));
        }
        sleep(PAUSE).await;
    }
    Err(Failure::failed("the nodes have not ended them yet"))
}

impl Sessions for AdminContext {
    async fn open_sessions(
        &self,
        wanted: &WantedSessions<'_>,
    ) -> Result<Vec<ListedSession>, Failure> {
        let mailbox = match wanted.mailbox {
            Some(name) => Some(self.mailbox_id(name).await?),
            None => None,
        };
        let query = SessionQuery {
            session: wanted.session,
            account: wanted.user.map(str::to_owned),
            mailbox,
        };
        let open = self.store.open_sessions(&query).await?.into_iter();
        let listed = open.map(|open| ListedSession {
            session: open.session.to_string(),
            user: open.account_name,
            node: open.node,
            address: open.address,
            client: open.client,
            since: open.since,
            mailbox: open.place.map(|place| self.name(&place).to_string()),
        });
        Ok(listed.collect())
    }

    async fn end_sessions(&self, sessions: &[SessionId]) -> Result<(), Failure> {
        Ok(self.store.end_sessions(sessions).await?)
    }

    async fn check_user(&self, name: &str) -> Result<(), Failure> {
        self.find_account(name).await.map(|_| ())
    }
}
