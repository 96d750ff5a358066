//! Text as mail carries it: encoded words and parameters in fields, quoted-printable and base64 in
//! bodies, lines that are not too long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a letter's program writes what is not ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The bytes as they are; Q in fields.
    Plain,
    /// Quoted-printable, and Q in fields.
    QuotedPrintable,
    /// Base64, and B in fields.
    Base64,
}

/// A field, folded before a word where it would be too long.
pub(super) fn field(name: &str, value: &str) -> String {
    let mut text = format!("{name}:");
    let mut length = text.len();
    for word in value.split(' ') {
        if length + 1 + word.len() > LINE_MAX && length > name.len() + 1 {
            text.push_str("\r\n");
            length = 0;
        }
        text.push(' ');
        text.push_str(word);
        length += 1 + word.len();
    }
    text.push_str("\r\n");
    text
}

/// Encoded words where they are needed (RFC 2047, 2 and 5).
pub(super) fn unstructured(text: &str, encoding: Encoding) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if encoded_word(&format!("{word}{letter}"), encoding).len() > ENCODED_WORD_MAX {
            words.push(encoded_word(&word, encoding));
            word.clear();
        }
        word.push(letter);
    }
    words.push(encoded_word(&word, encoding));
    words.join(" ")
}

/// `Käthe Böhm <kaethe@example.com>, bo@example.org` with each name as it must be written.
pub(super) fn addresses(list: &str, encoding: Encoding) -> String {
    let written = list.split(", ").map(|address| {
        let Some((name, rest)) = address.split_once(" <") else {
            return address.to_owned();
        };
        let is_plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'));
        let name = match name.is_ascii() {
            true if is_plain => name.to_owned(),
            true => format!("\"{name}\""),
            false => unstructured(name, encoding),
        };
        format!("{name} <{rest}")
    });
    written.collect::<Vec<_>>().join(", ")
}

/// `; name="a.pdf"`, or with the bytes written out (RFC 2231, 4).
pub(super) fn parameter(name: &str, value: &str) -> String {
    if value.is_ascii() {
        return format!("; {name}=\"{value}\"");
    }
    let value = value.bytes().map(|byte| match byte {
        b'.' | b'-' | b'_' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    format!("; {name}*=UTF-8''{}", value.collect::<String>())
}

/// Lines of 76 letters.
pub(super) fn base64_body(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(LINE_MAX / 4 * 3) {
        STANDARD.encode_string(line, &mut text);
        text.push_str("\r\n");
    }
    text
}

/// Quoted-printable of a text whose lines end in CRLF (RFC 2045, 6.7).
pub(super) fn quoted_printable_body(text: &str) -> String {
    let mut body = String::new();
    for line in text.split_inclusive("\r\n") {
        let (line, end) = match line.strip_suffix("\r\n") {
            Some(line) => (line, "\r\n"),
            None => (line, ""),
        };
        let mut length = 0;
        for (i, byte) in line.bytes().enumerate() {
            let is_last = i + 1 == line.len();
            let written = match byte {
                b'=' => quoted(byte),
                b' ' if is_last => quoted(byte),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => quoted(byte),
            };
            // Room is left for the sign of a soft break.
            if length + written.len() > LINE_MAX - 1 {
                body.push_str("=\r\n");
                length = 0;
            }
            length += written.len();
            body.push_str(&written);
        }
        body.push_str(end);
    }
    body
}

fn encoded_word(text: &str, encoding: Encoding) -> String {
    if encoding == Encoding::Base64 {
        return format!("=?UTF-8?B?{}?=", STANDARD.encode(text));
    }
    let written = text.bytes().map(|byte| match byte {
        b' ' => "_".to_owned(),
        // What is allowed in a display name, the strictest place (RFC 2047, 5, rule 3).
        b'!' | b'*' | b'+' | b'-' | b'/' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => quoted(byte),
    });
    format!("=?UTF-8?Q?{}?=", written.collect::<String>())
}

fn quoted(byte: u8) -> String {
    format!("={byte:02X}")
}

const LINE_MAX: usize = 76;
/// 75 is allowed; the name of the field stands on the same line.
const ENCODED_WORD_MAX: usize = 62;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_ascii_is_encoded() {
        let cases = [
            ("Lamp, 2 pieces", Encoding::Base64, "Lamp, 2 pieces"),
            (
                "Maße: 3",
                Encoding::QuotedPrintable,
                "=?UTF-8?Q?Ma=C3=9Fe=3A_3?=",
            ),
            ("Maße", Encoding::Base64, "=?UTF-8?B?TWHDn2U=?="),
        ];
        for (text, encoding, expected) in cases {
            assert_eq!(unstructured(text, encoding), expected);
        }
    }

    #[test]
    fn an_encoded_word_ends_between_letters() {
        let words = unstructured(&"ü".repeat(20), Encoding::QuotedPrintable);
        let expected = [8, 8, 4].map(|n| format!("=?UTF-8?Q?{}?=", "=C3=BC".repeat(n)));
        assert_eq!(words, expected.join(" "));
    }

    #[test]
    fn names_are_written_as_they_must_be() {
        let list = "Ada Lind <ada@example.org>, Dr. Roe <roe@example.com>, Käthe <k@example.com>, bo@example.org";
        assert_eq!(
            addresses(list, Encoding::Plain),
            "Ada Lind <ada@example.org>, \"Dr. Roe\" <roe@example.com>, =?UTF-8?Q?K=C3=A4the?= <k@example.com>, bo@example.org"
        );
    }

    #[test]
    fn a_long_field_is_folded_before_a_word() {
        let word = "x".repeat(35);
        assert_eq!(
            field("To", &format!("{word} {word} {word}")),
            format!("To: {word} {word}\r\n {word}\r\n")
        );
        let long = "x".repeat(90);
        assert_eq!(field("To", &long), format!("To: {long}\r\n"));
    }

    #[test]
    fn parameters_are_quoted_or_written_out() {
        assert_eq!(parameter("name", "a b.csv"), "; name=\"a b.csv\"");
        assert_eq!(
            parameter("name", "Maße.csv"),
            "; name*=UTF-8''Ma%C3%9Fe.csv"
        );
    }

    #[test]
    fn quoted_printable_breaks_softly() {
        assert_eq!(quoted_printable_body("1 = 1 \r\nß"), "1 =3D 1=20\r\n=C3=9F");
        let long = "x".repeat(76);
        let (first, rest) = long.split_at(75);
        assert_eq!(
            quoted_printable_body(&format!("{long}\r\n")),
            format!("{first}=\r\n{rest}\r\n")
        );
    }

    #[test]
    fn base64_has_lines_of_76() {
        assert_eq!(
            base64_body(&[0; 58]),
            format!("{}\r\nAA==\r\n", "A".repeat(76))
        );
    }
}
