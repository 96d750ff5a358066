//! Passwords of this site: their hashes are in the database.

use std::sync::Mutex;
use std::time::Duration;

use auth::{Hasher, ScramVerifier, Verified, VerifiedCache};
use session::BoxFuture;
use store::{Account, Fault, Store};
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use super::queue::Queue;
use super::{Checked, Method};
use crate::config::Verifiers;
use crate::environment;
use crate::lock::lock;

/// How long a verified login is remembered.
pub(super) const VERIFIED_TTL: Duration = Duration::from_secs(5 * 60);

/// Compares passwords with their hashes, one on each core at a time.
pub(super) struct Hashes {
    store: Store,
    queue: Queue,
    verified: Mutex<VerifiedCache>,
    /// As many hashers as there are cores; each keeps the memory that hashing takes.
    hashers: Mutex<Vec<Hasher>>,
    verifiers: Verifiers,
}

/// The outcome of comparing a password with a hash.
enum Compared {
    Right,
    /// The password is right, and this is its hash by the present parameters.
    Rehashed(String),
    Wrong,
    /// The stored hash cannot be compared with anything.
    Unreadable,
}

impl Hashes {
    /// `queue` has a place for each core.
    pub(super) fn new(
        store: Store,
        queue: Queue,
        verified: VerifiedCache,
        verifiers: Verifiers,
    ) -> Self {
        Self {
            store,
            queue,
            verified: Mutex::new(verified),
            hashers: Mutex::new((0..environment::cores()).map(|_| Hasher::new()).collect()),
            verifiers,
        }
    }

    async fn check(
        &self,
        account: Option<&Account>,
        password: &[u8],
        // Kept until all is computed.
        _core: OwnedSemaphorePermit,
    ) -> Checked {
        let stored = account.and_then(|account| account.password_hash.clone());
        let compared = self.compare(password.to_vec(), stored.clone()).await;
        let (account, hash) = match (account, compared) {
            (Some(account), Compared::Right) => (account, stored),
            (Some(account), Compared::Rehashed(hash)) => {
                self.replace_hash(account, &hash).await;
                (account, Some(hash))
            }
            (Some(account), Compared::Unreadable) => {
                warn!(user.id = %account.id, "a stored password hash cannot be verified");
                return Checked::Unknown;
            }
            (_, Compared::Wrong) | (None, _) => return Checked::Wrong,
        };
        if let (Verifiers::Kept, Some(hash)) = (self.verifiers, hash) {
            self.keep_verifier(account, &hash, password.to_vec()).await;
        }
        Checked::Right(account.clone())
    }

    /// Compares on a thread for blocking work, because it keeps a core busy.
    async fn compare(&self, password: Vec<u8>, stored: Option<String>) -> Compared {
        let hasher = lock(&self.hashers).pop().unwrap_or_default();
        let salt = environment::random_bytes();
        let hashing = environment::run_blocking(move || {
            let mut hasher = hasher;
            let compared = compare(&mut hasher, &password, stored.as_deref(), salt);
            (hasher, compared)
        });
        let Some((hasher, compared)) = hashing.await else {
            return Compared::Unreadable;
        };
        lock(&self.hashers).push(hasher);
        compared
    }

    /// Makes by what the owner of the account can prove that he knows the password, unless that was made before.
    async fn keep_verifier(&self, account: &Account, hash: &str, password: Vec<u8>) {
        let kept: Result<(), Fault> = async {
            let prover = self.store.find_prover(&account.name).await?;
            if prover.verifier.is_some() {
                return Ok(());
            }
            let made = move || ScramVerifier::of_password(&password, &prover.salt).to_string();
            match environment::run_blocking(made).await {
                Some(verifier) => self.store.keep_verifier(account.id, hash, &verifier).await,
                None => Ok(()),
            }
        }
        .await;
        if let Err(fault) = kept {
            warn!(cause = %fault, user.id = %account.id, "could not keep what proves a password");
        }
    }

    /// Renews a hash. The login succeeds whether or not that works.
    async fn replace_hash(&self, account: &Account, hash: &str) {
        if let Err(fault) = self.store.renew_hash(account, hash).await {
            warn!(cause = %fault, user.id = %account.id, "could not renew a password hash");
        }
    }
}

impl Method for Hashes {
    fn queue(&self) -> &Queue {
        &self.queue
    }

    fn verified(&self) -> &Mutex<VerifiedCache> {
        &self.verified
    }

    fn check<'a>(
        &'a self,
        account: Option<&'a Account>,
        _user: &'a str,
        password: &'a [u8],
        turn: OwnedSemaphorePermit,
    ) -> BoxFuture<'a, Checked> {
        Box::pin(self.check(account, password, turn))
    }
}

fn compare(
    hasher: &mut Hasher,
    password: &[u8],
    stored: Option<&str>,
    salt: Option<[u8; 16]>,
) -> Compared {
    let Some(stored) = stored else {
        // A hash is computed all the same, so that the time does not reveal which accounts exist.
        hasher.verify_nobody(password);
        return Compared::Wrong;
    };
    match hasher.verify(password, stored) {
        Ok(Verified::Yes) => Compared::Right,
        Ok(Verified::No) => Compared::Wrong,
        Ok(Verified::YesRehash) => salt
            .and_then(|salt| hasher.hash(password, &salt).ok())
            .map_or(Compared::Right, Compared::Rehashed),
        Err(_) => Compared::Unreadable,
    }
}
