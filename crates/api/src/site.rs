//! What all requests to one frontend share, and what the room asks of the outside.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use acl::Everybody;
use mail::{AccountId, Namespaces};
use store::{Fault, Store};

/// Below which path all of the API is.
pub const PATH: &str = "/api/v1";

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What all requests to one frontend share.
pub struct ApiSite {
    /// This frontend's name, for the record of activity.
    pub node_name: String,
    /// The store that holds everything.
    pub store: Store,
    /// The prefixes of other users' and shared mailboxes.
    pub namespaces: Namespaces,
    /// Who may give rights to everybody or to a whole domain.
    pub everybody: Everybody,
    /// What is between the local part of an address and its subaddress.
    pub address_separator: String,
    /// What is served.
    pub doors: Doors,
    /// Requests that one token may make in a minute.
    pub requests_per_minute: u32,
    /// What knows the tokens of an identity provider; `None` where none opens the API.
    pub bearer_check: Option<Arc<dyn BearerCheck>>,
    /// What refuses tokens that are none.
    pub token_refusal: Arc<dyn TokenRefusal>,
    /// What hashes new passwords.
    pub password_hashing: Arc<dyn PasswordHashing>,
    /// Random bytes of which nobody else knows; `None` when the machine cannot give any.
    pub random: fn() -> Option<[u8; 32]>,
}

/// What is served to programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    /// The HTTP API.
    pub api: bool,
    /// SCIM, to directories.
    pub scim: bool,
}

/// From where a request comes, and when.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The client's address.
    pub address: IpAddr,
    /// Seconds since 1970.
    pub unix_seconds: i64,
    /// By a clock that is never set, since whenever.
    pub elapsed: Duration,
}

/// The throttle of tokens that are none: the one of logins by IMAP.
pub trait TokenRefusal: Send + Sync {
    /// Counts that `token` was tried from `address` and is none.
    fn refuse<'a>(&'a self, token: &'a str, address: IpAddr) -> BoxFuture<'a, Refusal>;
}

/// An identity provider whose tokens open the API.
pub trait BearerCheck: Send + Sync {
    /// The name of the account that `token` names, if it is good for the API now. Asks nobody but the provider, and it seldom.
    fn check<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<String, NotBorne>>;
}

/// Why a token of an identity provider lets nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBorne {
    /// It is none, or for something else.
    Refused,
    /// Nobody can say: the keys of the provider are not known.
    Unknown,
}

/// How a token that is none is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is none.
    Refused,
    /// So many were tried from there that the next one has to wait.
    TooMany,
    /// The database does not answer.
    Unavailable,
}

/// What a new password needs of the outside: a slow hash.
pub trait PasswordHashing: Send + Sync {
    /// Hashes a new password.
    fn hash<'a>(&'a self, password: &'a str) -> BoxFuture<'a, Result<HashedPassword, BadPassword>>;

    /// Keeps for an account that has this password by what its owner can prove that he knows it, where that is done here.
    fn keep_verifier<'a>(
        &'a self,
        account: AccountId,
        name: &'a str,
        password: &'a str,
        hashed: &'a HashedPassword,
    ) -> BoxFuture<'a, Result<(), Fault>>;
}

/// The hash of a password, as the store keeps it.
#[derive(Clone)]
pub struct HashedPassword(pub String);

/// Why a text becomes nobody's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadPassword {
    /// It cannot be one; the words say why.
    Unfit(String),
    /// The machine could not hash it.
    NotHashed,
}

impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedPassword(…)")
    }
}

impl fmt::Debug for ApiSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiSite")
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}
