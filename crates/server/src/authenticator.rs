//! Logins: passwords are compared with their hashes, guesses are throttled, and hashing is bounded.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::{Attempt, Hasher, Policy, Throttle, Verdict, Verified, VerifiedCache};
use session::{Authenticator, BoxFuture, LoginVerdict};
use store::{Account, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::{info, warn};
use wire::Secret;

use crate::environment;
use crate::lock::lock;
use crate::metrics::Metrics;

/// How long a verified login is remembered.
const VERIFIED_TTL: Duration = Duration::from_secs(5 * 60);
/// How many verified logins are remembered.
const VERIFIED_MAX: usize = 10_000;
/// How long a login waits for a core before it is refused with UNAVAILABLE.
const CORE_TIMEOUT: Duration = Duration::from_secs(10);

const GUESSES_BY_USER: Policy = Policy {
    failures_free: 5,
    delay_min: Duration::from_secs(1),
    delay_max: Duration::from_secs(5 * 60),
    forget_after: Duration::from_secs(60 * 60),
    keys_max: 100_000,
};
/// The policy by address is milder than that by user, because many people may share an address.
const GUESSES_BY_ADDRESS: Policy = Policy {
    failures_free: 20,
    ..GUESSES_BY_USER
};

/// The [`Authenticator`](session::Authenticator) of one frontend, for passwords.
pub(crate) struct PasswordAuthenticator {
    store: Store,
    metrics: Arc<Metrics>,
    throttle: Mutex<Throttle>,
    verified: Mutex<VerifiedCache>,
    cores: Arc<Semaphore>,
    /// As many hashers as there are cores; each keeps the memory that hashing takes.
    hashers: Mutex<Vec<Hasher>>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// The outcome of comparing a password with a hash.
enum Checked {
    Right,
    /// The password is right, and this is its hash by the present parameters.
    Rehashed(String),
    Wrong,
    /// The stored hash cannot be compared with anything.
    Unreadable,
}

impl fmt::Debug for PasswordAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordAuthenticator")
    }
}

impl PasswordAuthenticator {
    /// `key` is random, and another one in each process.
    pub(crate) fn new(
        store: Store,
        metrics: Arc<Metrics>,
        key: &[u8; 32],
        waiting_max: usize,
    ) -> Self {
        let cores = environment::cores();
        Self {
            store,
            metrics,
            throttle: Mutex::new(Throttle::new(GUESSES_BY_USER, GUESSES_BY_ADDRESS)),
            verified: Mutex::new(VerifiedCache::new(key, VERIFIED_MAX, VERIFIED_TTL)),
            cores: Arc::new(Semaphore::new(cores)),
            hashers: Mutex::new((0..cores).map(|_| Hasher::new()).collect()),
            waiting: AtomicUsize::new(0),
            waiting_max,
        }
    }

    async fn ask(&self, user: &str, password: &[u8], address: IpAddr) -> LoginVerdict {
        let account = match self.store.find_account(user).await {
            Ok(account) => account.filter(|account| !account.is_disabled),
            Err(fault) => {
                warn!(cause = %fault, "could not look up the account of a login");
                return LoginVerdict::Unavailable;
            }
        };
        // The cache is asked before the throttle, so that a stranger's guesses do not keep the real user out.
        if let Some(account) = &account
            && self.knows(account, password)
        {
            return LoginVerdict::Welcome(account.clone());
        }
        let Some(core) = self.wait_for_core().await else {
            return LoginVerdict::TooMany;
        };
        // The throttle is asked after the wait, so that the first answers slow down guesses on many connections.
        if !self.may_try(user, address) {
            return LoginVerdict::TooMany;
        }
        let stored = account
            .as_ref()
            .and_then(|account| account.password_hash.clone());
        let checked = self.check(password.to_vec(), stored, core).await;
        self.conclude(account, user, password, address, checked)
            .await
    }

    fn knows(&self, account: &Account, password: &[u8]) -> bool {
        let attempt = attempt(account, password);
        account.password_hash.is_some() && lock(&self.verified).knows(&attempt, environment::now())
    }

    fn may_try(&self, user: &str, address: IpAddr) -> bool {
        let verdict = lock(&self.throttle).ask(user, address, environment::now());
        match verdict {
            Verdict::Go => true,
            Verdict::Wait(_) => false,
        }
    }

