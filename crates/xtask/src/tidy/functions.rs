//! One function of the schema, one file: `crates/store/functions/<name>.sql`. Each file begins with what the
//! function promises, creates that function and no other, and somebody calls it.

use super::finding::Finding;
use super::source::words;
use super::tree::Tree;

const FOLDER: &str = "crates/store/functions/";
const CREATE: &str = "create or replace function ";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files(FOLDER, ".sql") {
        let name = path.trim_start_matches(FOLDER).trim_end_matches(".sql");
        let objections = [
            objection_to_comment(text),
            objection_to_definitions(text, name),
            objection_to_use(tree, path, text, name),
        ];
        findings.extend(
            objections
                .into_iter()
                .flatten()
                .map(|words| Finding::of(path, words)),
        );
    }
    for (path, text) in tree.files("migrations/", ".sql") {
        for (place, line) in text.lines().enumerate() {
            if is_definition(line) {
                let words = format!("functions live in {FOLDER}");
                findings.push(Finding::at(path, place + 1, words));
            }
        }
    }
    findings
}

fn objection_to_comment(text: &str) -> Option<String> {
    if !text.starts_with("-- ") {
        return Some("begins with what the function promises".to_owned());
    }
    ["As before", "As in 0"]
        .iter()
        .find(|words| text.contains(*words))
        .map(|words| format!("says what is so now, not {words:?}"))
}

fn objection_to_definitions(text: &str, name: &str) -> Option<String> {
    let defined: Vec<_> = text.lines().filter(|line| is_definition(line)).collect();
    let is_own = |line: &str| {
        line.strip_prefix(CREATE)
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    match defined[..] {
        [line] if is_own(line) => None,
        _ => Some(format!(
            "has one definition, which begins with `{CREATE}{name}(`"
        )),
    }
}

fn is_definition(line: &str) -> bool {
    line.starts_with("create function") || line.starts_with("create or replace function")
}

/// A trigger is a use as well, in the function's own file.
fn objection_to_use(tree: &Tree, path: &str, text: &str, name: &str) -> Option<String> {
    let is_trigger = text.contains(&format!("execute function {name}()"));
    let names_it = |text: &str| words(&code(text)).any(|(_, word)| word == name);
    let queries = tree.files("crates/store/queries/", ".sql");
    let functions = tree.files(FOLDER, ".sql");
    let source = tree.files("crates/store/src/", ".rs");
    let is_used = is_trigger
        || queries
            .chain(functions)
            .filter(|(other, _)| *other != path)
            .any(|(_, text)| names_it(text))
        || source.into_iter().any(|(_, text)| is_called(text, name));
    (!is_used).then(|| "nothing calls it".to_owned())
}

/// SQL without its comments.
fn code(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a string of a Rust file calls the function: there is also a Rust method of the same name often.
fn is_called(text: &str, name: &str) -> bool {
    let call = format!("{name}(");
    text.lines().any(|line| {
        line.match_indices(&call).any(|(at, _)| {
            let before = &line[..at];
            before.ends_with(' ') && !before.ends_with("fn ") || before.is_empty()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(function: &str, others: &[(&str, &str)]) -> Vec<String> {
        let mut texts = vec![("crates/store/functions/lock_tree.sql", function)];
        texts.extend(others);
        check(&Tree::of(&texts))
            .into_iter()
            .map(|finding| finding.words)
            .collect()
    }

    const GOOD: &str =
        "-- Locks a tree.\ncreate or replace function lock_tree(_owner bigint) returns void\n";
    const CALL: (&str, &str) = ("crates/store/queries/a.sql", "select lock_tree($1)");

    #[test]
    fn one_function_that_is_called_is_good() {
        assert!(found(GOOD, &[CALL]).is_empty());
        let call = ("crates/store/src/a.rs", "    \"select lock_tree($1)\",");
        assert!(found(GOOD, &[call]).is_empty());
        let trigger = format!(
            "{GOOD}create or replace trigger t after insert on a execute function lock_tree();"
        );
        assert!(found(&trigger, &[]).is_empty());
    }

    #[test]
    fn what_nobody_calls_is_found() {
        assert_eq!(found(GOOD, &[]), ["nothing calls it"]);
        let comment = (
            "crates/store/queries/a.sql",
            "-- lock_tree comes first\nselect 1",
        );
        let method = (
            "crates/store/src/a.rs",
            "    async fn lock_tree(&self) {}\n self.lock_tree().await",
        );
        assert_eq!(found(GOOD, &[comment, method]), ["nothing calls it"]);
    }

    #[test]
    fn two_definitions_or_another_name_are_found() {
        assert_eq!(found(&format!("{GOOD}{GOOD}"), &[CALL]).len(), 1);
        assert_eq!(
            found(&GOOD.replace("lock_tree(", "lock_trees("), &[CALL]).len(),
            1
        );
        let migration = ("migrations/0001_a.sql", "create function a() returns void");
        assert_eq!(found(GOOD, &[CALL, migration]).len(), 1);
    }

    #[test]
    fn a_comment_says_what_is_so_now() {
        assert_eq!(
            found(GOOD.trim_start_matches("-- Locks a tree.\n"), &[CALL]).len(),
            1
        );
        assert_eq!(
            found(&GOOD.replace("Locks a tree.", "As before."), &[CALL]).len(),
            1
        );
    }
}
