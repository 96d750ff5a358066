//! Every bound has a name in `mail::limits`, and every name is explained to operators.

use super::finding::Finding;
use super::tree::Tree;

const LIMITS: &str = "crates/mail/src/limits.rs";
const OPERATIONS: &str = "docs/OPERATIONS.md";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let explained = tree.text(OPERATIONS).unwrap_or_default();
    let lines = tree.text(LIMITS).unwrap_or_default().lines().enumerate();
    lines
        .filter_map(|(i, line)| Some((i + 1, limit(line)?)))
        .filter(|(_, limit)| !explained.contains(&format!("`{limit}`")))
        .map(|(line, limit)| {
            Finding::at(
                LIMITS,
                line,
                format!("{limit} is not explained in {OPERATIONS}"),
            )
        })
        .collect()
}

fn limit(line: &str) -> Option<&str> {
    line.trim_start()
        .strip_prefix("pub const ")?
        .split(':')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unexplained_limit_is_found() {
        let limits =
            "/// A.\npub const LINE_BYTES_MAX: usize = 1;\npub const PARTS_MAX: usize = 2;\n";
        let tree = Tree::of(&[
            (LIMITS, limits),
            (OPERATIONS, "| `LINE_BYTES_MAX` | a line |"),
        ]);
        let expected = Finding::at(
            LIMITS,
            3,
            "PARTS_MAX is not explained in docs/OPERATIONS.md",
        );
        assert_eq!(check(&tree), [expected]);
    }
}
