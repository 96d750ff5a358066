//! What site administrators do with accounts and groups: by a session it is done only while the session's login holds and its account
//! administers the site, and it is recorded as that session's.

use sqlx::{Executor as _, PgConnection};

use crate::argument::ActorRow;
use crate::connections::Held;
use crate::{Fault, Store};

/// Something that is done at once, or not at all. Dropped before its end it is not done.
pub(crate) struct Administration {
    connection: Held,
    /// Who does it; nobody is asked at the command line, where whoever reaches the database may do everything.
    administrator: Option<ActorRow>,
}

impl Store {
    /// Begins to do something that only site administrators may do.
    pub(crate) async fn administer(&self) -> Result<Administration, Fault> {
        let administrator = match &self.origin {
            None => None,
            Some(origin) => Some(self.recorded_actor(origin.read().account).await?),
        };
        let mut connection = self.connection().await?;
        if let Some(ActorRow {
            account, session, ..
        }) = &administrator
        {
            let connection = connection.apart();
            connection.execute("begin").await?;
            if let Some(unchanged) = self.origin.as_ref().and_then(|it| it.unchanged()) {
                unchanged.check(&mut *connection).await?;
            }
            sqlx::query!(
                "select set_config('postroom.session', $1, true) as session, set_config('postroom.account', $2, true) as account",
                session.map(|session| session.to_string()),
                account.to_string(),
            )
            .fetch_one(connection)
            .await?;
        }
        Ok(Administration {
            connection,
            administrator,
        })
    }
}

impl Administration {
    /// By which it is done.
    pub(crate) fn executor(&mut self) -> &mut PgConnection {
        self.connection.apart()
    }

    /// It is done, unless whoever does it may not. After what ends logins waited for those who write, so that nobody who waits long
    /// does what he may no longer do.
    pub(crate) async fn finish(mut self) -> Result<(), Fault> {
        if let Some(administrator) = self.administrator.take() {
            let connection = self.connection.apart();
            sqlx::query!(
                "select check_administrator(_actor => $1)",
                administrator as ActorRow
            )
            .execute(&mut *connection)
            .await?;
            connection.execute("commit").await?;
        }
        self.connection.end_apart();
        Ok(())
    }
}
