//! The longest files and functions: they are no error, but worth a look.

use super::source::Source;
use super::tree::{Tree, is_test_file};

const SHOWN: usize = 5;

/// The longest files and functions, as lines to print.
pub(super) fn longest(tree: &Tree) -> String {
    let mut files = Vec::new();
    let mut functions = Vec::new();
    for (path, text) in tree.files("crates/", ".rs") {
        files.push((text.lines().count(), path.to_owned()));
        if is_test_file(path) {
            continue;
        }
        let shipped = Source::read(text).shipped();
        functions.extend(
            functions_of(&shipped)
                .into_iter()
                .map(|(length, name)| (length, format!("{path} {name}"))),
        );
    }
    format!(
        "longest files:{}longest functions:{}",
        top(files),
        top(functions)
    )
}

fn top(mut rows: Vec<(usize, String)>) -> String {
    rows.sort_by(|a, b| b.cmp(a));
    rows.truncate(SHOWN);
    let lines = rows
        .iter()
        .map(|(length, what)| format!("\n  {length:>4} {what}"));
    lines.chain([String::from("\n")]).collect()
}

/// Each function's length in lines and its name.
fn functions_of(code: &str) -> Vec<(usize, &str)> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let starts = code
        .match_indices("fn ")
        .filter(|(at, _)| !code[..*at].chars().next_back().is_some_and(is_letter));
    starts
        .filter_map(|(at, keyword)| {
            let rest = &code[at + keyword.len()..];
            let name = rest
                .split(|c| !is_letter(c))
                .next()
                .filter(|name| !name.is_empty())?;
            Some((body(rest)?.matches('\n').count() + 1, name))
        })
        .collect()
}

/// The text up to the closing brace; none for a function without a body.
fn body(rest: &str) -> Option<&str> {
    let mut depth = 0_usize;
    for (i, letter) in rest.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 1 => return rest.get(..i),
            '}' => depth = depth.checked_sub(1)?,
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_name_to_brace() {
        let code = "fn a() {\n  if x {\n  }\n}\ntrait T { fn b(); }\npub fn c() {}\n";
        assert_eq!(functions_of(code), [(4, "a"), (1, "c")]);
    }

    #[test]
    fn the_longest_come_first() {
        let text = longest(&Tree::of(&[
            ("crates/a/src/lib.rs", "fn f() {\n}\n"),
            ("crates/a/src/b.rs", "\n"),
        ]));
        assert_eq!(
            text,
            "longest files:\n     2 crates/a/src/lib.rs\n     1 crates/a/src/b.rs\n\
             longest functions:\n     2 crates/a/src/lib.rs f\n"
        );
    }
}
