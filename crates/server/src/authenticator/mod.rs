//! Logins: passwords are checked by one method or another, guesses are throttled, and what is done at a time is bounded.

mod by_directory;
mod hashes;
mod queue;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::{
    Attempt, GuessCount, Guesses, NoToken, Policy, Throttle, Token, Verdict, VerifiedCache,
    network_of,
};
use ldap::Directory;
use session::{Authenticator, BoxFuture, LoginVerdict};
use store::{Account, Failures, Fault, Store};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{field, info, warn};
use wire::Secret;

use crate::config::Config;
use crate::environment;
use crate::lock::lock;
use crate::metrics::{HeldUp, Metrics};
use by_directory::ByDirectory;
use hashes::{Hashes, VERIFIED_TTL};
use queue::Queue;

/// How many verified logins are remembered of each method.
const VERIFIED_MAX: usize = 10_000;

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
    hashes: Hashes,
    by_directory: Option<ByDirectory>,
}

/// A way to find out whether a password is right (docs/adr/0104-a-directory-checks-passwords.md). What it waits for, the throttle, what
/// is remembered and what is written down are the same for each.
trait Method: Send + Sync {
    /// Where logins wait for it.
    fn queue(&self) -> &Queue;
    /// What it has found right lately.
    fn verified(&self) -> &Mutex<VerifiedCache>;
    /// Whether this is the password of `account`, or of whoever is called `user` and has no account yet.
    fn check<'a>(
        &'a self,
        account: Option<&'a Account>,
        user: &'a str,
        password: &'a [u8],
        turn: OwnedSemaphorePermit,
    ) -> BoxFuture<'a, Checked>;
}

/// What a method says of a password.
enum Checked {
    /// It is right, and this is whose.
    Right(Account),
    Wrong,
    /// Nobody can say, which is no wrong password.
    Unknown,
}

impl fmt::Debug for PasswordAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordAuthenticator")
    }
}

impl PasswordAuthenticator {
    /// `key` is random, and another one in each process.
    pub(crate) fn new(
        config: &Config,
        store: &Store,
        directory: Option<&Arc<Directory>>,
        metrics: &Arc<Metrics>,
        key: &[u8; 32],
    ) -> Self {
        let queue = |places| Queue::new(places, config.login.waiting_max, Arc::clone(metrics));
        let cache = |ttl| VerifiedCache::new(key, VERIFIED_MAX, ttl);
        let by_directory = config.ldap.as_ref().zip(directory);
        let by_directory = by_directory.map(|(ldap, directory)| ByDirectory {
            directory: Arc::clone(directory),
            store: store.clone(),
            queue: queue(ldap.connections),
            verified: Mutex::new(cache(ldap.recheck)),
            newcomers: ldap.newcomers_at_login(),
            metrics: Arc::clone(metrics),
        });
        Self {
            store: store.clone(),
            metrics: Arc::clone(metrics),
            hashes: Hashes::new(
                store.clone(),
                queue(environment::cores()),
                cache(VERIFIED_TTL),
            ),
            by_directory,
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
            Ok(account) => account,
            Err(fault) => {
                warn!(cause = %fault, "could not look up the account of a login");
                return LoginVerdict::Unavailable;
            }
        };
        let method = self.method_for(account.as_ref(), user);
        let account = account.filter(|account| !account.is_disabled);
        // The cache is asked before the throttle: who is verified has nothing to wait for.
        if let Some(account) = &account
            && lock(method.verified()).knows(&attempt(account, password), environment::now())
        {
            return LoginVerdict::Welcome(account.clone());
        }
        let Some(turn) = method.queue().turn().await else {
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
        match method.check(account.as_ref(), user, password, turn).await {
            Checked::Right(account) => {
                self.welcome(&account, user, network).await;
                let attempt = attempt(&account, password);
                lock(method.verified()).remember(&attempt, environment::now());
                LoginVerdict::Welcome(account)
            }
            Checked::Wrong => {
                // Never the name that was tried: it may be a password in the wrong field.
                info!(
                    user.id = account.as_ref().map(|account| field::display(account.id)),
                    client.address = %address,
                    "refused a login"
                );
                self.count_wrong(account.as_ref(), user, network).await;
                LoginVerdict::Refused
            }
            Checked::Unknown => LoginVerdict::Unavailable,
        }
    }

    /// The directory, for the names that it is asked about; an administrator with a password of this site gets in without it.
    fn method_for(&self, account: Option<&Account>, user: &str) -> &dyn Method {
        let is_ours =
            account.is_some_and(|account| account.is_admin && account.password_hash.is_some());
        match &self.by_directory {
            Some(by_directory) if !is_ours && by_directory.concerns(user) => by_directory,
            Some(_) | None => &self.hashes,
        }
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

    async fn welcome(&self, account: &Account, user: &str, network: IpAddr) {
        let forgiven = self
            .store
            .forgive_wrong_passwords(account.id, user, network);
        if let Err(fault) = forgiven.await {
            warn!(cause = %fault, user.id = %account.id, "could not forgive wrong passwords");
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