    /// Waits for a core; `None` when too many wait already, or it takes too long.
    async fn wait_for_core(&self) -> Option<OwnedSemaphorePermit> {
        let waiting = Waiting::join(&self.waiting, self.waiting_max)?;
        let core = timeout(CORE_TIMEOUT, Arc::clone(&self.cores).acquire_owned()).await;
        drop(waiting);
        core.ok()?.ok()
    }

    /// Compares on a thread for blocking work, because it keeps a core busy.
    async fn check(
        &self,
        password: Vec<u8>,
        stored: Option<String>,
        core: OwnedSemaphorePermit,
    ) -> Checked {
        let hasher = lock(&self.hashers).pop().unwrap_or_default();
        let salt = environment::random_bytes();
        let hashing = environment::run_blocking(move || {
            let mut hasher = hasher;
            let checked = check(&mut hasher, &password, stored.as_deref(), salt);
            (hasher, checked)
        });
        let Some((hasher, checked)) = hashing.await else {
            return Checked::Unreadable;
        };
        lock(&self.hashers).push(hasher);
        drop(core);
        checked
    }

    async fn conclude(
        &self,
        account: Option<Account>,
        user: &str,
        password: &[u8],
        address: IpAddr,
        checked: Checked,
    ) -> LoginVerdict {
        let (account, rehashed) = match (account, checked) {
            (Some(account), Checked::Right) => (account, None),
            (Some(account), Checked::Rehashed(hash)) => (account, Some(hash)),
            (Some(account), Checked::Unreadable) => {
                warn!(user.id = %account.id, "a stored password hash cannot be verified");
                return LoginVerdict::Unavailable;
            }
            (account, Checked::Wrong) | (account @ None, _) => {
                // Never the name that was tried: it may be a password in the wrong field.
                info!(
                    user.id = account.map(|account| account.id.0),
                    client.address = %address,
                    "refused a login"
                );
                lock(&self.throttle).failed(user, address, environment::now());
                return LoginVerdict::Refused;
            }
        };
        lock(&self.throttle).succeeded(user, address, environment::now());
        lock(&self.verified).remember(&attempt(&account, password), environment::now());
        if let Some(hash) = rehashed {
            self.replace_hash(&account, &hash).await;
        }
        LoginVerdict::Welcome(account)
    }

    /// Renews a hash. The login succeeds whether or not that works.
    async fn replace_hash(&self, account: &Account, hash: &str) {
        if let Err(fault) = self.store.renew_hash(account, hash).await {
            warn!(cause = %fault, user.id = %account.id, "could not renew a password hash");
        }
    }
}

impl Authenticator for PasswordAuthenticator {
    fn login<'a>(
        &'a self,
        user: &'a str,
        password: &'a Secret,
        address: IpAddr,
    ) -> BoxFuture<'a, LoginVerdict> {
        Box::pin(async move {
            let verdict = self.ask(user, &password.0, address).await;
            self.metrics.count_login(match &verdict {
                LoginVerdict::Welcome(_) => "welcome",
                LoginVerdict::Refused => "refused",
                LoginVerdict::TooMany => "too_many",
                LoginVerdict::Unavailable => "unavailable",
            });
            verdict
        })
    }
}

/// A place in the queue for a core, which is given back when this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(queue: &'a AtomicUsize, length_max: usize) -> Option<Self> {
        if queue.fetch_add(1, Ordering::Relaxed) < length_max {
            return Some(Self(queue));
        }
        queue.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn attempt<'a>(account: &'a Account, password: &'a [u8]) -> Attempt<'a> {
    Attempt {
        account: account.id,
        password,
        version: account.password_version,
    }
}

fn check(
    hasher: &mut Hasher,
    password: &[u8],
    stored: Option<&str>,
    salt: Option<[u8; 16]>,
) -> Checked {
    let Some(stored) = stored else {
        // A hash is computed all the same, so that the time does not reveal which accounts exist.
        hasher.verify_nobody(password);
        return Checked::Wrong;
    };
    match hasher.verify(password, stored) {
        Ok(Verified::Yes) => Checked::Right,
        Ok(Verified::No) => Checked::Wrong,
        Ok(Verified::YesRehash) => salt
            .and_then(|salt| hasher.hash(password, &salt).ok())
            .map_or(Checked::Right, Checked::Rehashed),
        Err(_) => Checked::Unreadable,
    }
}
