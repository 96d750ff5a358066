//! What all pages of one frontend share.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use acl::Everybody;
use auth::{ExpectedIdToken, SignedInSince};
use mail::Namespaces;
use store::{Account, Letters, Store};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What all pages of one frontend share.
pub struct Site {
    /// This frontend's name, for the record of activity.
    pub node_name: String,
    /// The store that holds everything.
    pub store: Store,
    /// The prefixes of other users' and shared mailboxes.
    pub namespaces: Namespaces,
    /// Who may give rights to everybody or to a whole domain.
    pub everybody: Everybody,
    /// What checks the passwords of users.
    pub password_check: Arc<dyn PasswordCheck>,
    /// Whether people sign in by their passwords.
    pub takes_passwords: bool,
    /// The identity provider at which people sign in.
    pub provider: Option<Arc<dyn SignInProvider>>,
    /// Where browsers reach the pages from outside, in TLS; `None` for where each says that it is.
    pub pages: Option<(String, u16)>,
    /// Whether there is an HTTP API beside the pages.
    pub serves_api: bool,
    /// Which grants are told by a letter where nobody says otherwise.
    pub letters: Letters,
    /// What mail programs are told.
    pub mail_servers: MailServers,
    /// Whether leads are told who has a mailbox of theirs open.
    pub tells_who_is_here: bool,
    /// Random bytes of which nobody else knows; `None` when the machine cannot give any.
    pub random: fn() -> Option<[u8; 32]>,
}

/// Where mail programs connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServers {
    /// The host of IMAP; `None` for that of the page itself.
    pub imap_host: Option<String>,
    /// The port of IMAP inside TLS.
    pub imap_port: u16,
    /// Host and port for sending mail; `None` where nobody is told of them.
    pub submission: Option<(String, u16)>,
}

/// What a sign-in needs of the outside: a clock, a slow password hash, a throttle.
pub trait PasswordCheck: Send + Sync {
    /// Whether `user` may enter with `password`, coming from `address`.
    fn check<'a>(
        &'a self,
        user: &'a str,
        password: &'a str,
        address: IpAddr,
    ) -> BoxFuture<'a, PasswordVerdict>;
}

/// How a sign-in ends.
#[derive(Clone, Debug)]
pub enum PasswordVerdict {
    /// This account, from now on.
    Welcome(Account),
    /// Unknown user, wrong password, disabled account, an access token: nobody is told which.
    Refused,
    /// Too many tries, or too many at once: later.
    TooMany,
    /// The database does not answer.
    Unavailable,
}

/// An identity provider at which people sign in (`OpenID` Connect Core 1.0, 3.1).
pub trait SignInProvider: Send + Sync {
    /// As people call it.
    fn name(&self) -> &str;

    /// Where the browser is sent; `None` while the provider does not answer.
    fn find_address<'a>(&'a self, asked: &'a AskedSignIn) -> BoxFuture<'a, Option<String>>;

    /// Who has come back from there to `address`.
    fn redeem<'a>(
        &'a self,
        answer: &'a SignInAnswer,
        address: IpAddr,
    ) -> BoxFuture<'a, ProviderVerdict>;
}

/// What a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSignIn {
    /// Where the browser comes back to.
    pub redirect: String,
    /// What it brings back.
    pub state: String,
    /// What the ID token has to name.
    pub nonce: String,
    /// By what it is judged who redeems the code (RFC 7636).
    pub challenge: String,
    /// Whether the provider has to look at whom it knows already.
    pub since: SignedInSince,
}

/// What a browser has brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInAnswer {
    /// What the provider gives an ID token for.
    pub code: String,
    /// Who says that he has answered (RFC 9207).
    pub issuer: Option<String>,
    /// Where the browser was told to come back to.
    pub redirect: String,
    /// The proof that the code was asked for here.
    pub verifier: String,
    /// What the ID token has to be.
    pub expected: ExpectedIdToken,
}

/// How a sign-in at a provider ends.
#[derive(Clone, Debug)]
pub enum ProviderVerdict {
    /// This account, from now on.
    Welcome(Account),
    /// Nobody who is let in here. The name is that by which the provider knows somebody for whom there is no account.
    Refused(Option<String>),
    /// Too many tries: later.
    TooMany,
    /// The provider does not answer.
    NoAnswer,
    /// The database does not answer.
    Unavailable,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}
