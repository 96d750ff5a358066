//! Where the database may be: one server, or several, one of which is the primary. Only that one is the database: another
//! would show what was true some time ago (docs/adr/0086-the-primary-among-several.md).

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, Row as _};

use crate::background::Sleep;

/// Before a server that was no primary is asked again, while another has not answered yet.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// The servers that a URL names.
#[derive(Clone)]
pub(crate) struct Servers {
    /// At least one.
    each: Vec<PgConnectOptions>,
    wanted: Wanted,
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Primary,
    Any,
}

/// Why a URL leads to no database. It has nothing of the URL in it, in which there may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDatabaseUrl {
    /// It is another kind of URL.
    #[error("must begin with postgres://")]
    Scheme,
    /// What should be part of the password or user ends it.
    #[error(
        "in a user and password / must be written as %2F, ? as %3F, # as %23, @ as %40 and : as %3A"
    )]
    Unescaped,
    /// It asks for a server that takes no writes.
    #[error("target_session_attrs must be read-write: a standby cannot be the database")]
    Standby,
    /// A host, port or parameter is none.
    #[error("must be like postgres://user:password@host:5432/name")]
    Malformed,
}

impl BadDatabaseUrl {
    /// Whether `url` can be the database, whoever answers there.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub fn of(url: &str) -> Result<(), Self> {
        Servers::parse_for(Wanted::Primary, url).map(drop)
    }

    /// Whether `url` can lead to standbys.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    pub fn of_standbys(url: &str) -> Result<(), Self> {
        Servers::parse_for(Wanted::Any, url).map(drop)
    }
}

impl From<BadDatabaseUrl> for sqlx::Error {
    fn from(bad: BadDatabaseUrl) -> Self {
        Self::Configuration(bad.into())
    }
}

/// A server that takes no writes: a standby, or a primary that was told to take none.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL on {host}:{port} is read-only: it is a standby, or was told to be")]
struct ReadOnly {
    host: String,
    port: u16,
}

/// A server to which there is no connection.
#[derive(Debug, thiserror::Error)]
#[error("{host}:{port}: {cause}")]
struct Unreached {
    host: String,
    port: u16,
    cause: io::Error,
}

impl Servers {
    /// As libpq has it: `postgres://user:password@one:5432,two:5432/name?target_session_attrs=read-write`. A session is opened
    /// without settings of our own, since poolers refuse those that they do not know: what must hold is set afterwards.
    pub(crate) fn parse(url: &str) -> Result<Self, sqlx::Error> {
        Ok(Self::parse_for(Wanted::Primary, url)?)
    }

    /// Of standbys: the first that answers is taken, whatever it is.
    pub(crate) fn parse_standbys(url: &str) -> Result<Self, sqlx::Error> {
        Ok(Self::parse_for(Wanted::Any, url)?)
    }

    fn parse_for(wanted: Wanted, url: &str) -> Result<Self, BadDatabaseUrl> {
        let (scheme, rest) = url.split_once("://").ok_or(BadDatabaseUrl::Scheme)?;
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(BadDatabaseUrl::Scheme);
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        // The host would be what stands before the first of them.
        if rest[end..].contains(['@', '#']) {
            return Err(BadDatabaseUrl::Unescaped);
        }
        let rest = without_target(wanted, rest)?;
        let (authority, path) = rest.split_at(end);
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let one = |host| {
            let url = format!("{scheme}://{user}{host}{path}");
            let options = PgConnectOptions::from_str(&url);
            let options = options.map_err(|_| BadDatabaseUrl::Malformed)?;
            // All floats are sent in full since PostgreSQL 12, whatever this says.
            Ok(options.extra_float_digits(None))
        };
        let each = hosts
            .split(',')
            .map(one)
            .collect::<Result<_, BadDatabaseUrl>>()?;
        Ok(Self { each, wanted })
    }

    /// How this node is called in `pg_stat_activity`.
    pub(crate) fn application_name(self, name: &str) -> Self {
        let each = self.each.into_iter();
        Self {
            each: each.map(|one| one.application_name(name)).collect(),
            wanted: self.wanted,
        }
    }

