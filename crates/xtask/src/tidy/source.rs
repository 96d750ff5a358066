//! Rust source taken apart as far as the rules need it: code without comments and strings, comments
//! without code, and where the tests are. Lines and columns stay where they were.

/// One source file, apart.
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

    /// The code without `#[cfg(test)]` items: what ships.
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

/// Every path that a `use` names, in full and with the line of the `use`:
/// `use std::{env, fs::File}` is `std::env` and `std::fs::File`.
pub(super) fn used_paths(code: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
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
        let line = code[..start + at].matches('\n').count() + 1;
        let tree: String = whole["use ".len()..end]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join("");
        expand(&tree, "", &mut |path| paths.push((line, path)));
    }
    paths
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
        let paths =
            used_paths("//\nuse std::{\n    env,\n    fs::{self, File},\n};\nuse a::b as c;\n");
        let expected = [
            (2, "std::env"),
            (2, "std::fs::self"),
            (2, "std::fs::File"),
            (6, "a::basc"),
        ];
        assert_eq!(paths, expected.map(|(line, path)| (line, path.to_owned())));
    }
}
