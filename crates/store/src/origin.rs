//! From where somebody writes: a session, named in the record of what it did.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use acl::AccessMode;
use mail::{AccountId, SessionId, TokenId};
use tokio::sync::Semaphore;

use crate::argument::ActorRow;
use crate::background::Compute;
use crate::unchanged::Unchanged;
use crate::{Fault, Store};

/// What lets somebody in: an account by its password, or an access token, and the version that was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Login {
    /// The account that logged in.
    pub account: AccountId,
    /// The access token, where this is one.
    pub token: Option<TokenId>,
    /// As in [`Account::password_version`](crate::Account::password_version) or
    /// [`AccessToken::version`](crate::AccessToken::version).
    pub version: i64,
}

/// The access token that a session logged in by, as it was called then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// The token.
    pub id: TokenId,
    /// As its owner calls it.
    pub name: String,
    /// What its sessions may do of what the account may.
    pub mode: AccessMode,
}

/// One session of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The session that writes.
    pub session: SessionId,
    /// Who acts.
    pub account: AccountId,
    /// How the account is called now.
    pub account_name: String,
    /// Who gave the password, where that is another account.
    pub login_name: Option<String>,
    /// By which access token, where one was given instead of a password.
    pub token: Option<TokenUse>,
    /// What must hold for the session to write: its account's login, and that of who gave the password, or of the token.
    pub logins: Vec<Login>,
    /// The frontend.
    pub node: String,
    /// The client's; none at the command line.
    pub address: Option<IpAddr>,
    /// As the client calls itself (RFC 2971).
    pub client: Option<String>,
}

/// An origin, and whether the database knows it.
#[derive(Debug)]
pub(crate) struct SessionOrigin {
    session: SessionId,
    logins: Vec<Login>,
    mode: AccessMode,
    origin: Mutex<Origin>,
    is_written: AtomicBool,
    /// Of the connections for work, what the user has whose password was given.
    share: Arc<Semaphore>,
    /// Where it computes, within the share of the same user.
    compute: Compute,
    /// What is changed only while it is so.
    unchanged: Option<Unchanged>,
}

impl Store {
    /// The same store for one session: what is written through it is recorded as that session's, and
    /// denied once one of its logins has ended. Nothing is written for a session that changes nothing.
    #[must_use]
    pub fn from_origin(&self, origin: Origin) -> Self {
        let user = origin.logins.last().map_or(origin.account, |it| it.account);
        Self {
            origin: Some(Arc::new(SessionOrigin {
                share: self.inner().connections.share_of(user),
                compute: self.inner().background.compute.for_user(user),
                session: origin.session,
                logins: origin.logins.clone(),
                mode: origin
                    .token
                    .as_ref()
                    .map(|token| token.mode)
                    .unwrap_or_default(),
                origin: Mutex::new(origin),
                is_written: AtomicBool::new(false),
                unchanged: None,
            })),
            ..self.clone()
        }
    }

    /// A handle of the same session, whose changes of this account or group, and of no other, are made only if it is still so: else
    /// nothing is done, and they end with [`Fault::Stale`]. Nobody else changes it in between. `None` for a handle of no session.
    #[must_use]
    pub fn while_unchanged(&self, unchanged: Unchanged) -> Option<Self> {
        let origin = self.origin.as_ref()?;
        Some(Self {
            origin: Some(Arc::new(SessionOrigin {
                session: origin.session,
                logins: origin.logins.clone(),
                mode: origin.mode,
                origin: Mutex::new(origin.read()),
                is_written: AtomicBool::new(origin.is_written.load(Ordering::Relaxed)),
                share: Arc::clone(&origin.share),
                compute: origin.compute.clone(),
                unchanged: Some(unchanged),
            })),
            ..self.clone()
        })
    }

    /// Records from now on that the client of this session calls itself so.
    pub fn name_client(&self, client: String) {
        if let Some(session_origin) = &self.origin {
            session_origin.lock().client = Some(client);
            session_origin.is_written.store(false, Ordering::Relaxed);
        }
    }

    /// What the session of this handle may do of what its account may.
    #[must_use]
    pub fn mode(&self) -> AccessMode {
        self.origin
            .as_ref()
            .map(|origin| origin.mode)
            .unwrap_or_default()
    }

    /// The session to record a change with; known to the database from its first change on.
    pub(crate) async fn introduce(&self) -> Result<Option<i64>, Fault> {
        let Some(session_origin) = &self.origin else {
            return Ok(None);
        };
        if !session_origin.is_written.load(Ordering::Relaxed) {
            self.write_origin(&session_origin.read()).await?;
            session_origin.is_written.store(true, Ordering::Relaxed);
        }
        Ok(Some(session_origin.session()))
    }

    /// Who acts for `account`: the account of the session of this handle, where there is one.
    pub(crate) fn acting_for(&self, account: AccountId) -> AccountId {
        let origin = self.origin.as_ref();
        origin.map_or(account, |origin| origin.read().account)
    }

    /// `account` as whoever writes what is recorded: introduces the session.
    pub(crate) async fn recorded_actor(&self, account: AccountId) -> Result<ActorRow, Fault> {
        self.introduce().await?;
        Ok(self.actor(account))
    }

    /// `account` as whoever writes what nobody records.
    pub(crate) fn actor(&self, account: AccountId) -> ActorRow {
        ActorRow::of(account, self.origin.as_deref())
    }

    /// A client may say late who it is.
    #[tracing::instrument(name = "db.write_origin", skip_all)]
    async fn write_origin(&self, origin: &Origin) -> Result<(), Fault> {
        sqlx::query!(
            // It waits for no standby: what is written with it does, and cannot be there without what was written before.
            "with unconfirmed as (select set_config('synchronous_commit', 'local', true))
             insert into origin as known (
               session, account, account_name, login_name, node, address, client, token, token_name
             )
             select $1::bigint, $2::bigint, $3::text, $4::text, $5::text, $6::text, $7::text, $8::bigint, $9::text from unconfirmed
             on conflict (session) do update
                set client = coalesce(excluded.client, known.client)",
            origin.session.to_i64(),
            origin.account.0,
            origin.account_name,
            origin.login_name,
            origin.node,
            origin.address.map(|address| address.to_string()),
            origin.client,
            origin.token.as_ref().map(|token| token.id.0),
            origin.token.as_ref().map(|token| token.name.as_str()),
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }
}

impl SessionOrigin {
    /// What is changed only while it is so.
    pub(crate) const fn unchanged(&self) -> Option<&Unchanged> {
        self.unchanged.as_ref()
    }

    pub(crate) fn session(&self) -> i64 {
        self.session.to_i64()
    }

    pub(crate) fn logins(&self) -> &[Login] {
        &self.logins
    }

    pub(crate) fn compute(&self) -> &Compute {
        &self.compute
    }

    pub(crate) fn share(&self) -> Arc<Semaphore> {
        self.share.clone()
    }

    pub(crate) fn read(&self) -> Origin {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Origin> {
        // Nothing panics while it is held.
        self.origin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
