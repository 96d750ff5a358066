//! Whether the database is reached, and being told that it is elsewhere.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use sqlx::{Connection as _, PgConnection};

use crate::connections::ACQUIRE_TIMEOUT;
use crate::pool::is_starting;
use crate::probe::ProbeConnection;
use crate::servers::Servers;
use crate::{Cause, Fault, ObjectIds, Store, wake};

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
        let opened = inner.database().connect(&inner.background.sleep).await;
        let mut connection = opened.map_err(Fault::of_opening)?;
        let found_another = || inner.whereabouts.let_go();
        inner.history.read(&mut connection, found_another).await?;
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
        match Servers::parse(url)?.connect_once().await {
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

    /// Whether a notification arrives at whoever listens, within so long: not where a pooler hands out connections for one
    /// transaction each.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the database cannot be reached, or takes no LISTEN.
    pub async fn hears_notifications(&self, within: Duration) -> Result<bool, Fault> {
        let inner = self.inner();
        // Nobody else listens there, and those who ask at the same time do not mind one another.
        let channel = "postroom_trial";
        let mut listener = wake::connect_listener(inner, [channel]).await?;
        sqlx::query!("select pg_notify($1, '')", channel)
            .execute(&mut *self.kept().await?)
            .await?;
        let too_late = (inner.background.sleep)(within);
        match select(pin!(listener.recv()), too_late).await {
            Either::Left((heard, _)) => Ok(heard.is_ok()),
            Either::Right(_) => Ok(false),
        }
    }

    /// What is asked at `database` by a connection of its own, which is closed then: it waits for none of ours, and for nobody
    /// who does not answer.
    pub(crate) async fn ask_apart<T>(
        &self,
        database: &Servers,
        ask: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Fault> {
        let asking = pin!(async {
            let mut connection = database.connect_once().await.map_err(Fault::of_opening)?;
            let answer = ask(&mut connection).await?;
            connection.close().await?;
            Ok(answer)
        });
        let too_late = (self.inner().background.sleep)(ACQUIRE_TIMEOUT);
        match select(asking, too_late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(Fault::Unavailable(Cause::new("no answer in time"))),
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
        let name = inner.database().node_name().map(str::to_owned);
        let database = Servers::parse(url)?.application_name(name.as_deref().unwrap_or_default());
        let ids = self
            .ask_apart(&database, async |connection| {
                ObjectIds::read(connection).await
            })
            .await?;
        if !ids.is_same(&inner.object_ids) {
            let cause = Cause::new("it is another database, which needs a restart");
            return Err(Fault::Broken(cause));
        }
        inner.whereabouts.replace(database);
        inner.connections.let_go();
        inner.probe.let_go();
        Ok(())
    }

    /// Uses `url` for all connections to standbys from now on. Nothing changes where there were none.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when it is no URL of a database; then nothing has changed.
    pub fn move_standbys_to(&self, url: &str) -> Result<(), Fault> {
        let servers = Servers::parse_standbys(url)?;
        if let Some(standbys) = &self.inner().connections.standbys {
            let name = self.inner().database().node_name().map(str::to_owned);
            let servers = servers.application_name(name.as_deref().unwrap_or_default());
            standbys.whereabouts().replace(servers);
        }
        Ok(())
    }
}
