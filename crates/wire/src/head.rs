//! How a command begins: its tag and its name, readable before the rest has arrived.

use crate::command::Tag;

/// Longer names are cut: they are nobody's, and are only repeated to the client.
const NAME_BYTES_MAX: usize = 32;

/// The first two or three words of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// `None` when the line does not begin with a tag.
    pub(crate) tag: Option<Tag>,
    /// In capitals, with the word after UID; printable. Empty when there is none.
    pub(crate) name: String,
    /// The place in the line at which the name ends.
    pub(crate) end: usize,
}

impl Head {
    /// Of a line, with or without its end.
    pub(crate) fn read(line: &[u8]) -> Self {
        let tag = word_at(line, 0);
        let mut end = tag.len();
        let mut name = String::new();
        if line.get(end) == Some(&b' ') {
            let word = word_at(line, end + 1);
            end += 1 + word.len();
            name = printable(word);
        }
        if name == "UID" && line.get(end) == Some(&b' ') {
            let word = word_at(line, end + 1);
            end += 1 + word.len();
            name = format!("UID {}", printable(word));
        }
        Self {
            tag: Tag::parse(tag),
            name,
            end,
        }
    }
}

fn word_at(line: &[u8], start: usize) -> &[u8] {
    let rest = line.get(start..).unwrap_or_default();
    let length = rest
        .iter()
        .position(|byte| b" \r\n".contains(byte))
        .unwrap_or(rest.len());
    rest.get(..length).unwrap_or_default()
}

fn printable(word: &[u8]) -> String {
    word.iter()
        .take(NAME_BYTES_MAX)
        .map(|&byte| match byte {
            b'!'..=b'~' => char::from(byte.to_ascii_uppercase()),
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn lines_have_a_tag_and_a_name_or_not() {
        for (line, tag, name, end) in [
            ("a1 noop\r\n", Some("a1"), "NOOP", 7),
            ("a1 uid fetch 1 all\r\n", Some("a1"), "UID FETCH", 12),
            ("a1 UID\r\n", Some("a1"), "UID", 6),
            ("a1 UID \r\n", Some("a1"), "UID ", 7),
            ("a1\r\n", Some("a1"), "", 2),
            ("", None, "", 0),
            (" a1 NOOP\r\n", None, "A1", 3),
            ("a+1 NOOP\r\n", None, "NOOP", 8),
            ("a1 n\u{7}\u{e4}p\r\n", Some("a1"), "N???P", 8),
            ("* BAD", None, "BAD", 5),
        ] {
            let head = Head::read(line.as_bytes());
            assert_eq!(head.tag.as_ref().map(|tag| tag.as_str()), tag, "{line:?}");
            assert_eq!((head.name.as_str(), head.end), (name, end), "{line:?}");
        }
        let long = Head::read(&[b'x'; 9000]);
        assert_eq!(
            (long.tag, long.name.as_str()),
            (None, ""),
            "a tag of any length"
        );
        assert_eq!(
            Head::read(format!("a {}", "x".repeat(9000)).as_bytes()).name,
            "X".repeat(32)
        );
    }
}
