//! What a rule reports.

use std::fmt;

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) path: String,
    /// Counted from one; none where the whole file, or its absence, is meant.
    pub(super) line: Option<usize>,
    pub(super) words: String,
}

impl Finding {
    pub(super) fn at(path: &str, line: usize, words: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            words: words.into(),
        }
    }

    pub(super) fn of(path: &str, words: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            words: words.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.words),
            None => write!(f, "{}: {}", self.path, self.words),
        }
    }
}
