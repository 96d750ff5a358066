//! What is shown when a talk fails: the page with an arrow, and the conversation before.

use std::fmt;
use std::path::{Path, PathBuf};

/// Lines of the page shown before the one that failed.
const LINES_BEFORE: usize = 4;
/// Lines of the conversation shown.
const SAID_BEFORE: usize = 24;

/// A talk that did not go as its page says.
#[derive(Debug)]
pub struct Failure {
    /// The page's file, from the repository's root.
    pub page: PathBuf,
    /// The world in which it was played.
    pub world: &'static str,
    /// The line's number, from 1.
    pub line: usize,
    /// What happened instead.
    pub what: String,
    /// The page, line by line.
    pub text: Vec<String>,
    /// The lines that all clients sent and received.
    pub said: Vec<String>,
}

impl Failure {
    /// The test's name for a page: `expunge/waits-for-a-safe-moment`.
    #[must_use]
    pub fn test_name(page: &Path, folder: &Path) -> String {
        let page = page.strip_prefix(folder).unwrap_or(page);
        page.with_extension("").display().to_string()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}   {}", self.page.display(), self.line, self.world)?;
        let first = self.line.saturating_sub(LINES_BEFORE).max(1);
        for number in first..=self.line {
            let line = self.text.get(number - 1).map_or("", String::as_str);
            writeln!(f, "{number:>4}  {line}")?;
        }
        writeln!(f, "      ^ {}", self.what)?;
        writeln!(f, "said until then:")?;
        let skipped = self.said.len().saturating_sub(SAID_BEFORE);
        for line in self.said.iter().skip(skipped) {
            writeln!(f, "      {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Failure;

    #[test]
    fn the_arrow_is_at_the_line() {
        let failure = Failure {
            page: PathBuf::from("tests/talks/a.talk"),
            world: "TwoNodes",
            line: 2,
            what: "but heard: * 2 EXPUNGE".to_owned(),
            text: vec!["settle".to_owned(), "bo   hears nothing".to_owned()],
            said: vec!["bo> NOOP".to_owned()],
        };
        assert_eq!(
            failure.to_string(),
            "tests/talks/a.talk:2   TwoNodes\n   1  settle\n   2  bo   hears nothing\n      \
             ^ but heard: * 2 EXPUNGE\nsaid until then:\n      bo> NOOP\n"
        );
    }

    #[test]
    fn a_test_is_named_by_its_page() {
        let name = Failure::test_name(
            Path::new("/r/tests/talks/acl/x.talk"),
            Path::new("/r/tests/talks"),
        );
        assert_eq!(name, "acl/x");
    }
}
