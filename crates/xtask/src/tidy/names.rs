//! Names that mean nothing, and abbreviations that have a longer, readable form.

use super::finding::Finding;
use super::source::{Source, words};
use super::tree::{Tree, room_of};

/// Verbs that promise nothing.
const FUNCTION_STARTS: &[&str] = &["handle_", "process_", "do_", "get_"];
/// Commands of the RFCs keep their names.
const COMMANDS: &[&str] = &["get_acl", "get_metadata", "get_quota", "get_quota_root"];
/// Endings of type names that could mean anything.
const TYPE_ENDS: &[&str] = &["Manager", "Helper", "Util", "Utils", "Data", "Info"];
/// Names of modules in which anything could live.
const MODULES: &[&str] = &[
    "common", "core", "helper", "helpers", "misc", "shared", "types", "util", "utils",
];
/// Parts of a name that have a longer, readable form.
const SHORT: &[(&str, &str)] = &[
    ("mbx", "mailbox"),
    ("msn", "seqnum"),
    ("mgr", "what it does"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("crates/", ".rs") {
        findings.extend(place(path));
        findings.extend(declared(path, &Source::read(text).code));
    }
    findings
}

fn place(path: &str) -> Option<Finding> {
    let file = path
        .rsplit('/')
        .next()
        .and_then(|file| file.strip_suffix(".rs"));
    let taken = [room_of(path), file]
        .into_iter()
        .flatten()
        .find(|name| MODULES.contains(name))?;
    Some(Finding::of(
        path,
        format!("nothing is called {taken} here: say what it holds"),
    ))
}

fn declared(path: &str, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut before = "";
    for (line, word) in words(code) {
        if let Some(words) = objection(before, word) {
            findings.push(Finding::at(path, line, words));
        }
        before = word;
    }
    findings
}

fn objection(before: &str, word: &str) -> Option<String> {
    let starts = |start: &&&str| word.starts_with(**start);
    let ends = |end: &&&str| word.ends_with(**end);
    match before {
        "fn" if COMMANDS.contains(&word) => None,
        "fn" => {
            let start = FUNCTION_STARTS.iter().find(starts)?;
            Some(format!("{word}: {start} promises nothing"))
        }
        "struct" | "enum" | "trait" | "type" => {
            let end = TYPE_ENDS.iter().find(ends)?;
            Some(format!("{word}: {end} could be anything"))
        }
        "mod" if MODULES.contains(&word) => Some(format!("{word}: say what it holds")),
        _ => {
            let (short, long) = SHORT
                .iter()
                .find(|(short, _)| word.split('_').any(|w| w == *short))?;
            Some(format!("{word}: not {short}, but {long}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)]))
            .into_iter()
            .map(|finding| finding.words)
            .collect()
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        let cases = [
            (
                "fn handle_fetch() {}",
                "handle_fetch: handle_ promises nothing",
            ),
            (
                "async fn get_rights() {}",
                "get_rights: get_ promises nothing",
            ),
            (
                "pub struct CacheManager;",
                "CacheManager: Manager could be anything",
            ),
            ("mod utils {}", "utils: say what it holds"),
            ("let mbx_id = 1;", "mbx_id: not mbx, but mailbox"),
        ];
        for (text, expected) in cases {
            assert_eq!(words_of("crates/a/src/lib.rs", text), [expected]);
        }
    }

    #[test]
    fn places_have_names_too() {
        assert_eq!(words_of("crates/a/src/helpers.rs", "").len(), 1);
        assert_eq!(words_of("crates/core/src/lib.rs", "").len(), 1);
    }

    #[test]
    fn calls_and_words_are_left_alone() {
        let text = "map.get_mut(1); // handle_this\nlet text = \"fn do_it\"; fn fetch_info(a: u8) {} fn get_acl() {}";
        assert!(words_of("crates/a/src/lib.rs", text).is_empty());
    }
}
