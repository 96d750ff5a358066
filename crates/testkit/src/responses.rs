//! Cuts the server's output into whole responses: a line with all its literals.

/// Takes the first whole response from `buffer`, without its CRLF; `None` while it is incomplete.
pub(crate) fn take(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut end = 0;
    loop {
        let rest = buffer.get(end..)?;
        let line = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let Some(size) = literal_size(rest.get(..line)?) else {
            let mut response: Vec<u8> = buffer.drain(..end + line + 2).collect();
            response.truncate(end + line);
            return Some(response);
        };
        end += line + 2 + size;
        if end > buffer.len() {
            return None;
        }
    }
}

/// The `n` of a line that ends with `{n}`.
fn literal_size(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|&byte| byte == b'{')?;
    std::str::from_utf8(line.get(open + 1..)?)
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn a_response_ends_with_its_last_line() {
        for (buffer, response, rest) in [
            ("* OK hi\r\n", Some("* OK hi"), ""),
            ("* OK hi\r\na1 OK", Some("* OK hi"), "a1 OK"),
            ("* OK hi\r", None, "* OK hi\r"),
            ("x {3}\r\na\r\n)\r\ny", Some("x {3}\r\na\r\n)"), "y"),
            ("x {3}\r\na\r", None, "x {3}\r\na\r"),
            (
                "x {1}\r\na {2}\r\n\r\n\r\n",
                Some("x {1}\r\na {2}\r\n\r\n"),
                "",
            ),
            ("x {0}\r\n\r\n", Some("x {0}\r\n"), ""),
            ("x {y}\r\n", Some("x {y}"), ""),
            ("\r\n", Some(""), ""),
        ] {
            let mut bytes = buffer.as_bytes().to_vec();
            let taken = take(&mut bytes);
            assert_eq!(taken.as_deref(), response.map(str::as_bytes), "{buffer:?}");
            assert_eq!(bytes, rest.as_bytes(), "{buffer:?}");
        }
    }
}
