//! `<address>` of MAIL and RCPT (RFC 5321, 4.1.2), and where it ends.

/// The text between the angle brackets and what follows them; `None` where there are none. A source route is dropped,
/// as RFC 5321, appendix C, asks.
pub(crate) fn split_path(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let end = end_of_path(inner)?;
    let (path, rest) = (inner.get(..end)?, inner.get(end + 1..)?);
    let path = match path.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => path,
    };
    Some((path, rest))
}

/// Where the closing bracket is: not within quotes, not after a backslash in them.
fn end_of_path(inner: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return Some(at),
            b' ' | b'<' if !is_quoted => return None,
            _ => {}
        }
    }
    None
}
