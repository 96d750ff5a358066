//! Deleted mailboxes, which are emptied part by part after they were deleted (ADR 0090).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::warn;

use crate::keeping::{count, limit};
use crate::pace::Pace;
use crate::store::Inner;
use crate::{Fault, Store};

impl Store {
    /// Empties mailboxes that were deleted: their messages become removed ones, as of when that was. Says how many rows went.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; what went until then is gone.
    #[tracing::instrument(name = "db.clear_deleted_mailboxes", skip_all)]
    pub async fn clear_deleted_mailboxes(&self) -> Result<u64, Fault> {
        let (mut pace, mut cleared, mut last) = (Pace::new(self), 0, 0);
        while let Some(mailbox) = self.deleted_after(last).await? {
            cleared += self.clear(mailbox, &mut pace).await?;
            last = mailbox;
        }
        Ok(cleared)
    }

    async fn deleted_after(&self, last: i64) -> Result<Option<i64>, Fault> {
        let next = sqlx::query_scalar!(
            "select min(mailbox) from erased_mailbox where mailbox > $1",
            last
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(next)
    }

    async fn clear(&self, mailbox: i64, pace: &mut Pace) -> Result<u64, Fault> {
        let mut cleared = 0;
        loop {
            let part = sqlx::query!(
                r#"select removed as "removed!", is_last as "is_last!" from clear_erased_mailbox($1, $2)"#,
                mailbox,
                limit(pace.rows())
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            cleared += count(part.removed);
            pace.rest().await;
            if part.is_last {
                return Ok(cleared);
            }
        }
    }

    /// Begins to empty what this node just deleted. If the node dies, whoever keeps house goes on.
    pub(crate) fn clear_deleted_later(&self) {
        if self.inner().is_clearing.swap(true, Ordering::AcqRel) {
            return;
        }
        let clearing = Clearing(Arc::clone(self.inner()));
        // Nobody's share of the connections: whoever deleted it has been answered.
        let store = Self {
            origin: None,
            ..self.clone()
        };
        (self.inner().background.spawn)(Box::pin(async move {
            if let Err(fault) = store.clear_deleted_mailboxes().await {
                warn!(cause = %fault, "could not empty deleted mailboxes; upkeep does");
            }
            drop(clearing);
        }));
    }
}

/// That a task of this node empties deleted mailboxes, until it ends, however it does.
struct Clearing(Arc<Inner>);

impl Drop for Clearing {
    fn drop(&mut self) {
        self.0.is_clearing.store(false, Ordering::Release);
    }
}
