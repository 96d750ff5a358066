//! How a verb ends when it does not succeed.

use std::process::ExitCode;

use crate::config::Mistakes;
use crate::error::ServerError;

/// The error that is printed at the terminal; the exit code follows from it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It was tried and did not work out, or was refused.
    #[error("{0}")]
    Failed(String),
    /// The same, with a code that whoever calls knows.
    #[error("{1}")]
    Coded(u8, String),
    /// It could not even be tried.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    pub(super) fn failed(words: impl Into<String>) -> Self {
        Self::Failed(words.into())
    }

    pub(super) fn usage(words: impl Into<String>) -> Self {
        Self::Usage(words.into())
    }

    pub(super) fn no_user(name: &str) -> Self {
        Self::failed(format!("no user {name}"))
    }

    pub(super) fn no_mailbox(name: &str) -> Self {
        Self::failed(format!("no mailbox {name}"))
    }

    /// Of a mailbox that may be known.
    pub(super) fn no_right(mailbox: &str) -> Self {
        Self::failed(format!("{mailbox}: no right to do that"))
    }

    /// What cannot be asked of the API, and what to do instead.
    pub(super) fn only_here(what: &str) -> Self {
        Self::usage(format!(
            "{what} works where the configuration and the database are, and not by --server (or POSTROOM_SERVER): run it there \
             without; by --server there are user, group, mailbox, acl, address, quota, token, session and activity"
        ))
    }

    pub(super) fn code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Coded(code, _) => ExitCode::from(*code),
            Self::Usage(_) => ExitCode::from(2),
        }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self::usage(mistakes.to_string())
    }
}
