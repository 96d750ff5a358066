//! Passwords of this site: their hashes are in the database.

use std::sync::Mutex;
use std::time::Duration;

use auth::{Hasher, Verified, VerifiedCache};
use session::BoxFuture;
use store::{Account, Store};
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use super::queue::Queue;
use super::{Checked, Method};
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
    pub(super) fn new(store: Store, queue: Queue, verified: VerifiedCache) -> Self {
        Self {
            store,
            queue,
            verified: Mutex::new(verified),
            hashers: Mutex::new((0..environment::cores()).map(|_| Hasher::new()).collect()),
        }
    }

    async fn check(
        &self,
        account: Option<&Account>,
        password: &[u8],
        core: OwnedSemaphorePermit,
    ) -> Checked {
        let stored = account.and_then(|account| account.password_hash.clone());
        let compared = self.compare(password.to_vec(), stored, core).await;
        let (account, rehashed) = match (account, compared) {
            (Some(account), Compared::Right) => (account, None),
            (Some(account), Compared::Rehashed(hash)) => (account, Some(hash)),
            (Some(account), Compared::Unreadable) => {
                warn!(user.id = %account.id, "a stored password hash cannot be verified");
                return Checked::Unknown;
            }
            (_, Compared::Wrong) | (None, _) => return Checked::Wrong,
        };
        if let Some(hash) = rehashed {
            self.replace_hash(account, &hash).await;
        }
        Checked::Right(account.clone())
    }

    /// Compares on a thread for blocking work, because it keeps a core busy.
    async fn compare(
        &self,
        password: Vec<u8>,
        stored: Option<String>,
        core: OwnedSemaphorePermit,
    ) -> Compared {
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
        drop(core);
        compared
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
