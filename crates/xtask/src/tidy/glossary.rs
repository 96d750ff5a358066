//! The glossary: its table has its header first, is sorted and has no word twice; and every noun
//! that a room below the server exports is a word of the table, or one of the plain words below it.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::source::{Source, Use, uses, words};
use super::tree::Tree;

const PAGE: &str = "docs/GLOSSARY.md";
const HEADER: &str = "| word | means | not |";
const PLAIN: &str = "Plain words: ";
/// The rooms whose nouns everybody reads; the others keep to the words of an RFC, or of a program.
const ROOMS: &[&str] = &[
    "mail", "acl", "auth", "bus", "desired", "image", "store", "live", "session", "lmtp", "web",
    "api",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.text(PAGE) else {
        return Vec::new();
    };
    let mut findings = shape(page);
    let known = known(page);
    for room in ROOMS {
        let lib = format!("crates/{room}/src/lib.rs");
        for (line, name) in exported(tree.text(&lib).unwrap_or_default()) {
            if !is_known(&known, &name) {
                let words =
                    format!("{name} is neither in the table of {PAGE} nor a plain word there");
                findings.push(Finding::at(&lib, line, words));
            }
        }
    }
    findings
}

/// The rows of the table with their lines, the header included.
fn rows(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = page.lines().enumerate().map(|(i, line)| (i + 1, line));
    lines.filter(|(_, line)| line.starts_with('|'))
}

fn shape(page: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut rows = rows(page);
    if rows.next().is_none_or(|(_, row)| row != HEADER) {
        findings.push(Finding::of(PAGE, format!("its table begins with {HEADER}")));
    }
    let mut seen = BTreeMap::new();
    let mut before = String::new();
    for (line, row) in rows.skip(1) {
        if row.matches('|').count() != HEADER.matches('|').count() {
            findings.push(Finding::at(PAGE, line, "a row has three cells"));
        }
        for word in terms(row) {
            if let Some(first) = seen.insert(plain(word), line) {
                let words = format!("{word} stands in line {first} already");
                findings.push(Finding::at(PAGE, line, words));
            }
        }
        let first = terms(row).next().unwrap_or_default();
        let sorts_as = first.to_lowercase().replace(['`', '-'], "");
        if sorts_as < before {
            findings.push(Finding::at(
                PAGE,
                line,
                format!("{first} is not in its order"),
            ));
        }
        before = sorts_as;
    }
    findings
}

/// What a row explains: the words of its first cell.
fn terms(row: &str) -> impl Iterator<Item = &str> {
    let cell = row.split('|').nth(1).unwrap_or_default();
    cell.split(',').map(str::trim)
}

/// All words of the table and the plain ones, as [`plain`] makes them.
fn known(page: &str) -> BTreeSet<String> {
    let listed = rows(page).flat_map(|(_, row)| terms(row));
    let after = page.split(PLAIN).nth(1).unwrap_or_default();
    let paragraph = after.split("\n\n").next().unwrap_or_default();
    listed.chain(paragraph.split(',')).map(plain).collect()
}

/// A word in the form in which words are compared: `wake-ups` and `Wakeup` are `wakeup`.
fn plain(word: &str) -> String {
    let letters = word.chars().filter(char::is_ascii_alphanumeric);
    let mut plain: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    if plain.ends_with('s') {
        plain.pop();
    }
    plain
}

/// Whether a type's name, or the end of it that begins at some capital, is a known word.
fn is_known(known: &BTreeSet<String>, name: &str) -> bool {
    let capitals = name.match_indices(|c: char| c.is_ascii_uppercase());
    capitals
        .map(|(at, _)| plain(&name[at..]))
        .any(|end| known.contains(&end))
}

/// The types that a room's face exports, with their lines.
fn exported(lib: &str) -> Vec<(usize, String)> {
    let code = Source::read(lib).shipped();
    let is_type = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.contains(|c: char| c.is_ascii_lowercase())
    };
    let mut exported: Vec<_> = uses(&code)
        .iter()
        .filter(|used| used.is_public)
        .map(|used: &Use| (used.line, used.name().to_owned()))
        .collect();
    let mut before = ["", ""];
    for (line, word) in words(&code) {
        if let ["pub", "struct" | "enum" | "trait" | "type"] = before {
            exported.push((line, word.to_owned()));
        }
        before = [before[1], word];
    }
    exported.retain(|(_, name)| is_type(name));
    exported
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Glossary\n\n| word | means | not |\n|---|---|---|\n\
        | flag, keyword | a mark | label |\n| live mailbox | an open one | topic |\n\
        | mod-sequence, `ModSeq` | a number | version |\n| wake-up | a hint | event |\n\n\
        Plain words: counter, limit,\npolicy.\n\nnews, fault\n";

    fn words(page: &str, lib: &str) -> Vec<String> {
        let tree = Tree::of(&[(PAGE, page), ("crates/mail/src/lib.rs", lib)]);
        let findings = check(&tree).into_iter();
        findings.map(|finding| finding.words).collect()
    }

    #[test]
    fn exported_nouns_are_in_the_table_or_plain() {
        let lib = "pub use a::{BadFlag, Keywords, LINES_MAX, ModSeq, parse};\n\
            pub use b::Thing as FlagPolicy;\nuse c::Hidden;\n\
            pub struct Wakeup;\npub enum LiveMailbox {}\nstruct Own;\n";
        assert!(words(TABLE, lib).is_empty(), "{:?}", words(TABLE, lib));
    }

    #[test]
    fn unknown_nouns_are_found() {
        let lib = "pub use a::{Mailbox, Picture};\npub trait News {}\n";
        let missing =
            |name| format!("{name} is neither in the table of {PAGE} nor a plain word there");
        assert_eq!(
            words(TABLE, lib),
            ["Mailbox", "Picture", "News"].map(missing)
        );
    }

    #[test]
    fn the_table_begins_with_its_header() {
        let page = "| login | an account | |\n| word | means | not |\n|---|---|---|\n";
        assert!(words(page, "").contains(&format!("its table begins with {HEADER}")));
    }

    #[test]
    fn rows_are_sorted_whole_and_have_no_word_twice() {
        let page = format!("{HEADER}\n|---|---|---|\n| b, a | x | |\n| a-b | y |\n| A | z | |\n");
        assert_eq!(
            words(&page, ""),
            [
                "a row has three cells",
                "a-b is not in its order",
                "A stands in line 3 already",
                "A is not in its order",
            ]
        );
    }
}
