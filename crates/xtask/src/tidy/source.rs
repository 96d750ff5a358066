//! Rust source taken apart as far as the rules need it: code without comments and strings, comments
//! without code, and where the tests are. Lines and columns stay where they were.

use std::collections::BTreeSet;

/// One source file, taken apart.
#[derive(Debug)]
pub(super) struct Source {
    /// The code; comments and the insides of literals are blanks.
    pub(super) code: String,
    /// The comments; everything else is blanks.
    pub(super) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text,
    RawText { hashes: usize },
}

impl Source {
    pub(super) fn read(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut source = Self {
            code: String::new(),
            comments: String::new(),
        };
        let mut at = At::Code;
        let mut i = 0;
        while i < letters.len() {
            let (next, length) = step(at, &letters[i..]);
            let is_comment = |at| matches!(at, At::LineComment | At::BlockComment { .. });
            for &letter in &letters[i..i + length] {
                let blank = if letter == '\n' { '\n' } else { ' ' };
                let in_comment = is_comment(at) || is_comment(next);
                let in_code = at == At::Code && next == At::Code;
                source.code.push(if in_code { letter } else { blank });
                source
                    .comments
                    .push(if in_comment { letter } else { blank });
            }
            at = next;
            i += length;
        }
        source
    }

    /// The code without `#[cfg(test)]` items, which is what ships.
    pub(super) fn shipped(&self) -> String {
        self.masked(false)
    }

    /// Only the `#[cfg(test)]` items.
    pub(super) fn tests(&self) -> String {
        self.masked(true)
    }

    fn masked(&self, keep_tests: bool) -> String {
        let mut kept = String::with_capacity(self.code.len());
        let mut rest = self.code.as_str();
        while let Some(start) = rest.find("#[cfg(test)]") {
            let length = item_length(&rest[start..]);
            let (before, item) = (&rest[..start], &rest[start..start + length]);
            kept.push_str(&if keep_tests {
                blanked(before)
            } else {
                before.to_owned()
            });
            kept.push_str(&if keep_tests {
                item.to_owned()
            } else {
                blanked(item)
            });
            rest = &rest[start + length..];
        }
        kept.push_str(&if keep_tests {
            blanked(rest)
        } else {
            rest.to_owned()
        });
        kept
    }
}

/// Where the reader is after the next letters, and how many letters that took.
fn step(at: At, rest: &[char]) -> (At, usize) {
    let starts = |word: &str| {
        word.chars()
            .enumerate()
            .all(|(i, c)| rest.get(i) == Some(&c))
    };
    match at {
        At::Code if starts("//") => (At::LineComment, 2),
        At::Code if starts("/*") => (At::BlockComment { depth: 1 }, 2),
        At::Code if starts("\"") => (At::Text, 1),
        At::Code if starts("r\"") || starts("r#") => match raw_text_opens(rest) {
            Some(hashes) => (At::RawText { hashes }, hashes + 2),
            None => (At::Code, 1),
        },
        At::Code if starts("'") => (At::Code, letter_literal_length(rest)),
        // A word is taken whole, so that the r of `for` opens nothing.
        At::Code => (At::Code, word_length(rest).max(1)),
        At::LineComment if starts("\n") => (At::Code, 1),
        At::LineComment => (at, 1),
        At::BlockComment { depth } if starts("/*") => (At::BlockComment { depth: depth + 1 }, 2),
        At::BlockComment { depth: 1 } if starts("*/") => (At::Code, 2),
        At::BlockComment { depth } if starts("*/") => (At::BlockComment { depth: depth - 1 }, 2),
        At::BlockComment { .. } => (at, 1),
        At::Text if starts("\\") => (at, 2.min(rest.len())),
        At::Text if starts("\"") => (At::Code, 1),
        At::Text => (at, 1),
        At::RawText { hashes } if starts(&format!("\"{}", "#".repeat(hashes))) => {
            (At::Code, hashes + 1)
        }
        At::RawText { .. } => (at, 1),
    }
}

fn raw_text_opens(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().skip(1).take_while(|&&c| c == '#').count();
    (rest.get(hashes + 1) == Some(&'"')).then_some(hashes)
}

/// The length of `'x'` or `'\n'`; one for the quote of a lifetime.
fn letter_literal_length(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', _, tail @ ..] => tail
            .iter()
            .position(|&c| c == '\'')
            .map_or(1, |end| end + 4),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

fn word_length(rest: &[char]) -> usize {
    let is_raw = |i: usize| i == 1 && rest[0] == 'b' && rest[1] == 'r';
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    let length = rest.iter().take_while(|c| word(c)).count();
    // `br"…"`: the b is a word of its own.
    if length == 2 && is_raw(1) && matches!(rest.get(2), Some('"' | '#')) {
        1
    } else {
        length
    }
}

/// From an attribute to the end of the item it stands on.
fn item_length(item: &str) -> usize {
    let mut depth = 0_usize;
    for (i, letter) in item.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth <= 1 => return i + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return i + 1,
            _ => {}
        }
    }
    item.len()
}

fn blanked(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' { '\n' } else { ' ' })
        .collect()
}

/// Every word of the code with its line, counted from one.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    code.lines().enumerate().flat_map(move |(i, line)| {
        line.split(move |c| !is_letter(c))
            .filter(|word| !word.is_empty())
            .map(move |w| (i + 1, w))
    })
}

/// One name that a `use` brings into a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// The line of the `use`, counted from one.
    pub(super) line: usize,
    /// Whether others may import it from here: `pub use`, `pub(crate) use`.
    pub(super) is_public: bool,
    /// The path in full, without the name that it gets here.
    pub(super) path: String,
    renamed: Option<String>,
}

