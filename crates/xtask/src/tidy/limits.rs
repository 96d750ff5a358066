//! Every bound has a name in `mail::limits`, and every name is explained to operators, with its number.

use std::collections::HashMap;

use super::finding::Finding;
use super::tree::Tree;

const LIMITS: &str = "crates/mail/src/limits.rs";
const OPERATIONS: &str = "docs/OPERATIONS.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let explained = tree.text(OPERATIONS).unwrap_or_default();
    let limits: Vec<_> = limits(tree.text(LIMITS).unwrap_or_default()).collect();
    let mut known = HashMap::new();
    let mut findings = Vec::new();
    for Limit { line, name, value } in limits {
        let value = product(value, &known);
        known.extend(value.map(|value| (name, value)));
        let told = told(explained, name);
        let wrong = match (told, value) {
            (None, _) => format!("{name} is not explained in {OPERATIONS}"),
            (_, None) => format!("{name} is no product of numbers and limits before it"),
            (Some(told), Some(value)) if told == Some(value) => continue,
            (Some(_), Some(value)) => format!("{OPERATIONS} tells another number than {value}"),
        };
        findings.push(Finding::at(LIMITS, line, wrong));
    }
    findings
}

struct Limit<'t> {
    line: usize,
    name: &'t str,
    value: &'t str,
}

/// The constants, each as `pub const NAME: type = value;`.
fn limits(text: &str) -> impl Iterator<Item = Limit<'_>> {
    text.lines().enumerate().filter_map(|(i, line)| {
        let (name, rest) = line
            .trim_start()
            .strip_prefix("pub const ")?
            .split_once(':')?;
        let (_, value) = rest.split_once('=')?;
        Some(Limit {
            line: i + 1,
            name,
            value: value.trim_end_matches(';'),
        })
    })
}

/// `64 * 1024`, with the limits that are `known` by their names.
fn product(text: &str, known: &HashMap<&str, u64>) -> Option<u64> {
    text.split('*')
        .map(str::trim)
        .map(|factor| {
            let number = factor.replace('_', "").parse().ok();
            number.or_else(|| known.get(factor).copied())
        })
        .product()
}

/// What operators read of it, as `| `NAME` = 64 KiB |`: not at all, or no number, or a number.
fn told(explained: &str, name: &str) -> Option<Option<u64>> {
    let (_, rest) = explained.split_once(&format!("`{name}`"))?;
    let number = rest.strip_prefix(" = ").and_then(|rest| {
        let (number, _) = rest.split_once(" |")?;
        let (number, unit) = number.split_once(' ').unwrap_or((number, ""));
        let unit = match unit {
            "" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        let number: u64 = number.replace(',', "").parse().ok()?;
        number.checked_mul(unit)
    });
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_explained_with_its_number() {
        let limits = "/// A.\npub const LINE_BYTES_MAX: usize = 64 * 1024;\n\
            pub const PARTS_MAX: usize = 2_000;\npub const SIGNS_MAX: u64 = 4 * PARTS_MAX;\n\
            pub const NAMES_MAX: usize = 7;\npub const ODD_MAX: usize = odd();\n";
        let tree = Tree::of(&[
            (LIMITS, limits),
            (
                OPERATIONS,
                "| `LINE_BYTES_MAX` = 64 KiB | a line |\n| `SIGNS_MAX` = 8,000 | signs |\n\
                 | `NAMES_MAX` = 8 | names |\n| `ODD_MAX` = 1 | odd |",
            ),
        ]);
        let expected = [
            (3, "PARTS_MAX is not explained in docs/OPERATIONS.md"),
            (5, "docs/OPERATIONS.md tells another number than 7"),
            (6, "ODD_MAX is no product of numbers and limits before it"),
        ];
        let expected = expected.map(|(line, words)| Finding::at(LIMITS, line, words));
        assert_eq!(check(&tree), expected);
    }
}