    pub(crate) fn node_name(&self) -> Option<&str> {
        self.each.first()?.get_application_name()
    }

    /// The first that answers as it is wanted. An error when each has answered that it is none, or could not be reached.
    pub(crate) async fn connect_once(&self) -> Result<PgConnection, sqlx::Error> {
        Ok(self.find(None).await?.1)
    }

    /// The same; while one does not answer at all, as when its machine is gone, the others are asked again: one of them may be
    /// promoted meanwhile.
    pub(crate) async fn connect(&self, sleep: &Sleep) -> Result<PgConnection, sqlx::Error> {
        Ok(self.find(Some(sleep)).await?.1)
    }

    /// The one that is the primary now, for whoever opens the connection otherwise.
    pub(crate) async fn primary(&self, sleep: &Sleep) -> Result<PgConnectOptions, sqlx::Error> {
        match &*self.each {
            [only] => Ok(only.clone()),
            _ => Ok(self.find(Some(sleep)).await?.0.clone()),
        }
    }

    /// On the heap: every command that may open a connection would have room for it.
    fn find<'a>(&'a self, sleep: Option<&'a Sleep>) -> BoxFuture<'a, Found<'a>> {
        self.ask_all(sleep).boxed()
    }

    async fn ask_all<'a>(&'a self, sleep: Option<&'a Sleep>) -> Found<'a> {
        let wanted = self.wanted;
        let each = self.each.iter();
        let mut asking: FuturesUnordered<BoxFuture<'_, Answer<'_>>> =
            each.map(|one| ask(one, wanted, true).boxed()).collect();
        let mut unanswered = self.each.len();
        let mut refusal = None;
        let mut refusals = Vec::new();
        while let Some(answer) = asking.next().await {
            let error = match answer.outcome {
                Ok(connection) => return Ok((answer.server, connection)),
                Err(error) => error,
            };
            if answer.is_first {
                refusals.push(error.to_string());
            }
            // What only time can mend is told least: all servers but one are standbys.
            if refusal.as_ref().is_none_or(is_read_only) {
                refusal = Some(error);
            }
            unanswered -= usize::from(answer.is_first);
            if unanswered == 0 {
                break;
            }
            if let Some(sleep) = sleep {
                let pause = sleep(ASK_AGAIN);
                let again = async move {
                    pause.await;
                    ask(answer.server, wanted, false).await
                };
                asking.push(again.boxed());
            }
        }
        Err(match refusal {
            // Whoever reads it looks at each of them.
            Some(sqlx::Error::Io(error)) if refusals.len() > 1 => {
                io::Error::new(error.kind(), refusals.join("; ")).into()
            }
            Some(error) => error,
            None => sqlx::Error::PoolClosed,
        })
    }
}

/// The primary, with a connection to it.
type Found<'a> = Result<(&'a PgConnectOptions, PgConnection), sqlx::Error>;

/// What a server answered.
struct Answer<'a> {
    server: &'a PgConnectOptions,
    is_first: bool,
    outcome: Result<PgConnection, sqlx::Error>,
}

async fn ask(server: &PgConnectOptions, wanted: Wanted, is_first: bool) -> Answer<'_> {
    Answer {
        server,
        is_first,
        outcome: connect(server, wanted).await,
    }
}

async fn connect(server: &PgConnectOptions, wanted: Wanted) -> Result<PgConnection, sqlx::Error> {
    let mut connection = server
        .connect()
        .await
        .map_err(|error| named(server, error))?;
    if wanted == Wanted::Any {
        return Ok(connection);
    }
    // Also on during recovery.
    let row = connection.fetch_one("show transaction_read_only").await?;
    if row.try_get::<&str, _>(0)? != "on" {
        return Ok(connection);
    }
    let cause = ReadOnly {
        host: server.get_host().to_owned(),
        port: server.get_port(),
    };
    // For us it is as if nobody were there, and as with those who start that may be over in a moment.
    Err(io::Error::new(io::ErrorKind::ConnectionRefused, cause).into())
}

