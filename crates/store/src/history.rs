//! Which history of the database the connections are in (docs/adr/0054-another-history.md).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bus::Wakeup;
use mail::{MailboxId, ModSeq, UidValidity};
use sqlx::PgConnection;

use crate::{Fault, Store};

/// What the connections of a node have found.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The one of the newest connection.
    latest: Mutex<Option<String>>,
    /// How often it was another one than before.
    changes: AtomicU64,
}

impl History {
    /// Reads it on a new connection, before anything else is asked there.
    pub(crate) async fn read(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let history = sqlx::query_scalar!("select database_history()")
            .fetch_one(connection)
            .await?;
        if let Some(history) = history {
            self.note(history);
        }
        Ok(())
    }

    fn note(&self, history: String) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_some_and(|latest| *latest != history) {
            self.changes.fetch_add(1, Ordering::AcqRel);
        }
        *latest = Some(history);
    }
}

impl Store {
    /// How often this node's connections found the database in another history than before: after a failover or a
    /// restore it may lack what was read from it, and answered OK.
    #[must_use]
    pub fn history_changes(&self) -> u64 {
        self.inner().history.changes.load(Ordering::Acquire)
    }

    /// Forgets what this node remembers of rights and counters, because versions and mod-sequences count anew in another
    /// history.
    pub fn forget_access(&self) {
        self.inner().access_cache.clear();
        self.inner().unseen_cache.clear();
    }

    /// Gives a mailbox a new UIDVALIDITY, because clients were shown what the database lacks, up to `shown`. Does
    /// nothing where another node has done so.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.renew_uid_validity", skip_all)]
    pub async fn renew_uid_validity(
        &self,
        mailbox: MailboxId,
        uid_validity: UidValidity,
        shown: ModSeq,
    ) -> Result<(), Fault> {
        let renewed = sqlx::query_scalar!(
            "select renew_uid_validity($1, $2, $3)",
            mailbox.0,
            i64::from(uid_validity.get()),
            i64::from(shown),
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        if let Some(modseq) = renewed.and_then(ModSeq::from_i64) {
            self.inner().outbox.post(Wakeup { mailbox, modseq });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_history_is_a_change_and_the_first_is_none() {
        let history = History::default();
        let changes = [("1/1", 0), ("1/1", 0), ("1/2", 1), ("1/2", 1), ("2/1", 2)];
        for (text, expected) in changes {
            history.note(text.to_owned());
            assert_eq!(history.changes.load(Ordering::Acquire), expected, "{text}");
        }
    }
}
