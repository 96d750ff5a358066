//! Unfinished work carries the number of its issue, no test is ignored, and no test sleeps.

use super::finding::Finding;
use super::source::{Source, words};
use super::tree::{Tree, is_test_file};

/// Marks of unfinished work.
const MARKS: &[&str] = &["FIXME", "XXX", "HACK"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files("crates/", ".rs") {
        let source = Source::read(text);
        findings.extend(marks(path, &source.comments));
        findings.extend(switched_off(path, &source.code));
        let tests = if is_test_file(path) {
            source.code.clone()
        } else {
            source.tests()
        };
        findings.extend(sleeps(path, &tests));
    }
    for ending in [
        ".sql",
        ".sh",
        ".py",
        ".talk",
        ".toml",
        ".yaml",
        "Containerfile",
    ] {
        findings.extend(
            tree.files("", ending)
                .flat_map(|(path, text)| marks(path, text)),
        );
    }
    findings
}

fn marks(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in text.lines().enumerate() {
        for (at, mark) in line.match_indices("TODO") {
            if !has_number(&line[at + mark.len()..]) {
                findings.push(Finding::at(
                    path,
                    i + 1,
                    "a TODO names its issue: TODO(#123)",
                ));
            }
        }
        if let Some((_, mark)) = words(line).find(|(_, word)| MARKS.contains(word)) {
            findings.push(Finding::at(path, i + 1, format!("{mark} has no owner")));
        }
    }
    findings
}

/// Whether the text goes on with `(#123)`.
fn has_number(rest: &str) -> bool {
    let number = rest
        .strip_prefix("(#")
        .and_then(|rest| rest.split(')').next());
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn switched_off(path: &str, code: &str) -> Vec<Finding> {
    code.lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("#[ignore"))
        .map(|(i, _)| Finding::at(path, i + 1, "no test is ignored: assert today's answer"))
        .collect()
}

fn sleeps(path: &str, tests: &str) -> Vec<Finding> {
    tests
        .lines()
        .enumerate()
        .filter(|(_, line)| words(line).any(|(_, word)| word == "sleep") && line.contains("sleep("))
        .map(|(i, _)| Finding::at(path, i + 1, "a test never sleeps: wait for what it needs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)]))
            .into_iter()
            .filter_map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn work_for_later_has_a_number() {
        let text =
            "// TODO(#12): later\n// TODO: when?\n// TODO(#)\nlet a = \"TODO\";\n// a HACK\n";
        assert_eq!(lines("crates/a/src/lib.rs", text), [2, 3, 5]);
        assert_eq!(lines("migrations/0001_a.sql", "-- TODO index\n"), [1]);
    }

    #[test]
    fn no_test_is_switched_off() {
        assert_eq!(
            lines(
                "crates/a/src/lib.rs",
                "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n"
            ),
            [2]
        );
    }

    #[test]
    fn tests_never_sleep() {
        let text = "fn f() { sleep(1); }\n#[cfg(test)]\nmod tests {\n fn t() { sleep(1); }\n}\n";
        assert_eq!(lines("crates/a/src/lib.rs", text), [4]);
        assert_eq!(lines("crates/a/tests/b.rs", "thread::sleep(d);\n"), [1]);
    }
}
