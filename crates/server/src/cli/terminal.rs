//! Where verbs print.

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

    /// What was asked for.
    pub(super) fn print(&self, words: impl Display) -> Result<(), Failure> {
        writeln!(io::stdout().lock(), "{words}").map_err(|cause| Failure::failed(cause.to_string()))
    }

    /// Data: one JSON value on one line, or `words` for people.
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

    /// That something was done; programs see it from the exit code.
    pub(super) fn report(&self, words: impl Display) -> Result<(), Failure> {
        if self.is_json {
            return Ok(());
        }
        self.print(words)
    }

    /// What went wrong.
    pub(super) fn complain(&self, failure: &Failure) {
        // Nobody is left to be told if even this fails.
        drop(writeln!(io::stderr().lock(), "postroom: {failure}"));
    }
}
