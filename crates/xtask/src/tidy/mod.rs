//! The house rules that no compiler checks. Each rule reads the repository as texts and returns
//! what it found; none of them runs anything.

mod circles;
mod citations;
mod commands;
mod conformance;
mod finding;
mod functions;
mod glossary;
mod leftovers;
mod lengths;
mod limits;
mod links;
mod migrations;
mod modules;
mod names;
mod restricted_paths;
mod rooms;
mod source;
mod sql_numbers;
mod tree;

pub(crate) use conformance::renew as renew_conformance;
pub(crate) use migrations::land;

use crate::tool::{ChoreError, root};
use finding::Finding;
use tree::Tree;

type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    rooms::check,
    functions::check,
    restricted_paths::check,
    modules::check,
    circles::check,
    commands::check,
    conformance::check,
    limits::check,
    glossary::check,
    migrations::check,
    sql_numbers::check,
    leftovers::check,
    links::check,
    names::check,
];

/// Prints what breaks a rule, and the extremes (the longest files and functions, the largest circles)
/// as places to look at.
pub(crate) fn run(_: &[String]) -> Result<(), ChoreError> {
    let tree = Tree::load(&root())?;
    print!("{}{}", lengths::longest(&tree), circles::extremes(&tree));
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
