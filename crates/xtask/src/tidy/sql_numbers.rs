//! No number has two homes: where SQL needs a number that Rust defines, a comment behind it says which, and
//! here both are compared.
//!
//! `10000 /* limits::ACL_ENTRIES_MAX */` is a constant of `mail::limits`; `7 /* activity: rename */` and
//! `4 /* change: private */` are kinds of rows; `770 /* rights: rte */` are letters of rights; `8 /* flag: seen */`
//! is a system flag (all: `system`) and `3 /* bit: seen */` the number of its bit. Limits, kinds and flags may not
//! stand without their names.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::tree::Tree;

const LIMITS: &str = "crates/mail/src/limits.rs";
const ACTIVITY: &str = "crates/store/src/activity.rs";
const CHANGE: &str = "crates/store/src/delta.rs";
const DIRECTORY: &str = "crates/store/src/directory.rs";
/// As `acl::Rights::to_i16` numbers them, from 1.
const RIGHTS: &str = "lrswipkxtean";
const FLAGS: &str = "crates/mail/src/flag.rs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let known = known(tree);
    let mut findings = Vec::new();
    for (path, text) in tree.files("crates/store/", ".sql") {
        for (i, line) in text.lines().enumerate() {
            for (number, name) in named_numbers(line) {
                let words = match value_of(&known, name) {
                    Some(value) if Some(value) == number => continue,
                    Some(value) => format!("{name} is {value}"),
                    None => format!("there is no {name}"),
                };
                findings.push(Finding::at(path, i + 1, words));
            }
            if has_bare(line, &["flags & ", "flag = "]) {
                let words = "a flag has its name behind it: `8 /* flag: seen */`";
                findings.push(Finding::at(path, i + 1, words));
            }
            if has_bare(line, &["kind = ", "kind in ("]) {
                findings.push(Finding::at(
                    path,
                    i + 1,
                    "a kind has its name behind it: `4 /* change: private */`",
                ));
            }
        }
    }
    findings
}

/// Each number of a line that has a name behind it, and the name. Comments with neither `:` nor `::` name nothing.
fn named_numbers(line: &str) -> impl Iterator<Item = (Option<i64>, &str)> {
    line.match_indices("/* ").filter_map(|(at, opening)| {
        let name = line[at + opening.len()..].split(" */").next()?;
        let before = line[..at].trim_end();
        let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next()?;
        name.contains(':').then_some((digits.parse().ok(), name))
    })
}

/// One of these words, then a number and no name.
fn has_bare(line: &str, words: &[&str]) -> bool {
    words.iter().any(|words| {
        line.split(words).skip(1).any(|rest| {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            after.len() < rest.len() && !after.starts_with(" /* ")
        })
    })
}

fn value_of(known: &BTreeMap<String, i64>, name: &str) -> Option<i64> {
    let Some(letters) = name.strip_prefix("rights: ") else {
        return known.get(name).copied();
    };
    letters
        .chars()
        .map(|letter| Some(1 << RIGHTS.find(letter)?))
        .sum()
}

fn known(tree: &Tree) -> BTreeMap<String, i64> {
    let text = |path| tree.text(path).unwrap_or_default();
    let limits = text(LIMITS).lines().filter_map(limit);
    let activities = text(ACTIVITY).lines().filter_map(activity);
    let changes = text(CHANGE).lines().filter_map(change);
    let flags = text(FLAGS).lines().filter_map(flag).flatten();
    let directory = text(DIRECTORY).lines().filter_map(directory);
    let uid = [("Uid::MAX".to_owned(), i64::from(u32::MAX))];
    limits
        .chain(flags)
        .chain(activities)
        .chain(changes)
        .chain(directory)
        .chain(uid)
        .collect()
}

/// `pub const ACL_ENTRIES_MAX: usize = 10_000;`
fn limit(line: &str) -> Option<(String, i64)> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(':')?;
    let value = rest
        .split_once("= ")?
        .1
        .trim_end_matches(';')
        .replace('_', "");
    let factors = value.split(" * ").map(str::parse::<i64>);
    let product: Result<i64, _> = factors.product();
    Some((format!("limits::{name}"), product.ok()?))
}

