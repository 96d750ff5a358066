//! A migration never changes once it has landed: databases remember what they have run.
//!
//! `migrations/landed.sha256` holds a line per migration in the form of `sha256sum`.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::finding::Finding;
use super::tree::Tree;
use crate::tool::ChoreError;

const FOLDER: &str = "migrations/";
const LANDED: &str = "migrations/landed.sha256";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let landed = landed(tree.text(LANDED).unwrap_or_default());
    let here: BTreeMap<_, _> = tree
        .files(FOLDER, ".sql")
        .map(|(path, text)| (path.trim_start_matches(FOLDER), hash(text)))
        .collect();
    let mut findings = Vec::new();
    for (name, hash) in &landed {
        let path = format!("{FOLDER}{name}");
        match here.get(name) {
            None => findings.push(Finding::of(&path, "has landed, but is gone")),
            Some(now) if now != hash => {
                let words = "has changed since it landed: write a new migration";
                findings.push(Finding::of(&path, words));
            }
            Some(_) => {}
        }
    }
    for name in here.keys().filter(|name| !landed.contains_key(*name)) {
        let words = format!("is not in {LANDED}: `cargo xtask prepare` lands it");
        findings.push(Finding::of(&format!("{FOLDER}{name}"), words));
    }
    findings
}

/// Adds the migrations that have not landed yet. Never touches a line that is there.
pub(crate) fn land(root: &Path) -> Result<(), ChoreError> {
    let tree = Tree::load(root)?;
    let mut lines = tree.text(LANDED).unwrap_or_default().to_owned();
    let known: Vec<_> = landed(&lines).into_keys().map(str::to_owned).collect();
    for (path, text) in tree.files(FOLDER, ".sql") {
        let name = path.trim_start_matches(FOLDER);
        if !known.iter().any(|known| known == name) {
            lines.push_str(&format!("{}  {name}\n", hash(text)));
        }
    }
    std::fs::write(root.join(LANDED), lines).map_err(ChoreError::at(LANDED))
}

fn landed(lines: &str) -> BTreeMap<&str, String> {
    let pair = |line| str::split_once(line, "  ").map(|(hash, name)| (name, hash.to_owned()));
    lines.lines().filter_map(pair).collect()
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of "abc" is an example in FIPS 180-2.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn words(migration: (&str, &str), landed: &str) -> Vec<String> {
        let tree = Tree::of(&[migration, (LANDED, landed)]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.words)
            .collect()
    }

    #[test]
    fn unchanged_is_good() {
        let landed = format!("{ABC}  0001_start.sql\n");
        assert!(words(("migrations/0001_start.sql", "abc"), &landed).is_empty());
    }

    #[test]
    fn changed_gone_and_unknown_are_found() {
        let landed = format!("{ABC}  0001_start.sql\n");
        let changed = words(("migrations/0001_start.sql", "abcd"), &landed);
        assert_eq!(
            changed,
            ["has changed since it landed: write a new migration"]
        );
        let moved = words(("migrations/0002_next.sql", "abc"), &landed);
        assert_eq!(moved.len(), 2, "{moved:?}");
    }

    #[test]
    fn landing_adds_and_never_changes() {
        let root = tempfile::tempdir().unwrap();
        let migrations = root.path().join("migrations");
        std::fs::create_dir(&migrations).unwrap();
        std::fs::write(migrations.join("0001_start.sql"), "abc").unwrap();
        land(root.path()).unwrap();
        std::fs::write(migrations.join("0001_start.sql"), "changed").unwrap();
        std::fs::write(migrations.join("0002_next.sql"), "abc").unwrap();
        land(root.path()).unwrap();
        let landed = std::fs::read_to_string(migrations.join("landed.sha256")).unwrap();
        assert_eq!(
            landed,
            format!("{ABC}  0001_start.sql\n{ABC}  0002_next.sql\n")
        );
    }
}
