//! Logins: passwords are checked by one method or another, guesses are throttled, and what is done at a time is bounded.

mod bearers;
mod by_directory;
mod certificates;
mod hashes;
mod proofs;
mod queue;
mod sign_ins;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::{
    Attempt, GuessCount, Guesses, NoToken, Policy, Proof, Throttle, Token, Verdict, VerifiedCache,
    network_of,
};
use session::{Authenticator, BoxFuture, Challenged, ClientCertificate, LoginVerdict};
use store::{Account, Failures, Fault, Store};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{field, info, warn};
use wire::Secret;

use crate::client_certificates::ClientCertificates;
use crate::config::Config;
use crate::environment;
use crate::identities::Identities;
use crate::identity_provider::IdentityProvider;
use crate::lock::lock;
use crate::metrics::{HeldUp, LoginMethod, Metrics};
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
    provider: Option<Arc<IdentityProvider>>,
    certificates: Option<Arc<ClientCertificates>>,
    /// Where proofs wait to be judged.
    proofs: Queue,
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
        identities: &Identities,
        metrics: &Arc<Metrics>,
        key: &[u8; 32],
    ) -> Self {
        let queue = |places| Queue::new(places, config.login.waiting_max, Arc::clone(metrics));
        let cache = |ttl| VerifiedCache::new(key, VERIFIED_MAX, ttl);
        let by_directory = config.ldap.as_ref().zip(identities.directory.as_ref());
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
                config.login.verifiers(),
            ),
            by_directory,
            provider: identities.provider.clone(),
            certificates: identities.certificates.clone(),
            proofs: queue(proofs::JUDGED_MAX),
        }
    }

    async fn ask(
        &self,
        user: &str,
        password: &[u8],
        address: IpAddr,
    ) -> (LoginMethod, LoginVerdict) {
        let token = match Token::parse(password) {
            Ok(token) => Some(token),
            Err(NoToken::Malformed) => None,
            Err(NoToken::Password) => return self.ask_by_password(user, password, address).await,
        };
        let verdict = self.ask_by_token(token.as_ref(), address).await;
        (LoginMethod::Token, verdict)
    }

    /// `None` is what looks like a token and is none. Whom a right token is of, the token says; a wrong one counts for nobody.
    async fn ask_by_token(&self, token: Option<&Token>, address: IpAddr) -> LoginVerdict {
        let found = match token {
            Some(token) => self.store.find_token(&token.hash()).await,
            None => Ok(None),
        };
        match found {
            Ok(Some((account, token))) => LoginVerdict::ByToken(account, token),
            Ok(None) => {
                let verdict = self.refuse_token(address).await;
                if matches!(verdict, LoginVerdict::Refused) {
                    info!("refused an access token");
                }
                verdict
            }
            Err(fault) => {
                warn!(cause = %fault, "could not look up an access token");
                LoginVerdict::Unavailable
            }
        }
    }

    /// Whatever is no password and wrong is counted together, by the network that it comes from.
    async fn refuse_token(&self, address: IpAddr) -> LoginVerdict {
        self.count_wrong_token(address)
            .await
            .unwrap_or_else(|fault| {
                warn!(cause = %fault, "could not count a wrong access token");
                LoginVerdict::Unavailable
            })
    }

    async fn count_wrong_token(&self, address: IpAddr) -> Result<LoginVerdict, Fault> {
        if self.must_wait(address).await? {
            return Ok(LoginVerdict::TooMany);
        }
        let network = network_of(address);
        let now = self.store.count_wrong_token(network).await?;
        if now.count == BY_TOKENS.failures_free + 1 {
            warn!(client.network = %network, "a network tries access tokens or certificates that are none and has to wait");
        }
        Ok(LoginVerdict::Refused)
    }

    /// Whether too much was wrong that came from there.
    async fn must_wait(&self, address: IpAddr) -> Result<bool, Fault> {
        let wrong = self.store.wrong_tokens(network_of(address)).await?;
        let must_wait = !BY_TOKENS.wait(count(wrong)).is_zero();
        if must_wait {
            self.metrics.count_held_up(HeldUp::Guesses);
        }
        Ok(must_wait)
    }

    async fn ask_by_password(
        &self,
        user: &str,
        password: &[u8],
        address: IpAddr,
    ) -> (LoginMethod, LoginVerdict) {
        let account = match self.store.find_account(user).await {
            Ok(account) => account,
            Err(fault) => {
                warn!(cause = %fault, "could not look up the account of a login");
                return (LoginMethod::Password, LoginVerdict::Unavailable);
            }
        };
        let (name, method) = self.method_for(account.as_ref(), user);
        let verdict = self.ask_method(method, account, user, password, address);
        (name, verdict.await)
    }

    async fn ask_method(
        &self,
        method: &dyn Method,
        account: Option<Account>,
        user: &str,
        password: &[u8],
        address: IpAddr,
    ) -> LoginVerdict {
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
        if let Err(verdict) = self.may_try(account.as_ref(), user, network).await {
            return verdict;
        }
        match method.check(account.as_ref(), user, password, turn).await {
            Checked::Right(account) => {
                self.welcome(&account, user, network).await;
                let attempt = attempt(&account, password);
                lock(method.verified()).remember(&attempt, environment::now());
                LoginVerdict::Welcome(account)
            }
            Checked::Wrong => self.refuse(account.as_ref(), user, address).await,
            Checked::Unknown => LoginVerdict::Unavailable,
        }
    }

    async fn refuse(&self, account: Option<&Account>, user: &str, address: IpAddr) -> LoginVerdict {
        // Never the name that was tried: it may be a password in the wrong field.
        info!(
            user.id = account.map(|account| field::display(account.id)),
            "refused a login"
        );
        self.count_wrong(account, user, network_of(address)).await;
        LoginVerdict::Refused
    }

    fn method_for(&self, account: Option<&Account>, user: &str) -> (LoginMethod, &dyn Method) {
        match &self.by_directory {
            Some(by_directory) if self.is_of_directory(account, user) => {
                (LoginMethod::Directory, by_directory)
            }
            Some(_) | None => (LoginMethod::Password, &self.hashes),
        }
    }

    /// Whether the directory knows the password. An administrator with one of this site gets in without it.
    fn is_of_directory(&self, account: Option<&Account>, user: &str) -> bool {
        let is_ours =
            account.is_some_and(|account| account.is_admin && account.password_hash.is_some());
        let by_directory = self.by_directory.as_ref();
        !is_ours && by_directory.is_some_and(|by_directory| by_directory.concerns(user))
    }

    /// Whether somebody may try to log in, by what was guessed on all frontends.
    async fn may_try(
        &self,
        account: Option<&Account>,
        user: &str,
        network: IpAddr,
    ) -> Result<(), LoginVerdict> {
        let account = account.map(|account| account.id);
        let wrong = self.store.wrong_passwords(account, user, network).await;
        let wrong = wrong.map_err(|fault| {
            warn!(cause = %fault, "could not look up wrong passwords");
            LoginVerdict::Unavailable
        })?;
        let verdict = THROTTLE.ask(&Guesses {
            by_both: count(wrong.by_both),
            by_network: count(wrong.by_network),
            by_user: count(wrong.by_user),
            is_known: wrong.is_known,
        });
        match verdict {
            Verdict::Go => Ok(()),
            Verdict::Wait(_) => {
                self.metrics.count_held_up(HeldUp::Guesses);
                Err(LoginVerdict::TooMany)
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

    fn count(&self, method: LoginMethod, verdict: &LoginVerdict) {
        let result = match verdict {
            LoginVerdict::Welcome(_)
            | LoginVerdict::ByToken(..)
            | LoginVerdict::ByBearer(..)
            | LoginVerdict::ByCertificate(..) => "welcome",
            LoginVerdict::Refused => "refused",
            LoginVerdict::TooMany => "too_many",
            LoginVerdict::Unavailable => "unavailable",
        };
        self.metrics.count_login(method, result);
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
            let (method, verdict) = self.ask(user, &password.0, address).await;
            self.count(method, &verdict);
            verdict
        })
    }

    fn bear<'a>(&'a self, token: &'a str, address: IpAddr) -> BoxFuture<'a, LoginVerdict> {
        Box::pin(async move {
            let verdict = self.ask_by_bearer(token, address).await;
            self.count(LoginMethod::Bearer, &verdict);
            verdict
        })
    }

    fn certify<'a>(
        &'a self,
        certificate: &'a ClientCertificate,
        address: IpAddr,
    ) -> BoxFuture<'a, LoginVerdict> {
        Box::pin(async move {
            let verdict = self.ask_by_certificate(certificate, address).await;
            self.count(LoginMethod::Certificate, &verdict);
            verdict
        })
    }

    fn challenge<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<Challenged, LoginVerdict>> {
        Box::pin(async move {
            let challenged = self.challenge_for(user).await;
            if let Err(verdict) = &challenged {
                self.count(LoginMethod::Proof, verdict);
            }
            challenged
        })
    }

    fn admit<'a>(
        &'a self,
        user: &'a str,
        challenged: &'a Challenged,
        proof: &'a Proof,
        address: IpAddr,
    ) -> BoxFuture<'a, LoginVerdict> {
        Box::pin(async move {
            let verdict = self.judge(user, challenged, proof, address).await;
            self.count(LoginMethod::Proof, &verdict);
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
