//! The letter after DATA: dots are taken off (RFC 5321, 4.5.2), and the end is found.
//!
//! Only CRLF ends a line. A dot alone between two line ends of which one is something else is what some other server
//! might take for the end; such a letter is refused as a whole, and read to its true end.

/// Reads a letter piece by piece; how it is cut changes nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DotReader {
    at: Place,
    is_smuggled: bool,
}

/// What the last bytes were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// CRLF, or nothing yet.
    LineStart,
    /// Anything else.
    Text,
    /// CR, which is not known to be part of a CRLF.
    Cr,
    /// LF without CR.
    BareLf,
    /// A dot after a CR or LF that is no line end.
    DotAfterBare,
    /// A dot at the start of a line.
    Dot,
    /// The same and CR.
    DotCr,
}

impl DotReader {
    pub(crate) const fn new() -> Self {
        Self {
            at: Place::LineStart,
            is_smuggled: false,
        }
    }

    /// Whether a lone dot stood between line ends that were not both CRLF.
    pub(crate) const fn is_smuggled(self) -> bool {
        self.is_smuggled
    }

    /// Appends what `input` adds to `letter`. How much of the input belongs to it, and whether it has ended there.
    pub(crate) fn read(&mut self, input: &[u8], letter: &mut Vec<u8>) -> (usize, bool) {
        let mut read = 0;
        while let Some((&byte, rest)) = input.get(read..).and_then(<[u8]>::split_first) {
            let may_skip = matches!(self.at, Place::Text | Place::LineStart | Place::BareLf);
            if byte != b'.' && may_skip {
                let plain = 1 + memchr::memchr(b'.', rest).unwrap_or(rest.len());
                self.read_plain(input.get(read..read + plain).unwrap_or_default(), letter);
                read += plain;
                continue;
            }
            read += 1;
            if self.read_byte(byte, letter) {
                return (read, true);
            }
        }
        (read, false)
    }

    /// Bytes without a dot, neither after CR nor after a dot that is in doubt: nothing in them can end a letter or smuggle an end, so that only
    /// where they lead to counts.
    fn read_plain(&mut self, bytes: &[u8], letter: &mut Vec<u8>) {
        letter.extend_from_slice(bytes);
        self.at = match bytes {
            [.., b'\r', b'\n'] => Place::LineStart,
            [.., b'\r'] => Place::Cr,
            [.., b'\n'] => Place::BareLf,
            _ => Place::Text,
        };
    }

    /// Whether the letter has ended.
    fn read_byte(&mut self, byte: u8, letter: &mut Vec<u8>) -> bool {
        use Place::{BareLf, Cr, Dot, DotAfterBare, DotCr, LineStart, Text};
        let is_end = matches!(byte, b'\r' | b'\n');
        match (self.at, byte) {
            (DotCr, b'\n') => return true,
            (LineStart, b'.') => {
                self.at = Dot;
                return false;
            }
            (Dot, b'\r') => {
                self.at = DotCr;
                return false;
            }
            (DotCr, _) => {
                self.is_smuggled = true;
                letter.push(b'\r');
                self.at = Cr;
            }
            (Dot, b'\n') => self.is_smuggled = true,
            (DotAfterBare, _) if is_end => self.is_smuggled = true,
            _ => {}
        }
        letter.push(byte);
        self.at = match (self.at, byte) {
            (Cr, b'\n') => LineStart,
            (_, b'\r') => Cr,
            (_, b'\n') => BareLf,
            (Cr | BareLf, b'.') => DotAfterBare,
            _ => Text,
        };
        false
    }
}
