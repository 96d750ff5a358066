//! Every row of `COMMANDS` has a file in `session`, and a talk in which somebody says it.

use std::collections::BTreeSet;

use super::Finding;
use super::source::Source;
use super::tree::Tree;

const SESSION: &str = "crates/session/src/";
const FILES: &str = "crates/session/src/command/";
const TALKS: &str = "tests/talks/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some((path, text)) = tree.files(SESSION, ".rs").find(|(_, text)| has_table(text)) else {
        return Vec::new();
    };
    let said: BTreeSet<_> = tree
        .files(TALKS, ".talk")
        .flat_map(|(_, talk)| said(talk))
        .collect();
    let rows = rows(text);
    let mut findings = Vec::new();
    for row in &rows {
        if !tree.has(&format!("{FILES}{}.rs", row.module))
            && !tree.has(&format!("{FILES}{}", row.module))
        {
            let words = format!("{} runs {}, which has no file", row.name, row.module);
            findings.push(Finding::at(path, row.line, words));
        }
        if !said.contains(row.name) {
            findings.push(Finding::at(
                path,
                row.line,
                format!("{} is in no talk", row.name),
            ));
        }
    }
    findings
}

struct Row<'a> {
    line: usize,
    name: &'a str,
    module: &'a str,
}

fn has_table(text: &str) -> bool {
    Source::read(text).code.contains("COMMANDS: &[")
}

/// Rows as they are written: `name: "FETCH"`, and `run: fetch::run` in the same braces.
fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (at, field) in text.match_indices("name: \"") {
        let rest = &text[at + field.len()..];
        let row = rest.split('}').next().unwrap_or(rest);
        let name = row.split('"').next();
        let module = row
            .split("run: ")
            .nth(1)
            .and_then(|run| run.split("::").next());
        if let (Some(name), Some(module)) = (name, module) {
            rows.push(Row {
                line: text[..at].matches('\n').count() + 1,
                name,
                module,
            });
        }
    }
    rows
}

/// The commands that somebody sends in a talk: `ada> UID FETCH 1 FLAGS` is `UID FETCH` and `FETCH`.
fn said(talk: &str) -> Vec<String> {
    let sent = talk.lines().filter_map(|line| {
        let (who, text) = line.split_once('>')?;
        who.bytes()
            .all(|b| b.is_ascii_alphanumeric())
            .then_some(text)
    });
    sent.flat_map(|text| {
        let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
        let first = words.next().unwrap_or_default();
        let second = words.next().unwrap_or_default();
        [
            if first == "UID" {
                second.clone()
            } else {
                first.clone()
            },
            format!("{first} {second}"),
        ]
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "pub(crate) const COMMANDS: &[Spec] = &[\n\
        Spec { name: \"NOOP\", run: noop::run },\n\
        Spec {\n    name: \"UID EXPUNGE\",\n    run: expunge::run,\n},\n];\n";

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let mut all = vec![("crates/session/src/commands.rs", TABLE)];
        all.extend(files);
        check(&Tree::of(&all))
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    #[test]
    fn a_row_with_file_and_talk_is_good() {
        let talk = (
            "tests/talks/a.talk",
            "# NOOP\nada> NOOP\nada< ok\nbo>  uid expunge 1\n",
        );
        let files = [
            ("crates/session/src/command/noop.rs", ""),
            ("crates/session/src/command/expunge/mod.rs", ""),
            talk,
        ];
        assert!(findings(&files).is_empty());
    }

    #[test]
    fn a_row_without_file_or_talk_is_found() {
        let talk = (
            "tests/talks/a.talk",
            "# NOOP is only in words here\nada> UID EXPUNGE 1\n",
        );
        let files = [("crates/session/src/command/noop.rs", ""), talk];
        assert_eq!(
            findings(&files),
            [
                "crates/session/src/commands.rs:2: NOOP is in no talk",
                "crates/session/src/commands.rs:4: UID EXPUNGE runs expunge, which has no file",
            ]
        );
    }

    #[test]
    fn before_there_is_a_table_there_is_nothing_to_say() {
        assert!(check(&Tree::of(&[])).is_empty());
    }
}
