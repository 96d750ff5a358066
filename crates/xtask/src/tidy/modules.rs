//! Every module begins with a comment that says what lives in it.

use super::finding::Finding;
use super::source::Source;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.files("crates/", ".rs")
        .filter(|(_, text)| !begins_with_words(text))
        .map(|(path, _)| Finding::of(path, "does not begin by saying what lives here (`//!`)"))
        .collect()
}

/// Only inner attributes may stand before the words.
fn begins_with_words(text: &str) -> bool {
    let Some(at) = text.find("//!") else {
        return false;
    };
    let code = Source::read(&text[..at]).code;
    let mut before = code.trim();
    while let Some(attribute) = before.strip_prefix("#![") {
        let Some(end) = attribute.find(']') else {
            return false;
        };
        before = attribute[end + 1..].trim_start();
    }
    before.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_first() {
        assert!(begins_with_words("//! What lives here.\nuse a;\n"));
        assert!(begins_with_words(
            "#![expect(a, reason = \"b [c]\")]\n\n//! What lives here.\n"
        ));
        assert!(!begins_with_words("use a;\n//! Too late.\n"));
        assert!(!begins_with_words("/// An item's words.\nfn f() {}\n"));
    }

    #[test]
    fn a_silent_module_is_found() {
        let tree = Tree::of(&[
            ("crates/a/src/b.rs", "fn f() {}"),
            ("crates/a/src/lib.rs", "//! A"),
        ]);
        assert_eq!(check(&tree).len(), 1);
    }
}
