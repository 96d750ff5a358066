//! How a directory is reached, and where in it people and groups are.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Starts a task and lets it run until it ends.
pub type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;

/// How a directory is reached, and where in it people and groups are.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How it is reached.
    pub servers: Servers,
    /// Where people are.
    pub people: People,
    /// Where groups are; `None`: they are not asked for.
    pub groups: Option<Groups>,
    /// How long an answer may take, and a connection.
    pub timeout: Duration,
    /// How many idle connections are kept of each kind.
    pub kept_max: usize,
}

/// How a directory is reached.
#[derive(Clone)]
pub struct Servers {
    /// Its servers, each asked where those before it cannot be reached.
    pub urls: Vec<String>,
    /// Whether `ldap://` begins TLS before anything else is said.
    pub starttls: bool,
    /// The authorities that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// As whom it is searched, with the password; `None` as nobody.
    pub bind: Option<(String, String)>,
}

/// Where people are, and what is read of them.
#[derive(Clone, Debug)]
pub struct People {
    /// Below which they are.
    pub base: String,
    /// How far below.
    pub depth: Depth,
    /// Who is a person, and who is meant by a user name.
    pub filter: String,
    /// As whom a user binds; `None`: as the entry that the filter finds.
    pub template: Option<String>,
    /// The attribute that stays the same as long as the person does.
    pub id: String,
    /// The attribute with the account's name.
    pub name: String,
    /// Attributes that change when the password does.
    pub changed: Vec<String>,
    /// The domains of names that are accounts; empty: all names are.
    pub domains: Vec<String>,
}

/// How far below a base entries are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everywhere.
    Subtree,
    /// Directly below.
    One,
}

/// Where groups are.
#[derive(Clone, Debug)]
pub struct Groups {
    /// Below which they are.
    pub base: String,
    /// Which entries are groups.
    pub filter: String,
    /// The attribute with a group's name.
    pub name: String,
    /// How it is said who is in one.
    pub membership: Membership,
}

/// How a directory says who is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The group names the entries of its members, in `member` or `uniqueMember`.
    Member,
    /// The group names the `uid` of its members (RFC 2307).
    MemberUid,
    /// People name the entries of their groups.
    MemberOf,
}

/// An URL of which nothing can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be URLs such as ldaps://directory.example.org or ldap://127.0.0.1:389, with commas between"
)]
pub struct BadUrl;

/// Reads the URL of one server: whether it is on this machine's loopback, and whether it is inside TLS.
///
/// # Errors
///
/// [`BadUrl`].
pub fn check_url(url: &str) -> Result<(bool, bool), BadUrl> {
    let (is_tls, rest) = match (url.strip_prefix("ldaps://"), url.strip_prefix("ldap://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(BadUrl),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(BadUrl)?;
            let _address: IpAddr = host.parse().map_err(|_| BadUrl)?;
            let port = match after {
                "" => None,
                after => Some(after.strip_prefix(':').ok_or(BadUrl)?),
            };
            (host, port)
        }
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(BadUrl);
    }
    if let Some(port) = port {
        port.parse::<u16>().map_err(|_| BadUrl)?;
    }
    let is_loopback = host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    Ok((is_loopback, is_tls))
}

/// Without the password.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Servers")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{BadUrl, check_url};

    #[test]
    fn urls_name_a_server() {
        for (url, expected) in [
            ("ldaps://directory.example.org", Ok((false, true))),
            ("ldaps://directory.example.org:636/", Ok((false, true))),
            ("ldap://localhost:389", Ok((true, false))),
            ("ldap://127.0.0.1", Ok((true, false))),
            ("ldap://[::1]:389", Ok((true, false))),
            ("ldap://10.0.0.1:389", Ok((false, false))),
            ("ldapi:///", Err(BadUrl)),
            ("ldap://", Err(BadUrl)),
            ("ldap://host:port", Err(BadUrl)),
            ("ldap://user@host", Err(BadUrl)),
            ("ldap://host/dc=example", Err(BadUrl)),
            ("http://host", Err(BadUrl)),
        ] {
            assert_eq!(check_url(url), expected, "{url}");
        }
    }
}
