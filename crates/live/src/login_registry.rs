//! The accounts that are logged in on this node, and whether they still may be. Sessions, passwords and access tokens never live
//! here, only the versions of them.

use std::collections::HashMap;
use std::future::pending;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard};

use futures_util::future::select;
use mail::{AccountId, MailboxId, TokenId};
use store::{Fault, Login, LoginVersion, Store};
use tokio::sync::watch;

use crate::lock::lock;

/// The logins of all sessions of one node.
#[derive(Debug)]
pub struct LoginRegistry {
    store: Store,
    /// What let somebody in, with the version that is valid now; `None` when none is.
    versions: Mutex<HashMap<Key, watch::Sender<Option<LoginVersion>>>>,
    /// Leases that end at a time, whatever is stored.
    terms: Mutex<Vec<watch::Sender<Option<LoginVersion>>>>,
}

/// An account, or one of its access tokens.
type Key = (AccountId, Option<TokenId>);

/// The lease that a login gives a session. It ends when what let the session in is no longer valid.
#[derive(Clone, Debug)]
pub struct LoginLease {
    version: i64,
    versions: watch::Receiver<Option<LoginVersion>>,
    other: Option<Box<Self>>,
}

impl LoginRegistry {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            versions: Mutex::default(),
            terms: Mutex::default(),
        }
    }

    /// Begins a lease of what let somebody in: one login, or two of which each has to hold. Both are asked for at once.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn welcome(&self, login: Login, other: Option<Login>) -> Result<LoginLease, Fault> {
        let lease = self.begin(login);
        let lease = match other {
            Some(other) => lease.while_holds(self.begin(other)),
            None => lease,
        };
        // Nobody was told of changes between the check of the password and here.
        let keys = [Some(login), other].into_iter().flatten();
        let keys: Vec<Key> = keys.map(|login| (login.account, login.token)).collect();
        self.ask_again(&keys).await?;
        Ok(lease)
    }

    fn begin(&self, login: Login) -> LoginLease {
        let key = (login.account, login.token);
        let version = LoginVersion {
            version: login.version,
            expires_at: None,
        };
        let versions = self
            .versions()
            .entry(key)
            .or_insert_with(|| watch::channel(Some(version)).0)
            .subscribe();
        LoginLease {
            version: login.version,
            versions,
            other: None,
        }
    }

    /// A lease that ends at `end`, in seconds since 1970, whatever becomes of what let somebody in.
    #[must_use]
    pub fn until(&self, end: i64) -> LoginLease {
        let term = LoginVersion {
            version: 0,
            expires_at: Some(end),
        };
        let (sender, versions) = watch::channel(Some(term));
        lock(&self.terms).push(sender);
        LoginLease {
            version: term.version,
            versions,
            other: None,
        }
    }

    /// Reads which of the logins of `account` still hold, and ends the leases of the others.
    pub(crate) async fn ask_again_for(&self, account: AccountId) -> Result<(), Fault> {
        self.ask_again_where(|key, _| key.0 == account).await
    }

    /// The same for those that opened a tree in which `mailbox` is: a right may have been withdrawn that they live by.
    pub(crate) async fn ask_again_at(&self, mailbox: MailboxId) -> Result<(), Fault> {
        let tokens: Vec<TokenId> = self.versions().keys().filter_map(|key| key.1).collect();
        if tokens.is_empty() {
            return Ok(());
        }
        let concerned = self.store.tokens_concerned(mailbox, &tokens).await?;
        let is_concerned = |key: &Key| key.1.is_some_and(|token| concerned.contains(&token));
        self.ask_again_where(|key, _| is_concerned(key)).await
    }

    /// The same for those that end by themselves, and whose time is up at `now`, in seconds since 1970. Asks nobody where
    /// there are none.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn end_expired(&self, now: i64) -> Result<(), Fault> {
        let is_due = |version: Option<LoginVersion>| {
            version
                .and_then(|version| version.expires_at)
                .is_some_and(|end| end <= now)
        };
        lock(&self.terms).retain(|term| {
            if is_due(*term.borrow()) {
                term.send_replace(None);
            }
            term.receiver_count() > 0 && term.borrow().is_some()
        });
        self.ask_again_where(|_, version| is_due(version)).await
    }

    /// The same for all.
    pub(crate) async fn compare(&self) -> Result<(), Fault> {
        self.forget_absent();
        self.ask_again_where(|_, _| true).await
    }

    async fn ask_again_where(
        &self,
        is_meant: impl Fn(&Key, Option<LoginVersion>) -> bool,
    ) -> Result<(), Fault> {
        let keys: Vec<Key> = {
            let versions = self.versions();
            let meant = versions
                .iter()
                .filter(|(key, version)| is_meant(key, *version.borrow()));
            meant.map(|(key, _)| *key).collect()
        };
        self.ask_again(&keys).await
    }

    async fn ask_again(&self, keys: &[Key]) -> Result<(), Fault> {
        if keys.is_empty() {
            return Ok(());
        }
        let now = self.store.login_versions(keys).await?;
        let now: HashMap<Key, LoginVersion> = now
            .into_iter()
            .map(|(account, token, version)| ((account, token), version))
            .collect();
        let versions = self.versions();
        for key in keys {
            if let Some(version) = versions.get(key) {
                let now = now.get(key).copied();
                version.send_if_modified(|known| std::mem::replace(known, now) != now);
            }
        }
        Ok(())
    }

    /// Forgets what nobody has a lease of.
    fn forget_absent(&self) {
        self.versions()
            .retain(|_, version| version.receiver_count() > 0);
    }

    fn versions(&self) -> MutexGuard<'_, HashMap<Key, watch::Sender<Option<LoginVersion>>>> {
        lock(&self.versions)
    }
}

impl LoginLease {
    /// A lease that ends when this one or the other does: that of an account that acts as this one, or of the access token that
    /// was given for it, and the time of what was given. Two others are followed at most.
    #[must_use]
    pub fn while_holds(self, other: Self) -> Self {
        let other = match self.other {
            Some(before) => before.while_holds(other),
            None => other,
        };
        Self {
            other: Some(Box::new(other)),
            ..self
        }
    }

    /// Whether the password was changed since, the account disabled or deleted, or the token withdrawn.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_other(self.versions.borrow().as_ref())
            || self.other.as_ref().is_some_and(|other| other.is_over())
    }

    /// Resolves when the lease is over. May be dropped at any time.
    pub async fn over(&self) {
        let this = pin!(self.changed());
        let other = pin!(async {
            match &self.other {
                // This is rare, so it is boxed rather than taking room in every session.
                Some(other) => Box::pin(other.over_with_the_next()).await,
                None => pending().await,
            }
        });
        select(this, other).await;
    }

    async fn over_with_the_next(&self) {
        match &self.other {
            Some(next) => {
                select(pin!(self.changed()), pin!(next.changed())).await;
            }
            None => self.changed().await,
        }
    }

    async fn changed(&self) {
        let is_over = |now: &Option<LoginVersion>| self.is_other(now.as_ref());
        // The sender is dropped only with the whole node.
        drop(self.versions.clone().wait_for(is_over).await);
    }

    fn is_other(&self, now: Option<&LoginVersion>) -> bool {
        now.is_none_or(|now| now.version != self.version)
    }
}
