//! The database's connections of one node, and who gets one.
//!
//! Most are for work, of which one user has a share at most. Some are kept for what must not wait for anybody's
//! work: logins, health, the lease, wake-ups, and the counters by which whoever asks is told what was committed.

use std::error::Error;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::managed::{Object, PoolError};
use futures_util::future::{Either, select};
use mail::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::debug;

use crate::background::Background;
use crate::pool::{Opener, Pool, PooledConnection, State, close_idle, close_unused};
use crate::shares::Shares;
use crate::standbys::Standbys;
use crate::timing::Durations;
use crate::{Cause, Fault};

/// How long a caller waits for a free connection before it hears [`Fault::Unavailable`].
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the answer to a statement that nobody waits for any more may take. The database gives it up sooner.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(150);

/// The connections of one node.
pub(crate) struct Connections {
    work: Pool,
    kept: Pool,
    pub(crate) standbys: Option<Standbys>,
    shares: Shares,
    /// As many of those for work as batches that write may have at one time.
    writing: Arc<Semaphore>,
    background: Arc<Background>,
    pub(crate) waits: Waits,
}

/// How long callers waited for a connection.
#[derive(Default)]
pub(crate) struct Waits {
    pub(crate) took: Durations,
    /// Those that waited in vain.
    pub(crate) timeouts: AtomicU64,
}

/// How many connections there are of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    pub(crate) work: u32,
    pub(crate) kept: u32,
    /// Those for work that one user has at one time.
    pub(crate) share: u32,
    /// Those for work that batches have at one time: where all of these wait, as for a standby that is away, others are read by.
    pub(crate) writing: u32,
}

/// A connection, and the part of its user's share that it is.
///
/// One that is dropped in the midst of a statement is given back when that has ended, and so is the share: whoever gives
/// up has no more of the database than whoever waits. On the heap, as every call of the store has room for it.
pub(crate) struct Held(Option<Box<Lease>>);

struct Lease {
    connection: Object<Opener>,
    _share: Option<OwnedSemaphorePermit>,
    background: Arc<Background>,
}

impl Division {
    /// A quarter is kept, four at most; of the others one user has a third, but two where there are two, and batches have all but
    /// a third.
    pub(crate) fn of(connections: u32) -> Self {
        let kept = (connections / 4).clamp(1, 4);
        let work = connections.saturating_sub(kept).max(1);
        let share = (work / 3).max(2).min(work);
        let writing = (work - work / 3).max(1);
        Self {
            work,
            kept,
            share,
            writing,
        }
    }
}

impl Connections {
    pub(crate) fn new(
        (work, kept): (Opener, Opener),
        standbys: Option<Standbys>,
        division: Division,
        background: Background,
    ) -> Result<Self, Fault> {
        Ok(Self {
            work: work.pool(division.work)?,
            kept: kept.pool(division.kept)?,
            standbys,
            shares: Shares::new(usize::try_from(division.share).unwrap_or(1)),
            writing: Arc::new(Semaphore::new(
                usize::try_from(division.writing).unwrap_or(1),
            )),
            background: Arc::new(background),
            waits: Waits::default(),
        })
    }

    /// The share of a user, which all sessions of that user have together.
    pub(crate) fn share_of(&self, user: AccountId) -> Arc<Semaphore> {
        self.shares.of(user)
    }

    /// A connection for work, within a share if there is one. Where the share has no room for too long,
    /// [`Fault::Unavailable`].
    pub(crate) async fn work(&self, share: Option<Arc<Semaphore>>) -> Result<Held, Fault> {
        self.counted(async {
            let share = match share {
                Some(share) => Some(self.take(share).await?),
                None => None,
            };
            self.hold(&self.work, share).await
        })
        .await
    }

    /// A connection for a batch that writes.
    pub(crate) async fn writing(&self) -> Result<Held, Fault> {
        self.work(Some(self.writing.clone())).await
    }

    /// One of those that are kept for what must not wait.
    pub(crate) async fn kept(&self) -> Result<Held, Fault> {
        self.counted(self.hold(&self.kept, None)).await
    }

    /// Counts how long it takes to have a connection.
    async fn counted(
        &self,
        waiting: impl Future<Output = Result<Held, Fault>>,
    ) -> Result<Held, Fault> {
        let asked_at = (self.background.clock)();
        let held = waiting.await;
        let took = (self.background.clock)().saturating_sub(asked_at);
        self.waits.took.note(took);
        held
    }

    /// The fault of whoever waited for too long.
    fn too_late(&self, why: impl Into<Box<dyn Error + Send + Sync>>) -> Fault {
        self.waits.timeouts.fetch_add(1, Ordering::Relaxed);
        Fault::Unavailable(Cause::new(why)).noted()
    }

