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
