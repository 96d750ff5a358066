//! What a session is given: the node it runs on, the peer it talks to, the time.

use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use acl::Everybody;
use auth::{Mechanism, Proof, ScramVerifier};
use live::Live;
use mail::{AccountId, Namespaces, SessionId};
use store::{AccessToken, Account, Store};
use wire::Secret;

use crate::message_limit::MessageLimit;
use crate::names::trees::Trees;

/// A future on the heap, so that a rare and large one does not make every session large.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What all sessions of one frontend share.
pub struct Node {
    /// This frontend's name, for the record of activity.
    pub name: String,
    /// The store that holds all mail.
    pub store: Store,
    /// The mailboxes that are open here.
    pub live: Arc<Live>,
    /// The prefixes of other users' and shared mailboxes.
    pub namespaces: Namespaces,
    /// What is between a local part and its subaddress.
    pub address_separator: String,
    /// Who may give rights to everybody or to a whole domain.
    pub everybody: Everybody,
    /// The largest message that APPEND takes, in bytes.
    pub message_bytes_max: usize,
    /// How many messages one command may be about.
    pub message_limit: MessageLimit,
    /// Whether a user is subscribed to the mailboxes of others that he may read.
    pub subscribe_on_grant: SubscribeOnGrant,
    /// Whether a connection may serve one login after another.
    pub reuse: Reuse,
    /// How to reach the administrators, as a URI.
    pub admin_contact: Option<String>,
    /// By which mechanisms somebody may log in, the strongest first.
    pub mechanisms: Vec<Mechanism>,
    /// What clients are told whose tokens are refused.
    pub bearer_hint: BearerHint,
    /// What checks the passwords of users.
    pub authenticator: Arc<dyn Authenticator>,
    /// The names that accounts were told of lately.
    pub trees: Trees,
    /// Memory for messages on their way to clients, and for searches.
    pub message_memory: Arc<dyn MessageMemory>,
}

/// Whether a user who may read a mailbox of others is subscribed to it until he unsubscribes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubscribeOnGrant {
    /// He is: many clients show subscribed mailboxes only, and what was shared with a user should be seen.
    #[default]
    Always,
    /// Users subscribe themselves.
    Never,
}

/// Whether a connection may serve one login after another (RFC 8437).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// UNAUTHENTICATE is offered, so that webmail and proxies can keep their connections.
    #[default]
    Offered,
    /// UNAUTHENTICATE is refused, for a site whose proxy checks only the first login.
    Refused,
}

/// Memory for messages that are being told to clients, and for what SEARCH, SORT and THREAD hold of many messages.
///
/// All sessions of a frontend share it, each user a part of it. Whoever needs more than that part has all of it.
pub trait MessageMemory: Send + Sync {
    /// Reserves `bytes` until what is returned is dropped, or waits in vain for others to give some back.
    fn reserve(
        &self,
        user: AccountId,
        bytes: u64,
    ) -> BoxFuture<'_, Result<Box<dyn Send + Sync>, NoRoom>>;
}

/// There was no memory for a message for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

/// What a login needs of the outside: a clock, a slow password hash, a throttle.
pub trait Authenticator: Send + Sync {
    /// Whether `user` may enter with `password`, coming from `address`. Which account an access token is of says the token.
    fn login<'a>(
        &'a self,
        user: &'a str,
        password: &'a Secret,
        address: IpAddr,
    ) -> BoxFuture<'a, LoginVerdict>;

    /// Whose this token of an identity provider is, coming from `address`.
    fn bear<'a>(&'a self, token: &'a str, address: IpAddr) -> BoxFuture<'a, LoginVerdict>;

    /// Whose this certificate is, which was shown in TLS by whoever comes from `address`.
    fn certify<'a>(
        &'a self,
        certificate: &'a ClientCertificate,
        address: IpAddr,
    ) -> BoxFuture<'a, LoginVerdict>;

    /// What `user` is challenged with who wants to prove that he knows his password. A name that nobody has is challenged
    /// like any other.
    ///
    /// # Errors
    ///
    /// The verdict over a login that cannot be tried.
    fn challenge<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<Challenged, LoginVerdict>>;

    /// Whether whoever was challenged as `user` may enter after this answer, coming from `address`.
    fn admit<'a>(
        &'a self,
        user: &'a str,
        challenged: &'a Challenged,
        proof: &'a Proof,
        address: IpAddr,
    ) -> BoxFuture<'a, LoginVerdict>;
}

/// Somebody who was asked to prove that he knows a password.
#[derive(Clone, Debug)]
pub struct Challenged {
    /// The account of the name, while it may be entered.
    pub account: Option<Account>,
    /// What the proof is checked by.
    pub verifier: ScramVerifier,
    /// What nobody can know before: random.
    pub nonce: [u8; 18],
}

/// What a client is told whose token was refused, so that it can get another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerHint {
    /// What a token has to be good for.
    pub scope: Option<String>,
    /// Where the identity provider describes itself.
    pub configuration: Option<String>,
}

/// The certificate that a client has shown in TLS, and those that it is signed by, as DER. The handshake has found that it is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate(pub Vec<Vec<u8>>);

/// How a login ends.
#[derive(Clone, Debug)]
pub enum LoginVerdict {
    /// This account, from now on.
    Welcome(Account),
    /// This account, by a token that was given as its password: the name that came with it was not looked at
    /// ([`opened_by`](crate::opened_by())).
    ByToken(Account, AccessToken),
    /// This account, by a token of an identity provider, which ends at this time in seconds since 1970.
    ByBearer(Account, Option<i64>),
    /// This account, by a certificate, which ends at this time in seconds since 1970.
    ByCertificate(Account, i64),
    /// Unknown user, wrong password, disabled account: nobody is told which.
    Refused,
    /// Too many tries, or too many at once: later.
    TooMany,
    /// The database does not answer, or what knows the password.
    Unavailable,
}

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The id of this conversation, for the record of activity and for an administrator who ends it.
    pub session: SessionId,
    /// The address as the network, or a trusted proxy, says.
    pub address: SocketAddr,
    /// What may be said before TLS.
    pub security: Security,
}

/// How well the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// By TLS.
    Tls,
    /// Not at all.
    Plain {
        /// The configuration exempts this peer from TLS.
        may_login: bool,
        /// There is a certificate to start TLS with.
        may_starttls: bool,
    },
}

/// The time, as the caller sees it.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub unix_seconds: i64,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}

impl Security {
    /// Whether a password may be sent.
    pub(crate) fn may_login(self) -> bool {
        match self {
            Self::Tls => true,
            Self::Plain { may_login, .. } => may_login,
        }
    }
}
