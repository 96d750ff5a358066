//! Which history of the database the connections are in (docs/adr/0054-another-history.md), and which PostgreSQL answers.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::{Either, select};
use sqlx::PgConnection;
use tokio::sync::watch;

/// What the connections of a node have found.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The one of the newest connection.
    latest: Mutex<Option<Latest>>,
    /// How often it was another one than before.
    changes: AtomicU64,
    /// How often another PostgreSQL answered than before, or the same after it was started anew.
    successions: watch::Sender<u64>,
    /// The number of the one that the primary has noted last.
    noted: AtomicU64,
}

#[derive(Debug)]
struct Latest {
    history: String,
    /// By which number the PostgreSQL calls its cluster.
    cluster: i64,
    /// When the PostgreSQL was started that said so.
    started: String,
}

/// Taken before the connection by which something is read: tells what the numbers of transactions there mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    history: &'a History,
    pub(crate) changes_before: u64,
}

/// Tells whether there is nobody any more at the other end of a connection, which it does not know by itself: a machine that has lost
/// its power ends no connection (docs/adr/0087-nobody-waits-for-a-server-that-is-gone.md).
#[derive(Clone, Debug)]
pub(crate) struct Abandonment {
    /// How many had followed one another when it was opened.
    opened: u64,
    successions: watch::Receiver<u64>,
}

impl History {
    /// Reads it on a new connection, before anything else is asked there. `has_changed` is called where another PostgreSQL answers
    /// than before: connections of before lead nowhere.
    pub(crate) async fn read(
        &self,
        connection: &mut PgConnection,
        has_changed: impl FnOnce(),
    ) -> Result<Abandonment, sqlx::Error> {
        let row = sqlx::query!(
            r#"select database_history() as history, (pg_control_system()).system_identifier as "cluster!",
                      extract(epoch from pg_postmaster_start_time())::text as "started!""#
        )
        .fetch_one(connection)
        .await?;
        let before = self.successions();
        let opened = match row.history {
            Some(history) => self.note(Latest {
                history,
                cluster: row.cluster,
                started: row.started,
            }),
            None => before,
        };
        if opened != before {
            has_changed();
        }
        Ok(Abandonment {
            opened,
            successions: self.successions.subscribe(),
        })
    }

    /// For a new connection to a standby, before anything else is asked there. An error unless it follows the history that the
    /// primary is in: in another one, numbers that were given anew mean something else.
    pub(crate) async fn follow(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Abandonment, sqlx::Error> {
        let abandonment = Abandonment {
            opened: self.successions(),
            successions: self.successions.subscribe(),
        };
        let is_known = sqlx::query_scalar!(
            r#"select exists (select from known_history where history = $1) as "is_known!""#,
            self.current().1
        );
        if is_known.fetch_one(connection).await? {
            return Ok(abandonment);
        }
        let words = "it does not have what the primary noted of this history, or not yet";
        Err(io::Error::new(io::ErrorKind::NotConnected, words).into())
    }

    /// The number of the present history among those that followed one another, from 1, and its name; 0 before there is one.
    pub(crate) fn current(&self) -> (u64, String) {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match &*latest {
            Some(latest) => (self.successions() + 1, latest.history.clone()),
            None => (0, String::new()),
        }
    }

    /// Whether the primary has noted that it is in this one.
    pub(crate) fn is_noted(&self, number: u64) -> bool {
        self.noted.load(Ordering::Acquire) == number
    }

    pub(crate) fn note_as_known(&self, number: u64) {
        self.noted.store(number, Ordering::Release);
    }

    fn successions(&self) -> u64 {
        *self.successions.borrow()
    }

    /// How often it was another one than before.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading {
            history: self,
            changes_before: self.changes(),
        }
    }

    /// How many have followed one another, the one that said this among them.
    fn note(&self, said: Latest) -> u64 {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = &*latest {
            let is_another_history = before.history != said.history;
            if is_another_history {
                self.changes.fetch_add(1, Ordering::AcqRel);
            }
            if is_another_history || before.started != said.started {
                self.successions
                    .send_modify(|successions| *successions += 1);
            }
        }
        *latest = Some(said);
        self.successions()
    }
}

impl Reading<'_> {
    /// The cluster of the newest connection. There is one before anything is read.
    pub(crate) fn cluster(&self) -> i64 {
        let latest = &self.history.latest;
        let latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.as_ref().map_or(0, |latest| latest.cluster)
    }

    /// Whether what was read so is of the same history as what was read when it had changed so often.
    pub(crate) fn continues(&self, changes: u64) -> bool {
        self.changes_before == changes && self.history.changes() == changes
    }
}

impl Abandonment {
    /// Whether it has come.
    pub(crate) fn has_come(&self) -> bool {
        *self.successions.borrow() > self.opened
    }

    /// What `work` comes to, or an error as soon as there is nobody who would answer.
    pub(crate) async fn or<T, E: From<sqlx::Error>>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match select(pin!(work), pin!(self.comes())).await {
            Either::Left((done, _)) => done,
            Either::Right((error, _)) => Err(error.into()),
        }
    }

    /// Comes when there is nobody any more, as the error of whoever waits.
    pub(crate) async fn comes(self) -> sqlx::Error {
        let opened = self.opened;
        let mut following = self.successions.clone();
        if following.wait_for(|count| *count > opened).await.is_err() {
            // The store ends, and so does what waits here.
            return pending().await;
        }
        let words = "another PostgreSQL has taken the place of the one that was asked";
        io::Error::new(io::ErrorKind::ConnectionAborted, words).into()
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures_util::FutureExt as _;

    use super::*;

    fn said(history: &str, started: &str) -> Latest {
        Latest {
            history: history.to_owned(),
            cluster: 1,
            started: started.to_owned(),
        }
    }

    #[test]
    fn another_history_is_a_change_and_the_first_is_none() {
        let history = History::default();
        for (text, started, changes, successions) in [
            ("1/1", "noon", 0, 0),
            ("1/1", "noon", 0, 0),
            ("1/1", "one", 0, 1),
            ("1/2", "one", 1, 2),
            ("1/2", "one", 1, 2),
            ("2/1", "two", 2, 3),
        ] {
            let noted = history.note(said(text, started));
            assert_eq!(noted, successions, "{text} {started}");
            assert_eq!(history.changes(), changes, "{text} {started}");
        }
    }

    #[tokio::test]
    async fn who_waits_for_a_server_that_is_gone_is_told_and_others_are_not() {
        let history = History::default();
        let opened = |started: &str| Abandonment {
            opened: history.note(said("1/1", started)),
            successions: history.successions.subscribe(),
        };
        let (before, answered) = (opened("noon"), opened("noon"));
        let done: Result<_, sqlx::Error> = answered.or(ready(Ok(1))).await;
        assert_eq!(done.unwrap(), 1);
        // Both find the new one, whichever comes first.
        let (first, second) = (opened("one"), opened("one"));
        let error = before
            .or(pending::<Result<(), sqlx::Error>>())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("another PostgreSQL"), "{error}");
        for after in [first, second] {
            assert!(after.comes().now_or_never().is_none());
        }
    }
}
