//! Escapes bytes for a URL.

/// Percent-encodes all bytes but the unreserved ones (RFC 3986, 2.3).
pub(crate) fn in_url(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::in_url;

    #[test]
    fn what_a_url_minds_is_escaped() {
        assert_eq!(
            in_url("pa@ss/wört:%".as_bytes()),
            "pa%40ss%2Fw%C3%B6rt%3A%25"
        );
        assert_eq!(in_url(b"a-z.A_Z~09"), "a-z.A_Z~09");
    }
}
