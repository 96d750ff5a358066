//! The text that a page says is sent or received, and whether a response matches it.

use std::collections::BTreeMap;

/// Values that a talk has bound to `$names`.
pub type Names = BTreeMap<String, String>;

/// One text of a page: plain text with names, gaps and literals in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

/// A piece of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Plain text.
    Text(String),
    /// `$name`
    Name(String),
    /// `..`
    Gap,
    /// `>>> … <<<`
    Literal(Literal),
}

/// A literal of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The literal's bytes, with CRLF between lines.
    pub bytes: Vec<u8>,
    /// `>>+`: the sender does not wait to be asked (RFC 7888).
    pub non_synchronising: bool,
}

/// Bytes that are sent in one piece. After the announcement of a synchronising literal the client
/// first reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Utterance {
    /// The bytes are sent at once.
    Bytes(Vec<u8>),
    /// The bytes are sent when the server has asked for them.
    WhenAsked(Vec<u8>),
}

impl Pattern {
    /// Parses text without literals. `$$` is a dollar sign, `..` a gap.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_text(text);
        pattern
    }

    /// Appends text as [`parse`](Self::parse) reads it.
    pub fn push_text(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("$$") {
                self.push_plain("$");
                rest = after;
            } else if let Some((name, after)) = split_name(rest) {
                self.pieces.push(Piece::Name(name.to_owned()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix("..") {
                self.pieces.push(Piece::Gap);
                rest = after;
            } else {
                let first = rest.chars().next().map_or(0, char::len_utf8);
                let (plain, after) = rest.split_at(first);
                self.push_plain(plain);
                rest = after;
            }
        }
    }

    /// Appends a literal.
    pub fn push_literal(&mut self, literal: Literal) {
        self.pieces.push(Piece::Literal(literal));
    }

    /// Appends another pattern.
    pub fn append(&mut self, mut other: Self) {
        self.pieces.append(&mut other.pieces);
    }

    fn push_plain(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }

    /// The bytes to send, with CRLF at the end. A gap is sent as its two dots.
    ///
    /// # Errors
    ///
    /// The name that has no value yet.
    pub fn utterances(&self, names: &Names) -> Result<Vec<Utterance>, String> {
        let mut utterances = Vec::new();
        let mut asked = false;
        let mut bytes = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => bytes.extend_from_slice(text.as_bytes()),
                Piece::Gap => bytes.extend_from_slice(b".."),
                Piece::Name(name) => {
                    let value = names.get(name).ok_or_else(|| name.clone())?;
                    bytes.extend_from_slice(value.as_bytes());
                }
                Piece::Literal(literal) => {
                    let plus = if literal.non_synchronising { "+" } else { "" };
                    let size = literal.bytes.len();
                    bytes.extend_from_slice(format!("{{{size}{plus}}}\r\n").as_bytes());
                    if !literal.non_synchronising {
                        utterances.push(utterance(asked, std::mem::take(&mut bytes)));
                        asked = true;
                    }
                    bytes.extend_from_slice(&literal.bytes);
                }
            }
        }
        bytes.extend_from_slice(b"\r\n");
        utterances.push(utterance(asked, bytes));
        Ok(utterances)
    }

    /// The names with their values when `heard` matches the pattern; `None` when it does not.
    #[must_use]
    pub fn matches(&self, heard: &[u8], names: &Names) -> Option<Names> {
        let mut names = names.clone();
        matches_from(&self.pieces, heard, &mut names).then_some(names)
    }

    /// The first word, which is the command's name.
    #[must_use]
    pub fn first_word(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text.split(' ').next().unwrap_or_default(),
            Some(Piece::Name(_) | Piece::Gap | Piece::Literal(_)) | None => "",
        }
    }
}

fn utterance(asked: bool, bytes: Vec<u8>) -> Utterance {
    if asked {
        Utterance::WhenAsked(bytes)
    } else {
        Utterance::Bytes(bytes)
    }
}

/// `$name` at the beginning of `text`, and the text after it.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('$')?;
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    (end > 0).then(|| rest.split_at(end))
}

/// Matches with backtracking: lines are short, and a correct page matches at the first attempt.
fn matches_from(pieces: &[Piece], heard: &[u8], names: &mut Names) -> bool {
    let Some((piece, pieces)) = pieces.split_first() else {
        return heard.is_empty();
    };
    match piece {
        Piece::Text(text) => heard
            .strip_prefix(text.as_bytes())
            .is_some_and(|rest| matches_from(pieces, rest, names)),
        Piece::Literal(literal) => heard
            .strip_prefix(format!("{{{}}}\r\n", literal.bytes.len()).as_bytes())
            .and_then(|rest| rest.strip_prefix(literal.bytes.as_slice()))
            .is_some_and(|rest| matches_from(pieces, rest, names)),
        Piece::Name(name) => match names.get(name) {
            Some(value) => heard
                .strip_prefix(value.as_bytes())
                .is_some_and(|rest| matches_from(pieces, rest, names)),
            None => binds(name, pieces, heard, names),
        },
        Piece::Gap if pieces.is_empty() => true,
        Piece::Gap => gap_ends(heard).any(|end| {
            let rest = heard.get(end..).unwrap_or_default();
            matches_from(pieces, rest, names)
        }),
    }
}

