//! Errors, each as one line that an operator can read.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no private PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// No installation was found in the usual places.
    #[error(
        "no PostgreSQL server on this machine: install the package `postgresql` (Debian, Ubuntu) \
         or `postgresql-server` (Fedora), or say where `postgres` and `initdb` are"
    )]
    NotInstalled,
    /// No installed version can read the data.
    #[error(
        "{dir} was made by PostgreSQL {data}, which is not on this machine (found: {found}): \
         install the package `postgresql-{data}`"
    )]
    OtherVersion {
        /// The directory with the data.
        dir: PathBuf,
        /// The version that made the data.
        data: String,
        /// The versions that are installed.
        found: String,
    },
    /// Another process runs a PostgreSQL in this directory.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// The directory has files that we did not put there.
    #[error("{0} is neither empty nor the directory of a private PostgreSQL")]
    NotOurs(PathBuf),
    /// The user that runs PostgreSQL cannot reach the directory.
    #[error(
        "{dir} cannot be reached by user id {uid}, which PostgreSQL runs as: {barrier} is closed"
    )]
    Unreachable {
        /// The directory.
        dir: PathBuf,
        /// The user that runs PostgreSQL.
        uid: u32,
        /// The directory on the way that this user may not pass.
        barrier: PathBuf,
    },
    /// PostgreSQL refuses to run as root.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`")]
    NoUser,
    /// The password file is missing, but the data is there.
    #[error("{0} holds no password any more, and the database beside it wants the one it had")]
    PasswordLost(PathBuf),
    /// `initdb` failed.
    #[error("initdb: {0}")]
    SetUp(String),
    /// The server failed to start, or was too slow.
    #[error("PostgreSQL did not start: {complaint} (more in {log})")]
    NotStarted {
        /// The last line of its output.
        complaint: String,
        /// The file with all of its output.
        log: PathBuf,
    },
    /// Every port that was free was taken by another process before the server used it.
    #[error("PostgreSQL found no free port on 127.0.0.1")]
    NoPort,
    /// The server did not stop and had to be killed.
    #[error("PostgreSQL (process {0}) did not stop in time and was killed")]
    Killed(u32),
    /// The operating system refused.
    #[error("cannot {action} {path}: {cause}")]
    Io {
        /// What we tried, as a verb.
        action: &'static str,
        /// The path on which we tried it.
        path: PathBuf,
        /// The operating system's reason.
        cause: io::Error,
    },
}

impl PgError {
    /// Makes an error for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io {
            action,
            path: path.to_owned(),
            cause,
        }
    }
}

/// The complaint of a PostgreSQL program: what follows the last `mark`, else its last line.
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
