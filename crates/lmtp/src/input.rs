//! Bytes that have come and are not read yet, and the lines in them.

use mail::limits::LMTP_LINE_BYTES_MAX;

/// What has come. No more is added while something in it can be read, so it stays as small as a line and a packet.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    read: usize,
    /// The rest of a line that was too long is dropped.
    is_dropping: bool,
}

/// What the next line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// It has not come as a whole.
    Unfinished,
    /// A line without its CRLF.
    Whole(Vec<u8>),
    /// A line that was too long; it is gone.
    TooLong,
    /// A CR or LF that is no CRLF. What follows cannot be trusted to be a command.
    BareEnd,
}

impl Input {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if self.read == self.bytes.len() {
            self.clear();
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.read = 0;
    }

    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.read..).unwrap_or_default()
    }

    pub(crate) fn skip(&mut self, bytes: usize) {
        self.read = (self.read + bytes).min(self.bytes.len());
    }

    /// Takes the next line.
    pub(crate) fn take_line(&mut self) -> Line {
        let rest = self.rest();
        // A CR at the very end may be the beginning of a CRLF.
        let Some(end) = memchr::memchr2(b'\r', b'\n', rest)
            .filter(|end| end + 1 < rest.len() || rest.get(*end) == Some(&b'\n'))
        else {
            return self.without_end();
        };
        if rest.get(end..end + 2) != Some(b"\r\n") {
            return Line::BareEnd;
        }
        let is_too_long = end > LMTP_LINE_BYTES_MAX;
        let line = rest
            .get(..end.min(LMTP_LINE_BYTES_MAX))
            .unwrap_or_default()
            .to_vec();
        self.skip(end + 2);
        if std::mem::take(&mut self.is_dropping) || is_too_long {
            return Line::TooLong;
        }
        Line::Whole(line)
    }

    fn without_end(&mut self) -> Line {
        let rest = self.rest();
        let length = rest.len() - usize::from(rest.ends_with(b"\r"));
        if length > LMTP_LINE_BYTES_MAX {
            self.is_dropping = true;
        }
        if self.is_dropping {
            self.skip(length);
        }
        Line::Unfinished
    }
}