impl Use {
    /// The name that it gets here: `b` for `a::b`, `a::b::self` and `x::y as b`.
    pub(super) fn name(&self) -> &str {
        let path = self.path.trim_end_matches("::self");
        let last = path.rsplit("::").next().unwrap_or_default();
        self.renamed.as_deref().unwrap_or(last)
    }
}

/// Every name that a `use` brings, with its path in full:
/// `use std::{env, fs::File}` is `std::env` and `std::fs::File`.
pub(super) fn uses(code: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    for (start, end) in use_statements(code) {
        let line = code[..start].matches('\n').count() + 1;
        let before = code[..start].trim_end();
        let words = code[start + "use ".len()..end].split_whitespace();
        let tree: String = words
            .map(|word| if word == "as" { " as " } else { word })
            .collect();
        expand(&tree, "", &mut |path| {
            let (path, renamed) = match path.split_once(" as ") {
                Some((path, name)) => (path.to_owned(), Some(name.to_owned())),
                None => (path, None),
            };
            uses.push(Use {
                line,
                is_public: before.ends_with("pub") || before.ends_with(')'),
                path,
                renamed,
            });
        });
    }
    uses
}

/// From the word `use` to its semicolon, for each.
fn use_statements(code: &str) -> Vec<(usize, usize)> {
    let mut statements = Vec::new();
    let mut offset = 0;
    for statement in code.split_inclusive([';', '}']) {
        let start = offset;
        offset += statement.len();
        // A group ends with a brace of its own, so take the statement from the whole text.
        let Some(at) = find_use(statement) else {
            continue;
        };
        let whole = &code[start + at..];
        let end = whole.find(';').unwrap_or(whole.len());
        statements.push((start + at, start + at + end));
    }
    statements
}

/// The paths (`a::b`, with at least one `::`) and all words of the code outside `use`.
pub(super) fn paths_outside_uses(code: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut rest = String::with_capacity(code.len());
    let mut at = 0;
    for (start, end) in use_statements(code) {
        rest.push_str(&code[at..start]);
        at = end;
    }
    rest.push_str(&code[at..]);
    let is_letter = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let paths = rest
        .split(|c| !is_letter(c))
        .map(|path| path.trim_matches(':'))
        .filter(|path| path.contains("::"))
        .map(str::to_owned);
    let words = words(&rest).map(|(_, word)| word.to_owned());
    (paths.collect(), words.collect())
}

fn find_use(statement: &str) -> Option<usize> {
    statement
        .match_indices("use ")
        .map(|(at, _)| at)
        .find(|&at| {
            let before = statement[..at].chars().next_back();
            before.is_none_or(char::is_whitespace)
        })
}

fn expand(tree: &str, prefix: &str, found: &mut impl FnMut(String)) {
    let Some(open) = tree.find('{') else {
        found(format!("{prefix}{tree}"));
        return;
    };
    let prefix = format!("{prefix}{}", &tree[..open]);
    let inside = tree[open + 1..]
        .strip_suffix('}')
        .unwrap_or(&tree[open + 1..]);
    let mut depth = 0_usize;
    let mut start = 0;
    for (i, letter) in inside.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                expand(&inside[start..i], &prefix, found);
                start = i + 1;
            }
            _ => {}
        }
    }
    if start < inside.len() {
        expand(&inside[start..], &prefix, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_not_code() {
        let source = Source::read(concat!(
            "let a = \"std::env // no\"; // std::env\n",
            "let b = r#\"a \" b\"#; /* x /* y */ z */ let c = '\"'; let d: &'static str;\n",
            "for x in br\"q\" {}\n",
        ));
        let lines: Vec<_> = source.code.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "let a =                 ;");
        assert!(!lines[1].contains("a \" b") && lines[1].contains("let d: &'static str;"));
        assert!(lines[2].starts_with("for x in b") && lines[2].ends_with("{}"));
        assert!(source.comments.contains("// std::env") && source.comments.contains("/* y */ z"));
        assert!(!source.comments.contains("no"));
        assert_eq!(source.code.lines().count(), source.comments.lines().count());
    }

    #[test]
    fn tests_are_apart_from_what_ships() {
        let source = Source::read(
            "fn ships() {}\n#[cfg(test)]\nuse a::B;\nfn too() {}\n#[cfg(test)]\nmod tests { fn t() {} }\n",
        );
        let names = |code: &str| {
            let words: Vec<_> = words(code).map(|(_, word)| word.to_owned()).collect();
            words
                .windows(2)
                .filter(|w| w[0] == "fn")
                .map(|w| w[1].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&source.shipped()), ["ships", "too"]);
        assert_eq!(names(&source.tests()), ["t"]);
        assert_eq!(source.shipped().lines().count(), 6);
    }

    #[test]
    fn grouped_uses_are_spelled_out() {
        let paths = uses(
            "//\nuse std::{\n    env,\n    fs::{self, File},\n};\npub(crate) use a::b as c;\n",
        );
        let found: Vec<_> = paths
            .iter()
            .map(|used| (used.line, used.is_public, used.path.as_str(), used.name()))
            .collect();
        let expected = [
            (2, false, "std::env", "env"),
            (2, false, "std::fs::self", "fs"),
            (2, false, "std::fs::File", "File"),
            (6, true, "a::b", "c"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn paths_outside_uses_are_found_in_the_code() {
        let code = "use a::b;\nfn f(x: &crate::c::D) -> Vec<e::F> { g::<h::I>() }\n";
        let (paths, words) = paths_outside_uses(code);
        assert_eq!(Vec::from_iter(paths), ["crate::c::D", "e::F", "h::I"]);
        assert!(words.contains("F") && !words.contains("b"));
    }
}
