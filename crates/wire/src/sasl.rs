//! The lines that a client sends while it authenticates (RFC 3501, 6.2.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::command::Secret;

/// One line of a SASL exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaslLine {
    /// What the mechanism asked for, decoded.
    Data(Secret),
    /// `*`: the client gave up.
    Cancel,
}

/// `line` without its CRLF; `None` when it is not base64.
#[must_use]
pub fn sasl_decode(line: &[u8]) -> Option<SaslLine> {
    if line == b"*" {
        return Some(SaslLine::Cancel);
    }
    STANDARD
        .decode(line)
        .ok()
        .map(|data| SaslLine::Data(Secret(data)))
}

#[cfg(test)]
mod tests {
    use super::{SaslLine, sasl_decode};
    use crate::command::Secret;

    #[test]
    fn lines_are_data_or_cancel_or_neither() {
        let data = |bytes: &[u8]| Some(SaslLine::Data(Secret(bytes.to_vec())));
        for (line, expected) in [
            (&b"AGFkYQBzZWNyZXQ="[..], data(b"\0ada\0secret")),
            (b"", data(b"")),
            (b"*", Some(SaslLine::Cancel)),
            (b"AGFkYQBzZWNyZXQ", None),
            (b"**", None),
            (b"=", None),
            (b" AAAA", None),
        ] {
            assert_eq!(sasl_decode(line), expected, "{}", line.escape_ascii());
        }
    }
}
