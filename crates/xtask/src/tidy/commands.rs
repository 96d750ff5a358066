//! Every row of `COMMANDS` has a file in `session` that begins with its name, and a talk in which
//! somebody says it.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::source::words;
use super::tree::Tree;

pub(super) const TABLE: &str = "crates/session/src/command/mod.rs";
pub(super) const FILES: &str = "crates/session/src/command/";
pub(super) const TALKS: &str = "tests/talks/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let headed: BTreeSet<_> = tree
        .files(FILES, ".rs")
        .flat_map(|(_, text)| heading(text))
        .collect();
    let said: BTreeSet<_> = tree
        .files(TALKS, ".talk")
        .flat_map(|(_, talk)| said(talk))
        .collect();
    let mut findings = Vec::new();
    for (line, name) in rows(tree.text(TABLE).unwrap_or_default()) {
        if !headed.contains(name.trim_start_matches("UID ")) {
            let words = format!("no file in {FILES} begins with {name}");
            findings.push(Finding::at(TABLE, line, words));
        }
        if !said.contains(name) {
            findings.push(Finding::at(TABLE, line, format!("{name} is in no talk")));
        }
    }
    findings
}

/// The names in the table: the first text of each row between `COMMANDS` and the closing bracket.
pub(super) fn rows(text: &str) -> Vec<(usize, &str)> {
    let mut rows = Vec::new();
    let is_start = |line: &str| line.contains("COMMANDS:") && line.ends_with('[');
    for (i, line) in text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| !is_start(line))
        .skip(1)
    {
        if line.trim_start().starts_with(']') {
            break;
        }
        rows.extend(line.split('"').nth(1).map(|name| (i + 1, name)));
    }
    rows
}

/// The capitals in a file's first words: `//! CLOSE (RFC 9051, 6.4.1) and UNSELECT` is both.
pub(super) fn heading(text: &str) -> Vec<&str> {
    let first = text
        .lines()
        .find(|line| line.starts_with("//!"))
        .unwrap_or_default();
    words(first).map(|(_, word)| word).collect()
}

/// The commands that somebody sends in a talk: `ada> UID FETCH 1` and, with a tag of its own,
/// `ada>> x1 UID FETCH 1` are `UID FETCH`.
pub(super) fn said(talk: &str) -> Vec<String> {
    let sent = talk.lines().filter_map(|line| {
        let (who, text) = line.split_once('>')?;
        let is_name = !who.is_empty() && who.bytes().all(|b| b.is_ascii_alphanumeric());
        let text = text.strip_prefix('>').map_or(Some(text), |tagged| {
            tagged.trim_start().split_once(' ').map(|(_, text)| text)
        })?;
        // A mail transfer agent has other commands, some of them of the same name.
        (is_name && !who.starts_with("mta")).then_some(text)
    });
    sent.map(|text| {
        let mut words = text.split_whitespace().map(str::to_ascii_uppercase);
        let first = words.next().unwrap_or_default();
        if first != "UID" {
            return first;
        }
        format!("{first} {}", words.next().unwrap_or_default())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "/// Every command.\npub(crate) static COMMANDS: &[CommandRow] = &[\n    \
        row!(\"NOOP\", Any, _call, Body::Noop => noop::run()),\n    \
        row!(\"UID EXPUNGE\", Selected, call, Body::UidExpunge(set) =>\n        \
        expunge::run(call.session, &set)).by_policy(),\n];\nfn f() { g(\"OTHER\") }\n";

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let mut all = vec![(TABLE, ROWS)];
        all.extend(files);
        check(&Tree::of(&all))
            .into_iter()
            .map(|finding| finding.words)
            .collect()
    }

    #[test]
    fn a_row_with_file_and_talk_is_good() {
        let files = [
            (
                "crates/session/src/command/noop.rs",
                "//! CHECK (RFC 3501) and NOOP.\n",
            ),
            (
                "crates/session/src/command/expunge.rs",
                "//! EXPUNGE and UID EXPUNGE.\n",
            ),
            (
                "tests/talks/a.talk",
                "ada> NOOP\nada< ok\nmta> DATA\nbo>>  x1 uid expunge 1\nbo>> \n",
            ),
        ];
        assert!(findings(&files).is_empty());
    }

    #[test]
    fn a_row_without_file_or_talk_is_found() {
        let files = [
            (
                "crates/session/src/command/noop.rs",
                "//! NOOP.\n//! And EXPUNGE, said too late.\n",
            ),
            (
                "tests/talks/a.talk",
                "# NOOP is only in words here\n>>> NOOP\nada> UID EXPUNGE 1\n",
            ),
        ];
        assert_eq!(
            findings(&files),
            [
                "NOOP is in no talk",
                "no file in crates/session/src/command/ begins with UID EXPUNGE",
            ]
        );
    }

    #[test]
    fn before_there_is_a_table_there_is_nothing_to_say() {
        assert!(check(&Tree::of(&[])).is_empty());
    }
}