/// `(Self::ActAs, 13, "act-as"),`
fn activity(line: &str) -> Option<(String, i64)> {
    let mut parts = line
        .trim()
        .strip_prefix("(Self::")?
        .strip_suffix("\"),")?
        .split(", ");
    let (_, number, word) = (parts.next()?, parts.next()?, parts.next()?);
    Some((
        format!("activity: {}", word.trim_matches('"')),
        number.parse().ok()?,
    ))
}

/// `3 => ChangeKind::Expunged,`
fn change(line: &str) -> Option<(String, i64)> {
    let (number, name) = line.trim().split_once(" => ChangeKind::")?;
    let name = name.split(|c: char| !c.is_alphanumeric()).next()?;
    Some((
        format!("change: {}", name.to_lowercase()),
        number.parse().ok()?,
    ))
}

/// `pub const SEEN: Self = Self(1 << 3);`, and `const FIRST_KEYWORD: usize = 6;`, below which the flags are the system's.
fn flag(line: &str) -> Option<Vec<(String, i64)>> {
    let line = line.trim();
    if let Some(number) = line.strip_prefix("const FIRST_KEYWORD: usize = ") {
        let bits: u32 = number.trim_end_matches(';').parse().ok()?;
        return Some(vec![("flag: system".to_owned(), (1 << bits) - 1)]);
    }
    let (name, rest) = line
        .strip_prefix("pub const ")?
        .split_once(": Self = Self(1")?;
    let bit: u32 = match rest.strip_prefix(" << ") {
        Some(bit) => bit.trim_end_matches(");").parse().ok()?,
        None => 0,
    };
    let name = name.to_lowercase();
    Some(vec![
        (format!("flag: {name}"), 1 << bit),
        (format!("bit: {name}"), i64::from(bit)),
    ])
}

/// `const ANNOTATION: i16 = 3;`
fn directory(line: &str) -> Option<(String, i64)> {
    let (name, number) = line.strip_prefix("const ")?.split_once(": i16 = ")?;
    let number = number.trim_end_matches(';').parse().ok()?;
    Some((format!("directory: {}", name.to_lowercase()), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sql: &str) -> Vec<String> {
        let tree = Tree::of(&[
            (
                LIMITS,
                "/// A.\npub const LINE_BYTES_MAX: usize = 64 * 1_024;\n",
            ),
            (ACTIVITY, "        (Self::ActAs, 13, \"act-as\"),\n"),
            (
                CHANGE,
                "    4 => ChangeKind::Private(AccountId(account)),\n",
            ),
            (DIRECTORY, "const MAILBOX: i16 = 1;\n"),
            (
                FLAGS,
                "    pub const DELETED: Self = Self(1 << 2);\n    const FIRST_KEYWORD: usize = 6;\n",
            ),
            ("crates/store/functions/a.sql", sql),
        ]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.words)
            .collect()
    }

    #[test]
    fn numbers_that_are_what_their_names_say_are_good() {
        for sql in [
            "if n > 65536 /* limits::LINE_BYTES_MAX */ then",
            "select 13 /* activity: act-as */, 1 /* directory: mailbox */, c.kind = 4 /* change: private */",
            "where r & 770 /* rights: rte */ <> 0 /* not: */",
            "c.kind = n.kind and 5 /* a remark */ > 1",
            "flags & 4 /* flag: deleted */ <> 0 and flag = 2 /* bit: deleted */ and flags & 63 /* flag: system */",
        ] {
            let found = words(sql);
            let is_remark = sql.contains("not:");
            assert_eq!(found.len(), usize::from(is_remark), "{sql}: {found:?}");
        }
    }

    #[test]
    fn other_numbers_and_unknown_names_are_found() {
        assert_eq!(
            words("1000 /* limits::LINE_BYTES_MAX */"),
            ["limits::LINE_BYTES_MAX is 65536"]
        );
        assert_eq!(
            words("12 /* activity: act-as */"),
            ["activity: act-as is 13"]
        );
        assert_eq!(words("771 /* rights: rte */"), ["rights: rte is 770"]);
        assert_eq!(words("5 /* change: gone */"), ["there is no change: gone"]);
        assert_eq!(words("8 /* flag: deleted */"), ["flag: deleted is 4"]);
    }

    #[test]
    fn a_kind_or_a_flag_without_its_name_is_found() {
        assert_eq!(words("where c.kind = 4 and c.kind in (4)").len(), 1);
        assert_eq!(words("where e.flags & 4 <> 0").len(), 1);
        assert_eq!(words("where e.flag = 2").len(), 1);
    }
}
