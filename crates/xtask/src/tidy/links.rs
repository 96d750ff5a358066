//! Links between our documents lead somewhere, and a decision that is named exists.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::tree::Tree;

const DECISIONS: &str = "docs/adr/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = doubled(tree);
    for (path, text) in tree.files("", ".md") {
        for (i, target) in targets(text) {
            let place = resolved(path, target);
            if !place
                .as_ref()
                .is_some_and(|place| place.is_empty() || tree.has(place))
            {
                findings.push(Finding::at(path, i, format!("{target} leads nowhere")));
            }
        }
    }
    for ending in [".md", ".rs", ".sql", ".toml", ".yaml"] {
        for (path, text) in tree.files("", ending) {
            for (line, number) in decisions_named(text) {
                let start = format!("{DECISIONS}{number}-");
                if tree.files(&start, ".md").next().is_none() {
                    findings.push(Finding::at(path, line, format!("there is no ADR {number}")));
                }
            }
        }
    }
    findings
}

/// Two decisions with one number.
fn doubled(tree: &Tree) -> Vec<Finding> {
    let mut numbers = BTreeMap::new();
    for (path, _) in tree.files(DECISIONS, ".md") {
        let number: String = path[DECISIONS.len()..].chars().take(4).collect();
        if number.bytes().all(|b| b.is_ascii_digit()) {
            numbers.entry(number).or_insert_with(Vec::new).push(path);
        }
    }
    let doubled = numbers
        .into_values()
        .filter(|paths| paths.len() > 1)
        .flatten();
    doubled
        .map(|path| Finding::of(path, "shares its number with another decision"))
        .collect()
}

/// What the links of a page point at, with their lines; blocks of code have none.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for (i, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            let ends = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
            targets.extend(ends.filter_map(|rest| Some((i + 1, rest.split(')').next()?))));
        }
    }
    targets.retain(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"));
    targets
}

/// The path that a link on `page` means; none where it leaves the repository.
fn resolved(page: &str, target: &str) -> Option<String> {
    let file = target.split('#').next()?;
    let mut folders: Vec<_> = page.split('/').collect();
    folders.pop();
    if file.is_empty() {
        return Some(page.to_owned());
    }
    for step in file.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(folders.pop()?),
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

/// The numbers in "ADR 0001", with their lines.
fn decisions_named(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate();
    let named = lines.flat_map(|(i, line)| {
        line.match_indices("ADR ")
            .map(move |(at, word)| (i + 1, &line[at + word.len()..]))
    });
    named
        .filter_map(|(line, rest)| Some((line, rest.get(..4)?)))
        .filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_their_page() {
        let page = "[a](STYLE.md#rules) [b](../README.md) [c](adr/) [d](#here) [e](https://x.org/)\n\
                    [f](NONE.md) [g](../../beside)\n```\n[h](NONE.md)\n```\n";
        let tree = Tree::of(&[
            ("docs/A.md", page),
            ("docs/STYLE.md", ""),
            ("README.md", "[docs](docs)"),
            ("docs/adr/0001-rooms.md", ""),
        ]);
        let words: Vec<_> = check(&tree)
            .into_iter()
            .map(|finding| finding.words)
            .collect();
        assert_eq!(
            words,
            ["NONE.md leads nowhere", "../../beside leads nowhere"]
        );
    }

    #[test]
    fn a_named_decision_exists() {
        let named = concat!("// See ADR", " 0001 and ADR", " 0002.");
        let tree = Tree::of(&[
            ("docs/adr/0001-rooms.md", ""),
            ("crates/a/src/lib.rs", named),
        ]);
        assert_eq!(
            check(&tree),
            [Finding::at(
                "crates/a/src/lib.rs",
                1,
                "there is no ADR 0002"
            )]
        );
    }

    #[test]
    fn each_decision_has_a_number_of_its_own() {
        let tree = Tree::of(&[("docs/adr/0001-a.md", ""), ("docs/adr/0001-b.md", "")]);
        assert_eq!(check(&tree).len(), 2);
    }
}
