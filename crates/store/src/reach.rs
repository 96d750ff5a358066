//! Whether the database is reached, and being told that it is elsewhere.

use std::pin::pin;

use futures_util::future::{Either, select};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::connect::address_of;
use crate::connections::ACQUIRE_TIMEOUT;
use crate::pool::is_starting;
use crate::probe::ProbeConnection;
use crate::{Cause, Fault, ObjectIds, Store};

impl Store {
    /// Whether the database answers, however busy this node's pool is. A connection that was lost meanwhile is opened
    /// anew; when this is dropped before its end, the connection is closed.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when it does not.
    #[tracing::instrument(name = "db.probe", skip_all)]
    pub async fn probe(&self) -> Result<(), Fault> {
        let inner = self.inner();
        let mut kept = inner.probe.connection.lock().await;
        let moves = inner.whereabouts.moves();
        if let Some(mut own) = kept.take().filter(|own| own.moves == moves) {
            if own.connection.ping().await.is_ok() {
                *kept = Some(own);
                return Ok(());
            }
            inner.suspect_all();
        }
        let opened = inner.database().connect().await;
        let mut connection = opened.map_err(Fault::of_opening)?;
        connection.ping().await?;
        *kept = Some(ProbeConnection { connection, moves });
        Ok(())
    }

    /// Why the database at `url` takes no connection yet, where time may mend that: it is starting, its machine or name is not there
    /// yet, or it has no connection left. `None` when it takes one.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when it refuses for another reason, such as a wrong password, [`Fault::Broken`] when `url` is none.
    pub async fn why_not_yet(url: &str) -> Result<Option<String>, Fault> {
        match address_of(url)?.connect().await {
            Ok(connection) => {
                // It has said what was asked, however it ends.
                drop(connection.close().await);
                Ok(None)
            }
            Err(error) if is_starting(&error) || matches!(error, sqlx::Error::Io(_)) => {
                Ok(Some(error.to_string()))
            }
            Err(error) => Err(Fault::of_opening(error)),
        }
    }

    /// Uses `url` for all connections from now on, and lets go those that are open as they become free. It must lead to
    /// the same database, as after its password has changed or under another name.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it cannot be reached there, or is another database; then nothing has changed.
    pub async fn move_to(&self, url: &str) -> Result<(), Fault> {
        let inner = self.inner();
        let name = inner.database().get_application_name().map(str::to_owned);
        let database = address_of(url)?.application_name(name.as_deref().unwrap_or_default());
        let tried = database.clone();
        let trying = pin!(async {
            let mut connection = tried.connect().await?;
            let ids = ObjectIds::read(&mut connection).await?;
            connection.close().await?;
            Ok::<_, Fault>(ids)
        });
        let too_late = (inner.background.sleep)(ACQUIRE_TIMEOUT);
        let ids = match select(trying, too_late).await {
            Either::Left((ids, _)) => ids?,
            Either::Right(_) => return Err(Fault::Unavailable(Cause::new("no answer in time"))),
        };
        if !ids.is_same(&inner.object_ids) {
            let cause = Cause::new("it is another database, which needs a restart");
            return Err(Fault::Broken(cause));
        }
        inner.whereabouts.replace(database);
        inner.connections.let_go();
        inner.probe.let_go();
        Ok(())
    }
}
