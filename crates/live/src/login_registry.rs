//! The accounts that are logged in on this node, and whether they still may be. Sessions and passwords
//! never live here, only the versions of passwords.

use std::collections::HashMap;
use std::future::pending;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard};

use futures_util::future::select;
use mail::AccountId;
use store::{Fault, Store};
use tokio::sync::watch;

use crate::lock::lock;

/// The accounts of all sessions of one node.
#[derive(Debug)]
pub struct LoginRegistry {
    store: Store,
    /// The accounts, with the version of the password that is valid now; `None` when none is.
    versions: Mutex<HashMap<AccountId, watch::Sender<Option<i64>>>>,
}

/// The lease that a login gives a session. It ends when the password that let the session in is no longer
/// valid.
#[derive(Clone, Debug)]
pub struct LoginLease {
    version: i64,
    versions: watch::Receiver<Option<i64>>,
    other: Option<Box<Self>>,
}

impl LoginRegistry {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            versions: Mutex::default(),
        }
    }

    /// Begins a lease of `account`, which logged in with this version of its password.
    ///
    /// # Errors
    ///
    /// As the store has it.
    pub async fn welcome(&self, account: AccountId, version: i64) -> Result<LoginLease, Fault> {
        let versions = self
            .versions()
            .entry(account)
            .or_insert_with(|| watch::channel(Some(version)).0)
            .subscribe();
        // Nobody was told of changes between the check of the password and here.
        self.ask_again(&[account]).await?;
        Ok(LoginLease {
            version,
            versions,
            other: None,
        })
    }

    /// Reads which of these accounts may still be logged in, and ends the leases of the others.
    pub(crate) async fn ask_again(&self, accounts: &[AccountId]) -> Result<(), Fault> {
        let present: Vec<AccountId> = {
            let versions = self.versions();
            let is_present = |account: &&AccountId| versions.contains_key(account);
            accounts.iter().filter(is_present).copied().collect()
        };
        if present.is_empty() {
            return Ok(());
        }
        let now: HashMap<_, _> = self
            .store
            .password_versions(&present)
            .await?
            .into_iter()
            .collect();
        let versions = self.versions();
        for account in present {
            if let Some(version) = versions.get(&account) {
                let now = now.get(&account).copied();
                version.send_if_modified(|known| std::mem::replace(known, now) != now);
            }
        }
        Ok(())
    }

    /// All accounts with a lease. Those without one are forgotten.
    pub(crate) fn present(&self) -> Vec<AccountId> {
        let mut versions = self.versions();
        versions.retain(|_, version| version.receiver_count() > 0);
        versions.keys().copied().collect()
    }

    fn versions(&self) -> MutexGuard<'_, HashMap<AccountId, watch::Sender<Option<i64>>>> {
        lock(&self.versions)
    }
}

impl LoginLease {
    /// A lease that ends when this one or the other does: the other is that of an account that acts as this one.
    #[must_use]
    pub fn while_holds(self, other: Self) -> Self {
        Self {
            other: Some(Box::new(other)),
            ..self
        }
    }

    /// Whether the password was changed since, or the account disabled or deleted.
    #[must_use]
    pub fn is_over(&self) -> bool {
        *self.versions.borrow() != Some(self.version)
            || self.other.as_ref().is_some_and(|other| other.is_over())
    }

    /// Resolves when the lease is over. May be dropped at any time.
    pub async fn over(&self) {
        let this = pin!(self.changed());
        let other = pin!(async {
            match &self.other {
                // This is rare, so it is boxed rather than taking room in every session.
                Some(other) => Box::pin(other.changed()).await,
                None => pending().await,
            }
        });
        select(this, other).await;
    }

    async fn changed(&self) {
        let is_over = |now: &Option<i64>| *now != Some(self.version);
        // The sender is dropped only with the whole node.
        drop(self.versions.clone().wait_for(is_over).await);
    }
}