    async fn hold(&self, pool: &Pool, share: Option<OwnedSemaphorePermit>) -> Result<Held, Fault> {
        let too_late = (self.background.sleep)(ACQUIRE_TIMEOUT);
        let connection = match select(pin!(pool.get()), too_late).await {
            Either::Left((Ok(connection), _)) => connection,
            Either::Left((Err(PoolError::Backend(error)), _)) => {
                return Err(Fault::of_opening(error));
            }
            Either::Left((Err(error), _)) => {
                return Err(Fault::Unavailable(Cause::new(error)).noted());
            }
            Either::Right(_) => {
                let why = "no connection became free in time";
                return Err(match pool.manager().trouble() {
                    Some(trouble) => self.too_late(format!("{why}; opening one: {trouble}")),
                    None => self.too_late(why),
                });
            }
        };
        Ok(self.held(connection, share))
    }

    /// So that it is given back however it is left.
    pub(crate) fn held(
        &self,
        connection: Object<Opener>,
        share: Option<OwnedSemaphorePermit>,
    ) -> Held {
        Held(Some(Box::new(Lease {
            connection,
            _share: share,
            background: self.background.clone(),
        })))
    }

    async fn take(&self, share: Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Fault> {
        let too_late = (self.background.sleep)(ACQUIRE_TIMEOUT);
        match select(pin!(share.acquire_owned()), too_late).await {
            Either::Left((Ok(taken), _)) => Ok(taken),
            Either::Left((Err(_), _)) | Either::Right(_) => {
                Err(self.too_late("all connections of this user, or all for writing, are in use"))
            }
        }
    }

    /// Each is asked whether it is alive before its next use.
    pub(crate) fn suspect_all(&self) {
        for pool in self.pools() {
            pool.manager().suspect_all();
        }
    }

    /// Closes those that nobody uses now; the others are closed instead of being used again, once they are free.
    pub(crate) fn let_go(&self) {
        close_unused(&self.work);
        close_unused(&self.kept);
    }

    /// Closes those that nobody needed for a long time.
    pub(crate) fn close_idle(&self) {
        for pool in self.pools() {
            close_idle(pool);
        }
    }

    fn pools(&self) -> impl Iterator<Item = &Pool> {
        let standbys = self.standbys.iter().map(Standbys::pool);
        [&self.work, &self.kept].into_iter().chain(standbys)
    }

    /// All of them, those to standbys apart.
    pub(crate) fn count(&self) -> usize {
        self.work.status().size + self.kept.status().size
    }

    /// How many there may be.
    pub(crate) fn max(&self) -> usize {
        self.work.status().max_size + self.kept.status().max_size
    }

    /// Callers that wait for one, those apart that wait for a connection of their user's share.
    pub(crate) fn wanted(&self) -> usize {
        self.work.status().waiting + self.kept.status().waiting
    }

    /// Those that nobody uses now.
    pub(crate) fn idle(&self) -> usize {
        self.work.status().available + self.kept.status().available
    }
}

impl Deref for Held {
    type Target = PooledConnection;

    #[expect(clippy::expect_used, reason = "it is there until it is dropped")]
    fn deref(&self) -> &PooledConnection {
        &self.0.as_ref().expect("it is held").connection
    }
}

impl DerefMut for Held {
    #[expect(clippy::expect_used, reason = "it is there until it is dropped")]
    fn deref_mut(&mut self) -> &mut PooledConnection {
        &mut self.0.as_mut().expect("it is held").connection
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(lease) = self.0.take() else {
            return;
        };
        match lease.connection.state() {
            State::Ready => lease.give_back(),
            State::Waiting => {
                let spawn = lease.background.spawn.clone();
                spawn(Box::pin(lease.settle()));
            }
            State::Apart => drop(Object::take(lease.connection)),
        }
    }
}

impl Lease {
    /// To the pool, unless the database is elsewhere by now: nobody might ask for it there for long.
    fn give_back(self) {
        if self.connection.is_outdated() {
            drop(Object::take(self.connection));
        }
    }

    /// Waits for the answer that nobody waits for any more, and gives the connection and the share back then.
    async fn settle(mut self: Box<Self>) {
        let too_late = (self.background.sleep)(SETTLE_TIMEOUT);
        let settled = match select(pin!(self.connection.settle()), too_late).await {
            Either::Left((settled, _)) => settled.map_err(Fault::from),
            Either::Right(_) => Err(Fault::Unavailable(Cause::new("no answer in time"))),
        };
        match settled {
            Ok(()) => self.give_back(),
            Err(fault) => {
                debug!(cause = %fault, "closing a connection to the database");
                drop(Object::take(self.connection));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Division;

    #[test]
    fn some_are_kept_and_nobody_has_all() {
        for (connections, work, kept, share, writing) in [
            (1, 1, 1, 1, 1),
            (2, 1, 1, 1, 1),
            (8, 6, 2, 2, 4),
            (16, 12, 4, 4, 8),
            (200, 196, 4, 65, 131),
        ] {
            let division = Division {
                work,
                kept,
                share,
                writing,
            };
            assert_eq!(Division::of(connections), division, "{connections}");
        }
    }
}
