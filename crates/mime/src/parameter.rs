//! Structured MIME fields: a value, then `; attribute=value` (RFC 2045, 5.1; RFC 2183, 2).
//!
//! Parameters are returned unchanged, pieces by RFC 2231 included: clients decode them.

use crate::header::{self, FIELD_BYTES_MAX};

/// The `attribute=value` of a parameter, the value without its quotes.
pub(crate) type Parameter = (Vec<u8>, Vec<u8>);

/// A Content-Type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) kind: Vec<u8>,
    pub(crate) subtype: Vec<u8>,
    pub(crate) parameters: Vec<Parameter>,
}

impl Media {
    /// Parses a value; `None` when it is not a Content-Type by its grammar, so that the default
    /// applies (RFC 2045, 5.2).
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::of(value);
        let kind = cursor.token()?;
        cursor.eat(b'/')?;
        let subtype = cursor.token()?;
        Some(Self {
            kind: kind.to_vec(),
            subtype: subtype.to_vec(),
            parameters: cursor.parameters(),
        })
    }

    pub(crate) fn plain_text() -> Self {
        Self::bare("text", "plain")
    }

    pub(crate) fn message() -> Self {
        Self::bare("message", "rfc822")
    }

    pub(crate) fn octets() -> Self {
        Self::bare("application", "octet-stream")
    }

    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.is_kind(kind) && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    pub(crate) fn is_kind(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
    }

    /// The first parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&[u8]> {
        self.parameters
            .iter()
            .find(|(attribute, _)| attribute.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_slice())
    }

    fn bare(kind: &str, subtype: &str) -> Self {
        Self {
            kind: kind.into(),
            subtype: subtype.into(),
            parameters: Vec::new(),
        }
    }
}

/// A Content-Disposition: its type and parameters.
pub(crate) fn disposition(value: &[u8]) -> Option<(Vec<u8>, Vec<Parameter>)> {
    let mut cursor = Cursor::of(value);
    let kind = cursor.token()?.to_vec();
    Some((kind, cursor.parameters()))
}

/// The token that a value consists of, as in Content-Transfer-Encoding. `8 bit` is not a token.
pub(crate) fn token(value: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor::of(value);
    let token = cursor.token()?;
    cursor.skip_comments();
    matches!(cursor.rest, [] | [b';', ..]).then_some(token)
}

/// The tokens of a list with commas, as in Content-Language.
pub(crate) fn tokens(value: &[u8]) -> Vec<&[u8]> {
    let mut cursor = Cursor::of(value);
    let mut tokens = Vec::new();
    while let Some(token) = cursor.token() {
        tokens.push(token);
        if cursor.eat(b',').is_none() {
            break;
        }
    }
    tokens
}

struct Cursor<'v> {
    rest: &'v [u8],
}

impl<'v> Cursor<'v> {
    fn of(value: &'v [u8]) -> Self {
        Self {
            rest: value.get(..FIELD_BYTES_MAX).unwrap_or(value),
        }
    }