/// What the network says does not tell of whom.
fn named(server: &PgConnectOptions, error: sqlx::Error) -> sqlx::Error {
    let sqlx::Error::Io(cause) = error else {
        return error;
    };
    let unreached = Unreached {
        host: server.get_host().to_owned(),
        port: server.get_port(),
        cause,
    };
    io::Error::new(unreached.cause.kind(), unreached).into()
}

fn is_read_only(error: &sqlx::Error) -> bool {
    let sqlx::Error::Io(error) = error else {
        return false;
    };
    error.get_ref().is_some_and(|cause| cause.is::<ReadOnly>())
}

/// Takes out what we always want, whether or not a URL says so: sqlx does not know it.
fn without_target(wanted: Wanted, url: &str) -> Result<String, BadDatabaseUrl> {
    let Some((before, query)) = url.split_once('?') else {
        return Ok(url.to_owned());
    };
    let mut kept = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("target_session_attrs", "read-write" | "primary" | "any")) => {}
            Some(("target_session_attrs", _)) if wanted == Wanted::Any => {}
            Some(("target_session_attrs", _)) => return Err(BadDatabaseUrl::Standby),
            _ => kept.push(part),
        }
    }
    if kept.is_empty() {
        return Ok(before.to_owned());
    }
    Ok(format!("{before}?{}", kept.join("&")))
}

/// Without names and passwords.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self
            .each
            .iter()
            .map(|one| format!("{}:{}", one.get_host(), one.get_port()));
        f.debug_list().entries(hosts).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{BadDatabaseUrl, Servers};

    #[test]
    fn a_url_names_one_server_or_several() {
        for (url, expected) in [
            ("postgres://a@h/n", "[\"h:5432\"]"),
            ("postgres://a:p@h:1/n?sslmode=require", "[\"h:1\"]"),
            ("postgresql://a:p@h:1,i:2/n", "[\"h:1\", \"i:2\"]"),
            (
                "postgres://a:p%40,q@h,[::1]:3,k?target_session_attrs=read-write",
                "[\"h:5432\", \"[::1]:3\", \"k:5432\"]",
            ),
        ] {
            assert_eq!(
                format!("{:?}", Servers::parse(url).unwrap()),
                expected,
                "{url}"
            );
        }
        let servers =
            Servers::parse("postgres://ada@h,i/mail?target_session_attrs=any&options=-cx%3D1")
                .unwrap();
        for one in servers.application_name("node").each {
            assert_eq!(
                (one.get_username(), one.get_database()),
                ("ada", Some("mail"))
            );
            assert_eq!(one.get_application_name(), Some("node"));
            assert_eq!(one.get_options(), Some("-cx=1"));
        }
    }

    #[test]
    fn a_standby_is_not_wanted_and_nonsense_is_none() {
        for (url, expected) in [
            (
                "postgres://h/n?target_session_attrs=standby",
                BadDatabaseUrl::Standby,
            ),
            ("postgres://h,:x/n", BadDatabaseUrl::Malformed),
            ("nothing", BadDatabaseUrl::Scheme),
            ("mysql://h/n", BadDatabaseUrl::Scheme),
        ] {
            assert_eq!(BadDatabaseUrl::of(url), Err(expected), "{url}");
        }
    }

    #[test]
    fn a_password_that_is_not_escaped_is_no_host() {
        for password in ["a/b", "1/b", "a?b", "1?b", "a#b", "1@2/b"] {
            let url = format!("postgres://ada:{password}@h/n");
            let unescaped = Err(BadDatabaseUrl::Unescaped);
            assert_eq!(BadDatabaseUrl::of(&url), unescaped, "{url}");
        }
        for password in ["a%2Fb", "a%3Fb", "a%23b", "a%40b", "a@b", "a,b", "a%3Ab"] {
            let url = format!("postgres://ada:{password}@h/n?sslmode=disable");
            let servers = format!("{:?}", Servers::parse(&url).unwrap());
            assert_eq!(servers, "[\"h:5432\"]", "{url}");
        }
    }
}
