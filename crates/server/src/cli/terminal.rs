//! The output of the verbs.

use std::fmt::Display;
use std::io::{self, Write as _};

use serde_json::Value;

use super::failure::Failure;

/// Standard output and standard error, for people or for programs.
#[derive(Debug)]
pub(super) struct Terminal {
    is_json: bool,
}

impl Terminal {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json }
    }

    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Prints the data that was asked for.
    pub(super) fn print(&self, words: impl Display) -> Result<(), Failure> {
        match writeln!(io::stdout().lock(), "{words}") {
            // Whoever reads has read enough, as `head` does.
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(cause) => Err(Failure::failed(cause.to_string())),
            Ok(()) => Ok(()),
        }
    }

    /// Prints data: one JSON value on one line, or `words` for people.
    pub(super) fn show(&self, data: &Value, words: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.is_json {
            return self.print(data);
        }
        let words = words();
        // An empty list is no line at all, so that `wc -l` counts right.
        if words.is_empty() {
            return Ok(());
        }
        self.print(words.trim_end())
    }

    /// Reports that something was done; programs see it by the exit code.
    pub(super) fn report(&self, words: impl Display) -> Result<(), Failure> {
        if self.is_json {
            return Ok(());
        }
        self.print(words)
    }

    /// Prints what went wrong.
    pub(super) fn complain(&self, failure: &Failure) {
        Self::mention(failure);
    }

    /// Prints, beside the output, what whoever waits wants to know.
    pub(super) fn mention(words: impl Display) {
        // If this fails, too, there is nowhere left to report it.
        drop(writeln!(io::stderr().lock(), "postroom: {words}"));
    }
}
