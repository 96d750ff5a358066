//! Who is signed in at the web pages, on whichever frontend (docs/adr/0096-a-page-for-leads-and-devices.md). Of what a browser keeps only
//! a hash comes here.

use std::time::Duration;

use mail::SessionId;
use mail::limits::{
    WEB_CONFIRMED_MINUTES_MAX, WEB_SESSION_HOURS_MAX, WEB_SESSION_IDLE_MINUTES_MAX,
};

use crate::keeping::interval;
use crate::{Account, Cause, Fault, Store, account};

/// A session at the web pages, by a login that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// By which the record of activity knows it.
    pub session: SessionId,
    /// Who has signed in.
    pub account: Account,
    /// How.
    pub by: SignedInBy,
}

/// How somebody signed in at the web pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedInBy {
    /// By a password.
    Password,
    /// By an identity provider.
    Provider,
    /// By an identity provider that was asked to look at him again, and has done so a moment ago.
    ProviderAgain,
}

const LIFETIME: Duration = Duration::from_secs(WEB_SESSION_HOURS_MAX * 60 * 60);
const CONFIRMED: Duration = Duration::from_secs(WEB_CONFIRMED_MINUTES_MAX * 60);
const IDLE: Duration = Duration::from_secs(WEB_SESSION_IDLE_MINUTES_MAX * 60);

impl Store {
    /// Begins a session of an account whose password was right, or whom an identity provider has named.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] where the login does not hold any more; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.begin_web_session", skip_all)]
    pub async fn begin_web_session(
        &self,
        account: &Account,
        session: SessionId,
        hash: &[u8; 32],
        by: SignedInBy,
    ) -> Result<(), Fault> {
        sqlx::query!(
            "select open_web_session(
                      _account => $1, _password_version => $2, _hash => $3, _session => $4, _lifetime => $5,
                      _by_provider => $6, _is_confirmed => $7)",
            account.id.0,
            account.password_version,
            &hash[..],
            session.to_i64(),
            interval(LIFETIME),
            by != SignedInBy::Password,
            by == SignedInBy::ProviderAgain,
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    /// The session of this hash while it holds: until its time is over, nobody has used it for a while, its account has another
    /// password or is disabled, or somebody has ended it.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.use_web_session", skip_all)]
    pub async fn use_web_session(&self, hash: &[u8; 32]) -> Result<Option<WebSession>, Fault> {
        let row = sqlx::query!(
            r#"select session as "session!", id as "id!", name as "name!", password_hash,
                      password_version as "password_version!", is_admin as "is_admin!",
                      by_provider as "by_provider!", is_confirmed as "is_confirmed!"
                 from find_web_session(_hash => $1, _idle => $2, _confirmed_for => $3)"#,
            &hash[..],
            interval(IDLE),
            interval(CONFIRMED),
        )
        .fetch_optional(&mut *self.kept().await?)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let session = SessionId::from_i64(row.session)
            .ok_or_else(|| Fault::Broken(Cause::new("a session out of range")))?;
        let account = account::Row {
            id: row.id,
            name: row.name,
            password_hash: row.password_hash,
            password_version: row.password_version,
            is_admin: row.is_admin,
            is_disabled: false,
        };
        Ok(Some(WebSession {
            session,
            account: Account::from(account),
            by: match (row.by_provider, row.is_confirmed) {
                (false, _) => SignedInBy::Password,
                (true, false) => SignedInBy::Provider,
                (true, true) => SignedInBy::ProviderAgain,
            },
        }))
    }

    /// Ends the session of this hash, if there is one.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.end_web_session", skip_all)]
    pub async fn end_web_session(&self, hash: &[u8; 32]) -> Result<(), Fault> {
        sqlx::query!("delete from web_session where hash = $1", &hash[..])
            .execute(&mut *self.connection().await?)
            .await?;
        Ok(())
    }

    /// Deletes what holds no longer; returns how many.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.trim_web_sessions", skip_all)]
    pub async fn trim_web_sessions(&self) -> Result<u64, Fault> {
        let over = ("web_session", "expires_at", Duration::ZERO);
        self.trim_old_rows(&[over, ("web_session", "used_at", IDLE)])
            .await
    }
}
