//! What may go wrong, each as one line for a person.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no private PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// Nothing in the places where it might be.
    #[error(
        "no PostgreSQL server on this machine: install the package `postgresql` (Debian, Ubuntu) \
         or `postgresql-server` (Fedora), or say where `postgres` and `initdb` are"
    )]
    NotInstalled,
    /// Other versions cannot read the data.
    #[error(
        "{dir} was made by PostgreSQL {data}, which is not on this machine (found: {found}): \
         install the package `postgresql-{data}`"
    )]
    OtherVersion {
        /// Whose data it is.
        dir: PathBuf,
        /// The version that made it.
        data: String,
        /// The versions that are there.
        found: String,
    },
    /// Another process runs a PostgreSQL in this directory.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// There are files in it that we did not put there.
    #[error("{0} is neither empty nor the directory of a private PostgreSQL")]
    NotOurs(PathBuf),
    /// The user that PostgreSQL runs as cannot get to its directory.
    #[error(
        "{dir} cannot be reached by user id {uid}, which PostgreSQL runs as: {barrier} is closed"
    )]
    Unreachable {
        /// Where it should live.
        dir: PathBuf,
        /// Who it runs as.
        uid: u32,
        /// The directory on the way that may not be passed.
        barrier: PathBuf,
    },
    /// PostgreSQL refuses to run as root.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")]
    NoUser,
    /// The password went, the data stayed.
    #[error("{0} holds no password any more, and the database beside it wants the one it had")]
    PasswordLost(PathBuf),
    /// `initdb` gave up.
    #[error("initdb: {0}")]
    SetUp(String),
    /// The server gave up, or was too slow.
    #[error("PostgreSQL did not start: {complaint} (more in {log})")]
    NotStarted {
        /// Its last word.
        complaint: String,
        /// All its words.
        log: PathBuf,
    },
    /// Every port that was free a moment ago was taken by somebody.
    #[error("PostgreSQL found no free port on 127.0.0.1")]
    NoPort,
    /// It had to be killed.
    #[error("PostgreSQL (process {0}) did not stop in time and was killed")]
    Killed(u32),
    /// The operating system refused.
    #[error("cannot {action} {path}: {cause}")]
    Io {
        /// What we tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
}

impl PgError {
    /// For `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io {
            action,
            path: path.to_owned(),
            cause,
        }
    }
}

/// What a PostgreSQL program complained of: what follows the last `mark`, else its last line.
pub(crate) fn line_of(mark: &str, said: &str) -> String {
    let marked = said.lines().rev().find_map(|line| line.split_once(mark));
    let line = match marked {
        Some((_, complaint)) => Some(complaint),
        None => said.lines().rev().find(|line| !line.trim().is_empty()),
    };
    line.map_or_else(
        || "it said nothing".to_owned(),
        |line| line.trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn the_complaint_is_found_among_what_was_said() {
        let log = "LOG:  starting\nFATAL:  no space left\nLOG:  database system is shut down\n";
        assert_eq!(line_of("FATAL:", log), "no space left");
        assert_eq!(line_of("FATAL:", "no such file\n\n"), "no such file");
        assert_eq!(line_of("FATAL:", ""), "it said nothing");
    }
}
