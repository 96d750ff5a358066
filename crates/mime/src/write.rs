//! Strings in IMAP syntax (RFC 3501, section 9), appended to a buffer.

/// Writes an `nstring`: NIL for a missing text.
pub(crate) fn nstring(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Writes a `string`: quoted where that is allowed, else as a literal. NUL is allowed in neither
/// and is left out.
pub(crate) fn string(out: &mut Vec<u8>, text: &[u8]) {
    if !text.contains(&0) {
        return string_without_nul(out, text);
    }
    let text: Vec<u8> = text.iter().copied().filter(|&byte| byte != 0).collect();
    string_without_nul(out, &text);
}

/// Writes a number.
pub(crate) fn number(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(number.to_string().as_bytes());
}

fn string_without_nul(out: &mut Vec<u8>, text: &[u8]) {
    if text
        .iter()
        .all(|&byte| byte.is_ascii() && byte != b'\r' && byte != b'\n')
    {
        quoted(out, text);
    } else {
        out.push(b'{');
        number(out, text.len());
        out.extend_from_slice(b"}\r\n");
        out.extend_from_slice(text);
    }
}

fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::nstring;

    #[test]
    fn strings_are_quoted_where_they_may_be() {
        let cases: [(Option<&[u8]>, &[u8]); 7] = [
            (None, b"NIL"),
            (Some(b""), b"\"\""),
            (Some(b"a\tb"), b"\"a\tb\""),
            (Some(br#"say "a\b""#), br#""say \"a\\b\"""#),
            (Some(b"a\rb"), b"{3}\r\na\rb"),
            (Some("é".as_bytes()), b"{2}\r\n\xc3\xa9"),
            (Some(b"a\0b"), b"\"ab\""),
        ];
        for (text, expected) in cases {
            let mut out = Vec::new();
            nstring(&mut out, text);
            assert_eq!(out, expected, "{text:?}");
        }
    }
}
