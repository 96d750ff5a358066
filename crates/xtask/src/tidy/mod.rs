//! The house rules that no compiler knows. Each rule reads the repository as texts and returns
//! what it found; none of them runs anything.

mod citations;
mod commands;
mod conformance;
mod doors;
mod functions;
mod leftovers;
mod lengths;
mod limits;
mod links;
mod migrations;
mod modules;
mod names;
mod rooms;
mod source;
mod sql_numbers;
mod tree;

pub(crate) use conformance::renew as renew_conformance;
pub(crate) use migrations::land;

use std::fmt;

use crate::tool::{ChoreError, root};
use tree::Tree;

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from one; none where the whole file, or its absence, is meant.
    line: Option<usize>,
    words: String,
}

impl Finding {
    fn at(path: &str, line: usize, words: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            words: words.into(),
        }
    }

    fn of(path: &str, words: impl Into<String>) -> Self {
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

type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    rooms::check,
    doors::check,
    functions::check,
    modules::check,
    commands::check,
    conformance::check,
    limits::check,
    migrations::check,
    sql_numbers::check,
    leftovers::check,
    links::check,
    names::check,
];

/// Prints what breaks a rule, and the longest files and functions as places to look at.
pub(crate) fn run(_: &[String]) -> Result<(), ChoreError> {
    let tree = Tree::load(&root())?;
    print!("{}", lengths::longest(&tree));
    let findings = all(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(ChoreError::new(format!(
        "{} places break a house rule",
        findings.len()
    )))
}

fn all(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let findings = all(&Tree::load(&root()).unwrap());
        let lines: Vec<_> = findings.iter().map(Finding::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