    fn token(&mut self) -> Option<&'v [u8]> {
        self.skip_comments();
        let length = self.rest.iter().take_while(|&&byte| is_token(byte)).count();
        let token = self.take(length);
        (!token.is_empty()).then_some(token)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.skip_comments();
        let (&first, rest) = self.rest.split_first()?;
        (first == byte).then(|| self.rest = rest)
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        while self.skip_behind_semicolon() {
            let Some(attribute) = self.token() else {
                continue;
            };
            if self.eat(b'=').is_some() {
                let value = self.parameter_value();
                parameters.push((attribute.to_vec(), value));
            }
        }
        parameters
    }

    fn parameter_value(&mut self) -> Vec<u8> {
        self.skip_comments();
        if let [b'"', rest @ ..] = self.rest {
            self.rest = rest;
            return self.quoted();
        }
        let start = self.rest;
        let value = self.token().unwrap_or_default();
        self.skip_comments();
        if matches!(self.rest, [] | [b';', ..]) {
            return value.to_vec();
        }
        // `name=My file (1).doc` without quotes is wrong, frequent and clear.
        self.rest = start;
        let length = memchr::memchr(b';', start).unwrap_or(start.len());
        header::unfold(self.take(length)).into_owned()
    }

    /// Reads a quoted string after its opening quote; without a closing one it takes all the rest.
    fn quoted(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        while let Some((&byte, rest)) = self.rest.split_first() {
            self.rest = rest;
            match byte {
                b'"' => break,
                b'\r' | b'\n' => {}
                b'\\' => {
                    text.extend(rest.first());
                    self.take(1);
                }
                _ => text.push(byte),
            }
        }
        text
    }

    fn skip_behind_semicolon(&mut self) -> bool {
        self.skip_comments();
        let at = memchr::memchr(b';', self.rest);
        self.take(at.map_or(self.rest.len(), |at| at + 1));
        at.is_some()
    }

    /// Skips white space and comments (RFC 5322, 3.2.2).
    fn skip_comments(&mut self) {
        let mut depth = 0_usize;
        while let Some((&byte, rest)) = self.rest.split_first() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b'\\' if depth > 0 => {
                    self.take(2);
                    continue;
                }
                _ if depth > 0 => {}
                _ => return,
            }
            self.rest = rest;
        }
    }

    fn take(&mut self, length: usize) -> &'v [u8] {
        let length = length.min(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }
}

/// Whether a byte may be in a token (RFC 2045, 5.1). 8-bit bytes may too: they occur in file names.
fn is_token(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !byte.is_ascii_control() && !b"()<>@,;:\\\"/[]?=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{Media, disposition, tokens};

    fn shown(value: &str) -> String {
        let Some(media) = Media::parse(value.as_bytes()) else {
            return "none".to_owned();
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut shown = format!("{}/{}", text(&media.kind), text(&media.subtype));
        for (attribute, value) in &media.parameters {
            shown += &format!(" {}=<{}>", text(attribute), text(value));
        }
        shown
    }

    #[test]
    fn content_types_sound_and_broken() {
        let table = [
            ("text/plain", "text/plain"),
            (
                " Text / HTML ; Charset = utf-8",
                "Text/HTML Charset=<utf-8>",
            ),
            (
                "text/plain; charset=us-ascii (Plain text)",
                "text/plain charset=<us-ascii>",
            ),
            (
                "text/plain; charset=\"us-ascii\"; format=flowed",
                "text/plain charset=<us-ascii> format=<flowed>",
            ),
            (
                "text/plain;\r\n\tcharset=utf-8;\r\n name=\"a\r\n b\"",
                "text/plain charset=<utf-8> name=<a b>",
            ),
            (
                "(c(d)) multipart/(x)mixed; boundary=\"a;\\\"b\"",
                "multipart/mixed boundary=<a;\"b>",
            ),
            (
                "multipart/mixed; boundary=----=_Part_1/2",
                "multipart/mixed boundary=<----=_Part_1/2>",
            ),
            (
                "image/png; name=My file (1).png; x=1",
                "image/png name=<My file (1).png> x=<1>",
            ),
            ("image/png; name=; x=\"", "image/png name=<> x=<>"),
            (
                "image/png; name*0*=utf-8''a%20; name*1=b",
                "image/png name*0*=<utf-8''a%20> name*1=<b>",
            ),
            ("image/png;; ;name; =x; a=1;", "image/png a=<1>"),
            ("image/png; name=\"open", "image/png name=<open>"),
            ("text", "none"),
            ("text/", "none"),
            ("/plain", "none"),
            ("", "none"),
            ("(open", "none"),
        ];
        for (value, expected) in table {
            assert_eq!(shown(value), expected, "{value:?}");
        }
    }

    #[test]
    fn dispositions_and_languages() {
        let (kind, parameters) = disposition(b"attachment; filename=a.txt").unwrap();
        assert_eq!(kind, b"attachment");
        assert_eq!(parameters, [(b"filename".to_vec(), b"a.txt".to_vec())]);
        assert_eq!(disposition(b"; filename=a.txt"), None);
        assert_eq!(tokens(b"de, en (x) ,fr"), [b"de", b"en", b"fr"]);
        assert!(tokens(b" , ").is_empty());
    }
}
