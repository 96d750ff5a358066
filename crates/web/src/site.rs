//! What all pages of one frontend share.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use acl::Everybody;
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

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}
