//! Logins: passwords are compared with their hashes, guesses are throttled, and hashing is bounded.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::{
    Attempt, GuessCount, Guesses, Hasher, NoToken, Policy, Throttle, Token, Verdict, Verified,
    VerifiedCache, network_of,
};
use session::{Authenticator, BoxFuture, LoginVerdict};
use store::{Account, Failures, Fault, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::{field, info, warn};
use wire::Secret;

use crate::environment;
use crate::lock::lock;
use crate::metrics::{HeldUp, Metrics};

/// How long a verified login is remembered.
const VERIFIED_TTL: Duration = Duration::from_secs(5 * 60);
/// How many verified logins are remembered.
const VERIFIED_MAX: usize = 10_000;
/// How long a login waits for a core before it is refused with UNAVAILABLE.
const CORE_TIMEOUT: Duration = Duration::from_secs(10);

/// Typing errors cost nothing; whoever goes on waits for minutes.
const BY_BOTH: Policy = Policy {
    failures_free: 5,
    delay_min: Duration::from_secs(1),
    delay_max: Duration::from_secs(5 * 60),
};
const THROTTLE: Throttle = Throttle {
    by_both: BY_BOTH,
    by_both_known: Policy {
        failures_free: 100,
        ..BY_BOTH
    },
    by_network: Policy {
        failures_free: 20,
        ..BY_BOTH
    },
    by_user: Policy {
        failures_free: 100,
        ..BY_BOTH
    },
};
/// Wrong access tokens from one network. Nobody guesses one, and a right one never waits: this bounds what an old device that
/// goes on trying costs.
const BY_TOKENS: Policy = Policy {
    failures_free: 20,
    ..BY_BOTH
};

/// The [`Authenticator`](session::Authenticator) of one frontend, for passwords.
pub(crate) struct PasswordAuthenticator {
    store: Store,
    metrics: Arc<Metrics>,
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
            verified: Mutex::new(VerifiedCache::new(key, VERIFIED_MAX, VERIFIED_TTL)),
            cores: Arc::new(Semaphore::new(cores)),
            hashers: Mutex::new((0..cores).map(|_| Hasher::new()).collect()),
            waiting: AtomicUsize::new(0),
            waiting_max,
        }
    }

    async fn ask(&self, user: &str, password: &[u8], address: IpAddr) -> LoginVerdict {
        match Token::parse(password) {
            Ok(token) => self.ask_by_token(Some(&token), address).await,
            Err(NoToken::Malformed) => self.ask_by_token(None, address).await,
            Err(NoToken::Password) => self.ask_by_password(user, password, address).await,
        }
    }

    /// `None` is what looks like a token and is none. Whom a right token is of, the token says; a wrong one counts for nobody.
    async fn ask_by_token(&self, token: Option<&Token>, address: IpAddr) -> LoginVerdict {
        let found = match token {
            Some(token) => self.store.find_token(&token.hash()).await,
            None => Ok(None),
        };
        match found {
            Ok(Some((account, token))) => LoginVerdict::ByToken(account, token),
            Ok(None) => self.refuse_token(address).await.unwrap_or_else(|fault| {
                warn!(cause = %fault, "could not count a wrong access token");
                LoginVerdict::Unavailable
            }),
            Err(fault) => {
                warn!(cause = %fault, "could not look up an access token");
                LoginVerdict::Unavailable
            }
        }
    }

    async fn refuse_token(&self, address: IpAddr) -> Result<LoginVerdict, Fault> {
        let network = network_of(address);
        let wrong = self.store.wrong_tokens(network).await?;
        if !BY_TOKENS.wait(count(wrong)).is_zero() {
            self.metrics.count_held_up(HeldUp::Guesses);
            return Ok(LoginVerdict::TooMany);
        }
        info!(client.address = %address, "refused an access token");
        let now = self.store.count_wrong_token(network).await?;
        if now.count == BY_TOKENS.failures_free + 1 {
            warn!(client.network = %network, "a network tries access tokens that are none and has to wait");
        }
        Ok(LoginVerdict::Refused)
    }

    async fn ask_by_password(&self, user: &str, password: &[u8], address: IpAddr) -> LoginVerdict {
        let account = match self.store.find_account(user).await {
            Ok(account) => account.filter(|account| !account.is_disabled),
            Err(fault) => {
                warn!(cause = %fault, "could not look up the account of a login");
                return LoginVerdict::Unavailable;
            }
        };
        // The cache is asked before the throttle: who is verified has nothing to wait for.
        if let Some(account) = &account
            && self.knows(account, password)
        {
            return LoginVerdict::Welcome(account.clone());
        }
        let Some(core) = self.wait_for_core().await else {
            self.metrics.count_held_up(HeldUp::Queue);
            return LoginVerdict::TooMany;
        };
        // The throttle is asked after the wait, so that the first answers slow down guesses on many connections.
        let network = network_of(address);
        match self.verdict(account.as_ref(), user, network).await {
            Some(Verdict::Go) => {}
            Some(Verdict::Wait(_)) => {
                self.metrics.count_held_up(HeldUp::Guesses);
                return LoginVerdict::TooMany;
            }
            None => return LoginVerdict::Unavailable,
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

    /// By what was guessed on all frontends; `None` while the database is away.
    async fn verdict(
        &self,
        account: Option<&Account>,
        user: &str,
        network: IpAddr,
    ) -> Option<Verdict> {
        let account = account.map(|account| account.id);
        match self.store.wrong_passwords(account, user, network).await {
            Ok(wrong) => Some(THROTTLE.ask(&Guesses {
                by_both: count(wrong.by_both),
                by_network: count(wrong.by_network),
                by_user: count(wrong.by_user),
                is_known: wrong.is_known,
            })),
            Err(fault) => {
                warn!(cause = %fault, "could not look up wrong passwords");
                None
            }
        }
    }

    /// Counts a wrong password before it is answered, so that the next guess finds it on every frontend.
    async fn count_wrong(&self, account: Option<&Account>, user: &str, network: IpAddr) {
        let counted = self.store.count_wrong_password(user, network).await;
        let user_id = account.map(|account| field::display(account.id));
        match counted {
            Ok(now) => {
                // Once each, when the waiting begins.
                if now.by_network.count == THROTTLE.by_network.failures_free + 1 {
                    warn!(client.network = %network, "a network guesses passwords and has to wait");
                }
                if now.by_user.count == THROTTLE.by_user.failures_free + 1 {
                    warn!(
                        user.id = user_id,
                        "a password is guessed at from many networks"
                    );
                }
            }
            Err(fault) => warn!(cause = %fault, "could not count a wrong password"),
        }
    }

    /// Waits for a core; `None` when too many wait already, or it takes too long.
    async fn wait_for_core(&self) -> Option<OwnedSemaphorePermit> {
        let waiting = Waiting::join(&self.waiting, self.waiting_max, &self.metrics)?;
        let begun = environment::now();
        let core = timeout(CORE_TIMEOUT, Arc::clone(&self.cores).acquire_owned()).await;
        drop(waiting);
        self.metrics.note_login_wait(environment::now() - begun);
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
                    user.id = account.as_ref().map(|account| field::display(account.id)),
                    client.address = %address,
                    "refused a login"
                );
                let network = network_of(address);
                self.count_wrong(account.as_ref(), user, network).await;
                return LoginVerdict::Refused;
            }
        };
        let forgiven = self
            .store
            .forgive_wrong_passwords(account.id, user, network_of(address));
        if let Err(fault) = forgiven.await {
            warn!(cause = %fault, user.id = %account.id, "could not forgive wrong passwords");
        }
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
                LoginVerdict::Welcome(_) | LoginVerdict::ByToken(..) => "welcome",
                LoginVerdict::Refused => "refused",
                LoginVerdict::TooMany => "too_many",
                LoginVerdict::Unavailable => "unavailable",
            });
            verdict
        })
    }
}

/// A place in the queue for a core, which is given back when this is dropped.
struct Waiting<'a>(&'a AtomicUsize, &'a Metrics);

impl<'a> Waiting<'a> {
    fn join(queue: &'a AtomicUsize, length_max: usize, metrics: &'a Metrics) -> Option<Self> {
        if queue.fetch_add(1, Ordering::Relaxed) < length_max {
            metrics.count_waiting_login(1);
            return Some(Self(queue, metrics));
        }
        queue.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        self.1.count_waiting_login(-1);
    }
}

fn count(failures: Failures) -> GuessCount {
    GuessCount {
        failures: failures.count,
        since_last: failures.since_last,
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
