//! Which sessions are open on which node, for people who want to know, or to end one.
//!
//! Nodes report some seconds late, in one call whatever the number of sessions; nothing of mail
//! depends on it.

use mail::{AccountId, MailboxId, Place, SessionId};

use crate::activity::place;
use crate::fold::fold;
use crate::{Cause, Fault, Store};

/// A frontend from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRun {
    /// Random, and another one after a restart.
    pub id: i64,
    /// As it is configured.
    pub name: String,
}

/// What a node tells of one of its sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionReport {
    /// The session that is open.
    pub session: SessionId,
    /// The account that is logged in.
    pub account: AccountId,
    /// How the account is called.
    pub account_name: String,
    /// The client's.
    pub address: String,
    /// As the client calls itself.
    pub client: Option<String>,
    /// What it has selected.
    pub mailbox: Option<MailboxId>,
    /// When it began, in seconds since 1970.
    pub since: i64,
}

/// What a node hears when it reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The database knew nothing of this node: all sessions must be reported.
    pub is_new: bool,
    /// Sessions of this node that shall end.
    pub ending: Vec<SessionId>,
}

/// A session that is open somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The session that is open.
    pub session: SessionId,
    /// On which frontend.
    pub node: String,
    /// The name of the account that is logged in.
    pub account_name: String,
    /// The client's.
    pub address: String,
    /// As the client calls itself.
    pub client: Option<String>,
    /// Since when, as RFC 3339 writes it, in UTC.
    pub since: String,
    /// What it has selected. No tree is the reader's own.
    pub place: Option<Place>,
}

/// Which sessions are meant; where nothing is said, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// This one.
    pub session: Option<SessionId>,
    /// Those of this account, in any case.
    pub account: Option<String>,
    /// Those that have this mailbox selected.
    pub mailbox: Option<MailboxId>,
}

impl Store {
    /// Tells what changed on a node since its last report.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; nothing was told then.
    #[tracing::instrument(name = "db.report_sessions", skip_all)]
    pub async fn report_sessions(
        &self,
        node: &NodeRun,
        gone: &[SessionId],
        changed: &[SessionReport],
    ) -> Result<Reported, Fault> {
        let column = |read: fn(&SessionReport) -> i64| changed.iter().map(read).collect::<Vec<_>>();
        let texts = |read: fn(&SessionReport) -> &str| {
            changed
                .iter()
                .map(|report| read(report).to_owned())
                .collect::<Vec<_>>()
        };
        let gone: Vec<i64> = gone.iter().map(|session| session.to_i64()).collect();
        let clients: Vec<_> = changed.iter().map(|report| report.client.clone()).collect();
        let mailboxes: Vec<_> = changed
            .iter()
            .map(|report| report.mailbox.map(|mailbox| mailbox.0))
            .collect();
        let row = sqlx::query!(
            r#"select is_new as "is_new!", ending as "ending!"
                 from report_sessions($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
            node.id,
            node.name,
            &gone,
            &column(|report| report.session.to_i64()),
            &column(|report| report.account.0),
            &texts(|report| &report.account_name),
            &texts(|report| &report.address),
            &clients as &[Option<String>],
            &mailboxes as &[Option<i64>],
            &column(|report| report.since),
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        self.inner().connections.close_idle();
        Ok(Reported {
            is_new: row.is_new,
            ending: row
                .ending
                .into_iter()
                .filter_map(SessionId::from_i64)
                .collect(),
        })
    }

    /// Forgets a node that stops, and its sessions.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; others will find out by themselves.
    #[tracing::instrument(name = "db.forget_node", skip_all)]
    pub async fn forget_node(&self, node: &NodeRun) -> Result<(), Fault> {
        sqlx::query!("delete from node where id = $1", node.id)
            .execute(&mut *self.kept().await?)
            .await?;
        Ok(())
    }

    /// Open sessions, oldest first, on nodes that are alive.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.open_sessions", skip_all)]
    pub async fn open_sessions(&self, query: &SessionQuery) -> Result<Vec<OpenSession>, Fault> {
        let account = query.account.as_ref();
        let rows = sqlx::query_file!(
            "queries/open_sessions.sql",
            account.map(|name| fold(name).unwrap_or_default()),
            query.mailbox.map(|mailbox| mailbox.0),
            query.session.map(SessionId::to_i64),
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        rows.into_iter()
            .map(|row| {
                let session = SessionId::from_i64(row.session)
                    .ok_or_else(|| Fault::Broken(Cause::new("a session out of range")))?;
                Ok(OpenSession {
                    session,
                    node: row.node,
                    account_name: row.account_name,
                    address: row.address,
                    client: row.client,
                    since: row.since,
                    place: place(row.owner, row.owner_name, row.path),
                })
            })
            .collect()
    }

    /// Asks the nodes of these sessions to end them.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.end_sessions", skip_all)]
    pub async fn end_sessions(&self, sessions: &[SessionId]) -> Result<(), Fault> {
        let sessions: Vec<i64> = sessions.iter().map(|session| session.to_i64()).collect();
        sqlx::query!(
            "update open_session set is_ending = true where session = any ($1)",
            &sessions
        )
        .execute(&mut *self.connection().await?)
        .await?;
        self.wake_sessions().await;
        Ok(())
    }
}
