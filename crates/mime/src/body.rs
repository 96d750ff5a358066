//! BODY, made from a stored BODYSTRUCTURE: the same without extension data (RFC 3501, 7.4.2).

use mail::limits::MIME_DEPTH_MAX;

/// The BODY of a BODYSTRUCTURE that [`parse`](crate::parse) wrote.
///
/// A text that is not a BODYSTRUCTURE is returned unchanged.
#[must_use]
pub fn body_without_extensions(body_structure: &[u8]) -> Vec<u8> {
    let mut reader = Reader {
        rest: body_structure,
    };
    let mut out = Vec::with_capacity(body_structure.len());
    match reader.body(&mut out, DEPTH_MAX) {
        Some(()) => out,
        None => body_structure.to_vec(),
    }
}

/// Multiparts and messages both nest, and each level counts.
const DEPTH_MAX: usize = MIME_DEPTH_MAX + 1;

/// How many values stand between the type and the values of a kind of body: the subtype and
/// `body-fields`.
const BASIC_VALUES: usize = 6;

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    /// Copies one `body` without what follows its last basic field.
    fn body(&mut self, out: &mut Vec<u8>, depth_left: usize) -> Option<()> {
        let depth_left = depth_left.checked_sub(1)?;
        self.eat(b'(')?;
        out.push(b'(');
        if self.rest.starts_with(b"(") {
            while self.rest.starts_with(b"(") {
                self.body(out, depth_left)?;
            }
            self.copy(out)?;
        } else {
            self.one_part(out, depth_left)?;
        }
        while self.eat(b')').is_none() {
            self.value()?;
        }
        out.push(b')');
        Some(())
    }

    fn one_part(&mut self, out: &mut Vec<u8>, depth_left: usize) -> Option<()> {
        let kind = self.value()?;
        out.extend_from_slice(kind);
        let before_subtype = out.len();
        self.copy(out)?;
        let is_rfc822 = out
            .get(before_subtype..)
            .is_some_and(|subtype| subtype.eq_ignore_ascii_case(b" \"rfc822\""));
        for _ in 1..BASIC_VALUES {
            self.copy(out)?;
        }
        if kind.eq_ignore_ascii_case(b"\"text\"") {
            self.copy(out)?;
        } else if kind.eq_ignore_ascii_case(b"\"message\"") && is_rfc822 {
            self.copy(out)?;
            self.eat(b' ')?;
            out.push(b' ');
            self.body(out, depth_left)?;
            self.copy(out)?;
        }
        Some(())
    }

    fn copy(&mut self, out: &mut Vec<u8>) -> Option<()> {
        out.push(b' ');
        out.extend_from_slice(self.value()?);
        Some(())
    }

    /// The next string, number, NIL or list, without the space before it.
    fn value(&mut self) -> Option<&'b [u8]> {
        self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
        let start = self.rest;
        let mut depth = 0_usize;
        loop {
            match self.rest.first()? {
                b'(' => {
                    depth += 1;
                    self.skip(1)?;
                }
                b')' => {
                    depth = depth.checked_sub(1)?;
                    self.skip(1)?;
                }
                b' ' if depth > 0 => self.skip(1)?,
                b'"' => self.skip_quoted()?,
                b'{' => self.skip_literal()?,
                _ => self.skip_atom()?,
            }
            if depth == 0 {
                return start.get(..start.len() - self.rest.len());
            }
        }
    }

    fn skip_quoted(&mut self) -> Option<()> {
        self.skip(1)?;
        loop {
            let special = memchr::memchr2(b'"', b'\\', self.rest)?;
            let is_end = self.rest.get(special) == Some(&b'"');
            self.skip(special + if is_end { 1 } else { 2 })?;
            if is_end {
                return Some(());
            }
        }
    }

    fn skip_literal(&mut self) -> Option<()> {
        let digits_end = memchr::memchr(b'}', self.rest)?;
        let digits = std::str::from_utf8(self.rest.get(1..digits_end)?).ok()?;
        let length: usize = digits.parse().ok()?;
        self.skip(digits_end + 1)?;
        self.rest = self.rest.strip_prefix(b"\r\n")?;
        self.skip(length)
    }

    fn skip_atom(&mut self) -> Option<()> {
        let length = self
            .rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        (length > 0).then(|| self.skip(length))?
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    fn skip(&mut self, length: usize) -> Option<()> {
        self.rest = self.rest.get(length..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::body_without_extensions;

    #[test]
    fn extension_data_is_left_out_at_every_depth() {
        let table = [
            (
                r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 1 NIL NIL NIL NIL)"#,
                r#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 1)"#,
            ),
            (
                r#"("image" "png" NIL "<a>" "d)\"(" "base64" 5 "md5" ("inline" ("a" "b")) ("de" "en") "l")"#,
                r#"("image" "png" NIL "<a>" "d)\"(" "base64" 5)"#,
            ),
            (
                r#"(("a" "b" NIL NIL NIL "7bit" 5 NIL NIL NIL NIL)("TEXT" "b" NIL NIL NIL "7bit" 5 1 NIL NIL NIL NIL) "mixed" ("boundary" "x") NIL NIL NIL)"#,
                r#"(("a" "b" NIL NIL NIL "7bit" 5)("TEXT" "b" NIL NIL NIL "7bit" 5 1) "mixed")"#,
            ),
            (
                "(\"message\" \"rfc822\" NIL NIL {3}\r\n\"(x \"7bit\" 9 (NIL NIL ((NIL)) NIL) (\"a\" \"b\" NIL NIL NIL \"7bit\" 5 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)",
                "(\"message\" \"rfc822\" NIL NIL {3}\r\n\"(x \"7bit\" 9 (NIL NIL ((NIL)) NIL) (\"a\" \"b\" NIL NIL NIL \"7bit\" 5) 3)",
            ),
            ("(", "("),
            ("", ""),
            ("(\"text", "(\"text"),
            ("({9}\r\nabc", "({9}\r\nabc"),
        ];
        for (body_structure, expected) in table {
            let body = body_without_extensions(body_structure.as_bytes());
            assert_eq!(String::from_utf8(body).unwrap(), expected);
        }
    }
}