/// Binds `name` to the longest value with which the rest of the line matches.
fn binds(name: &str, pieces: &[Piece], heard: &[u8], names: &mut Names) -> bool {
    let longest = heard
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() && !b"()[]{},:\"".contains(byte))
        .count();
    (1..=longest).rev().any(|length| {
        let value = String::from_utf8_lossy(heard.get(..length).unwrap_or_default());
        names.insert(name.to_owned(), value.into_owned());
        let is_right = matches_from(pieces, heard.get(length..).unwrap_or_default(), names);
        if !is_right {
            names.remove(name);
        }
        is_right
    })
}

/// The positions where a gap may end: those with as many parentheses closed as opened since its
/// beginning.
fn gap_ends(heard: &[u8]) -> impl Iterator<Item = usize> {
    let mut depth = 0_i32;
    std::iter::once(0).chain(
        heard
            .iter()
            .enumerate()
            .map_while(move |(index, byte)| {
                match byte {
                    b'(' => depth += 1,
                    b')' => depth -= 1,
                    _ => {}
                }
                (depth >= 0).then_some((depth == 0).then_some(index + 1))
            })
            .flatten(),
    )
}

#[cfg(test)]
mod tests {
    use super::{Literal, Names, Pattern, Utterance};

    fn names(pairs: &[(&str, &str)]) -> Names {
        pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn lines_are_what_the_page_says_or_not() {
        for (page, heard, is_right) in [
            ("* 2 EXPUNGE", "* 2 EXPUNGE", true),
            ("* 2 EXPUNGE", "* 22 EXPUNGE", false),
            ("* 2 EXPUNGE", "* 2 EXPUNGED", false),
            ("* 3 FETCH (UID $known)", "* 3 FETCH (UID 17)", true),
            ("* 3 FETCH (UID $known)", "* 3 FETCH (UID 18)", false),
            ("* OK ..", "* OK anything (at all", true),
            (
                "* 1 FETCH (FLAGS (..))",
                "* 1 FETCH (FLAGS (\\Seen \\Draft))",
                true,
            ),
            ("* 1 FETCH (FLAGS (..))", "* 1 FETCH (FLAGS ())", true),
            (
                "* 1 FETCH (FLAGS (..))",
                "* 1 FETCH (FLAGS () UID 3)",
                false,
            ),
            ("* 1 FETCH (.. UID $u)", "* 1 FETCH (FLAGS (x) UID 3)", true),
            (
                "* LIST (..\\HasChildren..) ..",
                "* LIST (\\HasNoChildren) \"/\" a",
                false,
            ),
            ("FLAGS ($$Forwarded)", "FLAGS ($Forwarded)", true),
            ("$a $a", "1 1", true),
            ("$a $a", "1 2", false),
            ("$a:$b,$c", "1:20,3", true),
        ] {
            let known = names(&[("known", "17")]);
            let matched = Pattern::parse(page).matches(heard.as_bytes(), &known);
            assert_eq!(matched.is_some(), is_right, "{page} | {heard}");
        }
    }

    #[test]
    fn a_name_is_bound_to_what_was_heard() {
        let gained = Pattern::parse("[COPYUID $v $a:$b $c]")
            .matches(b"[COPYUID 7 1:3 12]", &Names::new())
            .unwrap();
        assert_eq!(
            gained,
            names(&[("v", "7"), ("a", "1"), ("b", "3"), ("c", "12")])
        );
    }

    #[test]
    fn a_literal_is_compared_as_is() {
        let mut page = Pattern::parse("* 1 FETCH (BODY[TEXT] ");
        page.push_literal(Literal {
            bytes: b"$x..\r\n".to_vec(),
            non_synchronising: false,
        });
        page.push_text(")");
        let right = b"* 1 FETCH (BODY[TEXT] {6}\r\n$x..\r\n)";
        assert!(page.matches(right, &Names::new()).is_some());
        let wrong = b"* 1 FETCH (BODY[TEXT] {6}\r\n$x...\n)";
        assert!(page.matches(wrong, &Names::new()).is_none());
    }

    #[test]
    fn what_follows_a_literal_waits_to_be_asked_for() {
        let mut page = Pattern::parse("LOGIN ");
        page.push_literal(Literal {
            bytes: b"ada".to_vec(),
            non_synchronising: false,
        });
        page.push_text(" ");
        page.push_literal(Literal {
            bytes: b"$1".to_vec(),
            non_synchronising: true,
        });
        assert_eq!(
            page.utterances(&Names::new()).unwrap(),
            [
                Utterance::Bytes(b"LOGIN {3}\r\n".to_vec()),
                Utterance::WhenAsked(b"ada {2+}\r\n$1\r\n".to_vec()),
            ]
        );
    }

    #[test]
    fn only_bound_names_can_be_said() {
        let page = Pattern::parse("FETCH $1 ($$Work)");
        assert_eq!(page.utterances(&Names::new()), Err("1".to_owned()));
        assert_eq!(
            page.utterances(&names(&[("1", "12")])).unwrap(),
            [Utterance::Bytes(b"FETCH 12 ($Work)\r\n".to_vec())]
        );
    }
}
