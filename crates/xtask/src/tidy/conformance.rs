//! `docs/CONFORMANCE.md`: what is offered, by which RFC, and the talks that show it. The page is
//! made of the tables of commands and capabilities and of what the talks cite; it is never written
//! by hand, and nothing is offered that no talk shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::citations::{Citation, citations};
use super::commands::{FILES, TABLE, TALKS, heading, rows, said};
use super::finding::Finding;
use super::tree::Tree;
use crate::tool::ChoreError;

const PAGE: &str = "docs/CONFORMANCE.md";
const OFFERS: &str = "crates/session/src/capability.rs";
const LETTERS: &str = "tests/talks/lmtp/";
/// A command's row names so many talks at most.
const TALKS_SHOWN: usize = 3;

const HEAD: &str = "# Conformance

What is offered, the RFC that says what it promises, and the talks that show it. `cargo xtask conformance` writes this page
from the tables of [commands](../crates/session/src/command/mod.rs) and [capabilities](../crates/session/src/capability.rs)
and from what each talk cites at its head; `cargo xtask tidy` fails when it is out of date, when a command is sent in
no talk, and when no talk cites the RFC of a capability.
";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let shown: BTreeSet<u16> = cited(tree)
        .into_keys()
        .map(|citation| citation.rfc)
        .collect();
    let mut findings: Vec<_> = offers(tree)
        .filter(|offer| !shown.contains(&offer.rfc))
        .map(|offer| {
            let words = format!("no talk cites RFC {}, which {} is", offer.rfc, offer.name);
            Finding::at(OFFERS, offer.line, words)
        })
        .collect();
    if tree.text(PAGE).unwrap_or_default() != page(tree) {
        let words = "is out of date: `cargo xtask conformance` renews it";
        findings.push(Finding::of(PAGE, words));
    }
    findings
}

/// Writes the page anew.
pub(crate) fn renew(root: &Path) -> Result<(), ChoreError> {
    let page = page(&Tree::load(root)?);
    std::fs::write(root.join(PAGE), page).map_err(ChoreError::at(PAGE))
}

fn page(tree: &Tree) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## Capabilities\n\n| capability | RFC |\n|---|---|\n");
    let mut offers: Vec<_> = offers(tree).collect();
    offers.sort_by_key(|offer| offer.name);
    for Offer { name, rfc, .. } in offers {
        let _ = writeln!(page, "| `{name}` | [{rfc}](#rfc-{rfc}) |");
    }
    page.push_str("\n## Commands\n\nEach with the talks that show it most plainly.\n\n");
    page.push_str("| command | file | talks |\n|---|---|---|\n");
    for name in command_names(tree) {
        let file = file_of(tree, name).map(|path| link(path, FILES));
        let talks: Vec<_> = plainest(tree, name)
            .into_iter()
            .map(|path| link(path, TALKS))
            .collect();
        let _ = writeln!(
            page,
            "| {name} | {} | {} |",
            file.unwrap_or_default(),
            talks.join(", ")
        );
    }
    page.push_str("\n## RFCs\n\nEach with its sections and the talks that cite them.\n");
    let mut rfc = None;
    for (citation, talks) in cited(tree) {
        if rfc != Some(citation.rfc) {
            let _ = writeln!(page, "\n### RFC {}\n", citation.rfc);
            rfc = Some(citation.rfc);
        }
        let section = section(&citation);
        for talk in talks {
            let _ = writeln!(page, "- {section}{}", link(talk, TALKS));
        }
    }
    page
}

/// A row of the capability tables.
struct Offer<'a> {
    name: &'a str,
    rfc: u16,
    line: usize,
}

fn offers(tree: &Tree) -> impl Iterator<Item = Offer<'_>> {
    let text = tree.text(OFFERS).unwrap_or_default();
    let calls = text.lines().enumerate().flat_map(|(i, line)| {
        let calls = line.split("offer(").skip(1);
        calls.map(move |arguments| (i, arguments))
    });
    calls.filter_map(move |(i, arguments)| {
        let (name, rfc) = arguments.split_once(", ")?;
        let name = match name.strip_prefix('"') {
            Some(name) => name.strip_suffix('"')?,
            None => constant(text, name)?,
        };
        let rfc = rfc.split(')').next()?.parse().ok()?;
        Some(Offer {
            name,
            rfc,
            line: i + 1,
        })
    })
}

/// The text that a constant of this name is.
fn constant<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let declared = format!("const {name}: &str = \"");
    text.split(&declared).nth(1)?.split('"').next()
}

fn command_names(tree: &Tree) -> BTreeSet<&str> {
    let rows = rows(tree.text(TABLE).unwrap_or_default());
    rows.into_iter().map(|(_, name)| name).collect()
}

fn file_of<'a>(tree: &'a Tree, command: &str) -> Option<&'a str> {
    let name = command.trim_start_matches("UID ");
    let mut files = tree.files(FILES, ".rs");
    let (path, _) = files.find(|(_, text)| heading(text).contains(&name))?;
    Some(path)
}

