//! The database's connections of one node, and who gets one.
//!
//! Most are for work, of which one user has a share at most. Some are kept for what must not wait for anybody's
//! work: logins, health, the lease, wake-ups, and the counters by which whoever asks is told what was committed.

use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use mail::AccountId;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::shares::Shares;
use crate::{Cause, Fault};

/// How long a caller waits for a free connection before it hears [`Fault::Unavailable`].
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections of one node.
pub(crate) struct Connections {
    pub(crate) work: PgPool,
    pub(crate) kept: PgPool,
    suspects: Suspects,
    shares: Shares,
}

/// How many connections of each pool may be dead; a pool hands them out in turn.
#[derive(Clone, Default)]
pub(crate) struct Suspects {
    pub(crate) work: Arc<AtomicU32>,
    pub(crate) kept: Arc<AtomicU32>,
}

/// How many connections there are of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    pub(crate) work: u32,
    pub(crate) kept: u32,
    /// Those for work that one user has at one time.
    pub(crate) share: u32,
}

/// A connection for work, and the part of its user's share that it is.
pub(crate) struct Held {
    connection: PoolConnection<Postgres>,
    _share: Option<OwnedSemaphorePermit>,
}

impl Division {
    /// A quarter is kept, four at most; of the others one user has a third, but two where there are two.
    pub(crate) fn of(connections: u32) -> Self {
        let kept = (connections / 4).clamp(1, 4);
        let work = connections.saturating_sub(kept).max(1);
        let share = (work / 3).max(2).min(work);
        Self { work, kept, share }
    }
}

impl Connections {
    pub(crate) fn new(
        (work, kept): (PgPool, PgPool),
        suspects: Suspects,
        division: Division,
    ) -> Self {
        Self {
            work,
            kept,
            suspects,
            shares: Shares::new(usize::try_from(division.share).unwrap_or(1)),
        }
    }

    /// The share of a user, which all sessions of that user have together.
    pub(crate) fn share_of(&self, user: AccountId) -> Arc<Semaphore> {
        self.shares.of(user)
    }

    /// A connection for work, within a user's share if there is one. When `patience` is over before the share has
    /// room, [`Fault::Unavailable`].
    pub(crate) async fn hold(
        &self,
        share: Option<Arc<Semaphore>>,
        patience: impl Future<Output = ()>,
    ) -> Result<Held, Fault> {
        let share = match share {
            Some(share) => Some(take(share, patience).await?),
            None => None,
        };
        Ok(Held {
            connection: self.work.acquire().await?,
            _share: share,
        })
    }

    /// Each is asked whether it is alive before its next use.
    pub(crate) fn suspect_all(&self) {
        let Suspects { work, kept } = &self.suspects;
        work.store(self.work.size(), Ordering::Relaxed);
        kept.store(self.kept.size(), Ordering::Relaxed);
    }

    /// All of them.
    pub(crate) fn count(&self) -> u32 {
        self.work.size() + self.kept.size()
    }

    /// Those that nobody uses now.
    pub(crate) fn idle(&self) -> usize {
        self.work.num_idle() + self.kept.num_idle()
    }
}

async fn take(
    share: Arc<Semaphore>,
    patience: impl Future<Output = ()>,
) -> Result<OwnedSemaphorePermit, Fault> {
    match select(pin!(share.acquire_owned()), pin!(patience)).await {
        Either::Left((Ok(taken), _)) => Ok(taken),
        Either::Left((Err(_), _)) | Either::Right(_) => Err(Fault::Unavailable(Cause::new(
            "all connections of this user are in use",
        ))),
    }
}

impl Deref for Held {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use super::Division;

    #[test]
    fn some_are_kept_and_nobody_has_all() {
        for (connections, work, kept, share) in [
            (1, 1, 1, 1),
            (2, 1, 1, 1),
            (8, 6, 2, 2),
            (16, 12, 4, 4),
            (200, 196, 4, 65),
        ] {
            let division = Division { work, kept, share };
            assert_eq!(Division::of(connections), division, "{connections}");
        }
    }
}
