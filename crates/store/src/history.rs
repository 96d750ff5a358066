//! Which history of the database the connections are in (docs/adr/0054-another-history.md).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sqlx::PgConnection;

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

    /// How often it was another one than before.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn note(&self, history: String) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref().is_some_and(|latest| *latest != history) {
            self.changes.fetch_add(1, Ordering::AcqRel);
        }
        *latest = Some(history);
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
            assert_eq!(history.changes(), expected, "{text}");
        }
    }
}