/// The talks in which a command is sent: first those of a folder of its name, then those with the
/// fewest other commands.
fn plainest<'a>(tree: &'a Tree, command: &str) -> Vec<&'a str> {
    let folder = format!(
        "{TALKS}{}/",
        command.to_ascii_lowercase().replace("uid ", "")
    );
    let mut talks: Vec<_> = tree
        .files(TALKS, ".talk")
        // There IMAP is said only to show what came.
        .filter(|(path, _)| !path.starts_with(LETTERS))
        .filter_map(|(path, talk)| {
            let said: BTreeSet<_> = said(talk).into_iter().collect();
            let is_said = said.contains(command);
            is_said.then(|| (!path.starts_with(&folder), said.len(), path))
        })
        .collect();
    talks.sort();
    talks.truncate(TALKS_SHOWN);
    talks.into_iter().map(|(_, _, path)| path).collect()
}

fn cited(tree: &Tree) -> BTreeMap<Citation, Vec<&str>> {
    let mut cited = BTreeMap::new();
    for (path, talk) in tree.files(TALKS, ".talk") {
        for citation in citations(talk) {
            cited.entry(citation).or_insert_with(Vec::new).push(path);
        }
    }
    cited
}

/// `6.4.8: `, or nothing for the whole RFC.
fn section(citation: &Citation) -> String {
    let numbers: Vec<_> = citation.section.iter().map(u16::to_string).collect();
    if numbers.is_empty() {
        return String::new();
    }
    format!("{}: ", numbers.join("."))
}

/// From the page to `path`, called by what comes after `folder`.
fn link(path: &str, folder: &str) -> String {
    let name = path.trim_start_matches(folder);
    let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
    format!("[{name}](../{path})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: (&str, &str) = (
        TABLE,
        "static COMMANDS: &[CommandRow] = &[\n    row!(\"UID MOVE\", Selected, call, Body::Move => \
         r#move::run()),\n    row!(\"ID\", Any, call, Body::Id => id::run()),\n];\n",
    );
    const CAPABILITIES: (&str, &str) = (
        OFFERS,
        "const ALWAYS: &[Offer] = &[\n    offer(\"MOVE\", 6851),\n];\nconst MORE: &[Offer] = &[offer(WHO, 2971)];\n\
         const WHO: &str = \"ID\";\nconst fn offer(name: &'static str, rfc: u16) -> Offer {\n",
    );
    const FILES_THERE: [(&str, &str); 2] = [
        ("crates/session/src/command/id.rs", "//! ID (RFC 2971).\n"),
        (
            "crates/session/src/command/move.rs",
            "//! MOVE (RFC 6851).\n",
        ),
    ];

    #[test]
    fn each_row_leads_to_its_talks() {
        let talks = [
            ("tests/talks/greeting/id.talk", "# RFC 2971.\nada> ID NIL\n"),
            ("tests/talks/list/a.talk", "ada> UID MOVE 1 x\n"),
            (
                "tests/talks/move/a.talk",
                "# RFC 6851, 3.10, 3.9.\nada> UID MOVE 1 x\nada> NOOP\n",
            ),
        ];
        let files = [&[COMMANDS, CAPABILITIES] as &[_], &FILES_THERE, &talks].concat();
        let page = page(&Tree::of(&files));
        let expected = "
## Capabilities

| capability | RFC |
|---|---|
| `ID` | [2971](#rfc-2971) |
| `MOVE` | [6851](#rfc-6851) |

## Commands

Each with the talks that show it most plainly.

| command | file | talks |
|---|---|---|
| ID | [id](../crates/session/src/command/id.rs) | [greeting/id](../tests/talks/greeting/id.talk) |
| UID MOVE | [move](../crates/session/src/command/move.rs) | [move/a](../tests/talks/move/a.talk), \
            [list/a](../tests/talks/list/a.talk) |

## RFCs

Each with its sections and the talks that cite them.

### RFC 2971

- [greeting/id](../tests/talks/greeting/id.talk)

### RFC 6851

- 3.9: [move/a](../tests/talks/move/a.talk)
- 3.10: [move/a](../tests/talks/move/a.talk)
";
        assert_eq!(page.strip_prefix(HEAD), Some(expected));
    }

    #[test]
    fn what_no_talk_shows_and_a_page_of_yesterday_are_found() {
        let talk = ("tests/talks/greeting/id.talk", "# RFC 2971.\nada> ID NIL\n");
        let files = [&[COMMANDS, CAPABILITIES, talk] as &[_], &FILES_THERE].concat();
        let expected = [
            Finding::at(OFFERS, 2, "no talk cites RFC 6851, which MOVE is"),
            Finding::of(PAGE, "is out of date: `cargo xtask conformance` renews it"),
        ];
        assert_eq!(check(&Tree::of(&files)), expected);
    }
}
