//! Who is busy, and where, for people who look at a site: sums of open sessions and of the newest activity.

use std::time::Duration;

use mail::Place;

use crate::activity::place;
use crate::{Fault, Store};

/// Who does most, and where most is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Nodes that are alive, by name.
    pub nodes: Vec<BusyNode>,
    /// Mailboxes, those with most changes first.
    pub mailboxes: Vec<BusyMailbox>,
    /// Accounts, those with most changes first.
    pub accounts: Vec<BusyAccount>,
}

/// A node that reported within the last minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyNode {
    /// As it is configured.
    pub name: String,
    /// How many sessions it reported.
    pub sessions: u64,
    /// How long ago it reported.
    pub silent: Duration,
}

/// A mailbox in which something was done, or that somebody has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyMailbox {
    /// What it is called; `None` where it is gone. No tree is the reader's own.
    pub place: Option<Place>,
    /// How many things were done there that the activity knows.
    pub changes: u64,
    /// How many sessions have it selected.
    pub sessions: u64,
}

/// An account that did something, or is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyAccount {
    /// How it is called.
    pub name: String,
    /// How many things it did that the activity knows.
    pub changes: u64,
    /// How many sessions it has.
    pub sessions: u64,
}

impl Store {
    /// What was done within `window`, and who is logged in: of mailboxes and of accounts at most so many.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.busy", skip_all)]
    pub async fn busy(&self, window: Duration, count_max: u32) -> Result<Busy, Fault> {
        let (window, count_max) = (window.as_secs_f64(), i64::from(count_max));
        let mut connection = self.connection().await?;
        let nodes = sqlx::query!(
            r#"select n.name, count(s.session) as "sessions!",
                      extract(epoch from clock_timestamp() - n.seen_at)::float8 as "silent!"
                 from node n
                 left join open_session s on s.node = n.id
                where n.seen_at > clock_timestamp() - interval '1 minute'
                group by n.id
                order by n.name, n.id"#
        )
        .fetch_all(&mut *connection)
        .await?;
        let mailboxes = sqlx::query_file!("queries/busy_mailboxes.sql", window, count_max)
            .fetch_all(&mut *connection)
            .await?;
        let accounts = sqlx::query_file!("queries/busy_accounts.sql", window, count_max)
            .fetch_all(&mut *connection)
            .await?;
        let nodes = nodes.into_iter().map(|row| BusyNode {
            name: row.name,
            sessions: row.sessions.unsigned_abs(),
            silent: Duration::try_from_secs_f64(row.silent).unwrap_or_default(),
        });
        let mailboxes = mailboxes.into_iter().map(|row| BusyMailbox {
            place: place(row.owner, row.owner_name, row.path),
            changes: row.changes.unsigned_abs(),
            sessions: row.sessions.unsigned_abs(),
        });
        let accounts = accounts.into_iter().map(|row| BusyAccount {
            name: row.name,
            changes: row.changes.unsigned_abs(),
            sessions: row.sessions.unsigned_abs(),
        });
        Ok(Busy {
            nodes: nodes.collect(),
            mailboxes: mailboxes.collect(),
            accounts: accounts.collect(),
        })
    }
}
