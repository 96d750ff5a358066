//! Reading rows of contents: from a standby, where one has them, else from the primary.

use std::borrow::Cow;
use std::collections::HashSet;
use std::future::ready;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::{PoolError, Timeouts};
use futures_util::future::{BoxFuture, Either, FutureExt as _, select};

use crate::pool::PooledConnection;
use crate::standbys::Standbys;
use crate::{Cause, Fault, Store};

/// How long whoever reads waits for a connection to a standby, and for its answer, before the primary is asked.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How often somebody asks who wants to know.
const ATTEMPTS: u32 = 3;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);
const SILENT: &str = "it does not answer";

/// The rows of some numbers.
pub(crate) type Rows<'a, R> = BoxFuture<'a, Result<Vec<R>, sqlx::Error>>;

impl Store {
    /// Rows of `content` by their numbers, in any order: from a standby, if there is one that has them, else from the
    /// primary. What has been collected is missing.
    pub(crate) async fn read_contents<R: Send>(
        &self,
        numbers: &[i64],
        read: impl for<'a> Fn(&'a mut PooledConnection, &'a [i64]) -> Rows<'a, R> + Send + Sync,
        number: impl Fn(&R) -> i64 + Send + Sync,
    ) -> Result<Vec<R>, Fault> {
        let Some(standbys) = &self.inner().connections.standbys else {
            return Ok(read(&mut *self.connection().await?, numbers).await?);
        };
        let mut rows = self.read_there(standbys, numbers, &read).await;
        let missing = without(numbers, &rows.iter().map(number).collect());
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        standbys
            .given
            .fetch_add(count(rows.len()), Ordering::Relaxed);
        standbys
            .missed
            .fetch_add(count(missing.len()), Ordering::Relaxed);
        if !missing.is_empty() {
            rows.extend(read(&mut *self.connection().await?, &missing).await?);
        }
        Ok(rows)
    }

    /// Whether a standby can be read from now. One that follows the primary may be behind by a moment.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] with what the last of several attempts within a second met with.
    pub async fn reach_standby(&self) -> Result<(), Fault> {
        let Some(standbys) = &self.inner().connections.standbys else {
            return Err(Fault::Unavailable(Cause::new("none is configured")));
        };
        let mut attempts = ATTEMPTS;
        loop {
            attempts -= 1;
            match self.ask_standby(standbys, &[], &nothing).await {
                Ok(_) => return Ok(()),
                Err(cause) if attempts == 0 => return Err(Fault::Unavailable(cause)),
                Err(_) => (self.inner().background.sleep)(BETWEEN_ATTEMPTS).await,
            }
        }
    }

    /// What a standby has; nothing where none can be asked.
    async fn read_there<R: Send>(
        &self,
        standbys: &Standbys,
        numbers: &[i64],
        read: &(impl for<'a> Fn(&'a mut PooledConnection, &'a [i64]) -> Rows<'a, R> + Send + Sync),
    ) -> Vec<R> {
        let now = self.now();
        if standbys.rests(now) {
            return Vec::new();
        }
        match self.ask_standby(standbys, numbers, read).await {
            Ok(Some(rows)) => {
                standbys.become_used();
                rows
            }
            Ok(None) => Vec::new(),
            Err(cause) => {
                standbys.rest(self.now(), &cause);
                Vec::new()
            }
        }
    }

    /// `None` where all connections to standbys are in use.
    async fn ask_standby<R: Send>(
        &self,
        standbys: &Standbys,
        numbers: &[i64],
        read: &(impl for<'a> Fn(&'a mut PooledConnection, &'a [i64]) -> Rows<'a, R> + Send + Sync),
    ) -> Result<Option<Vec<R>>, Cause> {
        self.note_history().await.map_err(Cause::new)?;
        let sleep = &self.inner().background.sleep;
        let at_once = Timeouts {
            wait: Some(Duration::ZERO),
            ..Timeouts::new()
        };
        let connection = match select(
            pin!(standbys.pool().timeout_get(&at_once)),
            sleep(CONNECT_TIMEOUT),
        )
        .await
        {
            Either::Left((Ok(connection), _)) => connection,
            Either::Left((Err(PoolError::Backend(error)), _)) => return Err(Cause::new(error)),
            Either::Left((Err(_), _)) => return Ok(None),
            Either::Right(_) => return Err(Cause::new(SILENT)),
        };
        let mut held = self.inner().connections.held(connection, None);
        match select(read(&mut held, numbers), sleep(ANSWER_TIMEOUT)).await {
            Either::Left((rows, _)) => rows.map(Some).map_err(Cause::new),
            Either::Right(_) => Err(Cause::new(SILENT)),
        }
    }
}

fn without<'a>(numbers: &'a [i64], found: &HashSet<i64>) -> Cow<'a, [i64]> {
    if found.is_empty() {
        return Cow::Borrowed(numbers);
    }
    let missing = numbers.iter().filter(|number| !found.contains(number));
    missing.copied().collect()
}

fn nothing<'a>(_: &'a mut PooledConnection, _: &'a [i64]) -> Rows<'a, ()> {
    ready(Ok(Vec::new())).boxed()
}
