//! Received bytes, cut into whole responses in place. A benchmark's client must be cheaper than the
//! server beside it, so nothing is copied and nothing is read twice.

use memchr::memchr;

/// The bytes that were read and not yet taken.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    /// Where the first response begins that was not taken.
    start: usize,
    /// Where the search for its end continues; beyond the bytes while a literal is incomplete.
    seek: usize,
}

impl Inbox {
    /// The buffer to read into: bytes that were taken are removed, and there is room for more.
    pub(crate) fn room(&mut self) -> &mut Vec<u8> {
        if self.start == self.bytes.len() || self.start >= TAKEN_BYTES_MAX {
            self.bytes.drain(..self.start);
            self.seek -= self.start;
            self.start = 0;
        }
        let missing = self.seek.saturating_sub(self.bytes.len());
        self.bytes.reserve(missing + READ_BYTES);
        &mut self.bytes
    }

    /// The next whole response, its literals included, without the CRLF at its end.
    pub(crate) fn take(&mut self) -> Option<&[u8]> {
        loop {
            let rest = self.bytes.get(self.seek..)?;
            let Some(at) = memchr(b'\n', rest) else {
                self.seek = self.bytes.len();
                return None;
            };
            let after = self.seek + at + 1;
            let response = self.bytes.get(self.start..after.saturating_sub(2))?;
            let Some(length) = literal_length(response) else {
                let taken = self.start..after.saturating_sub(2);
                (self.start, self.seek) = (after, after);
                return self.bytes.get(taken);
            };
            self.seek = after + length;
        }
    }
}

/// The number in a `{42}` at the end of a line.
fn literal_length(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let (before, number) = line.split_at(line.len() - digits.count());
    if before.last() != Some(&b'{') {
        return None;
    }
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// How much one read can bring besides a literal.
const READ_BYTES: usize = 64 * 1024;
/// Bytes that were taken stay in the buffer until there are this many.
const TAKEN_BYTES_MAX: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::Inbox;

    const TALK: &[u8] = b"* OK hi\r\n* 1 FETCH (BODY[] {5}\r\na\r\nb) UID 7)\r\n\
                          * 2 FETCH (X {0}\r\n Y {3}\r\n{3})\r\nb1 OK {x}\r\n\r\n";
    const RESPONSES: [&[u8]; 5] = [
        b"* OK hi",
        b"* 1 FETCH (BODY[] {5}\r\na\r\nb) UID 7)",
        b"* 2 FETCH (X {0}\r\n Y {3}\r\n{3})",
        b"b1 OK {x}",
        b"",
    ];

    #[test]
    fn responses_are_whole_however_they_arrive() {
        for size in 1..=TALK.len() {
            let mut inbox = Inbox::default();
            let mut taken: Vec<Vec<u8>> = Vec::new();
            for piece in TALK.chunks(size) {
                inbox.room().extend_from_slice(piece);
                while let Some(response) = inbox.take() {
                    taken.push(response.to_vec());
                }
            }
            assert_eq!(taken, RESPONSES, "in pieces of {size}");
            assert!(inbox.room().is_empty());
        }
    }

    #[test]
    fn what_was_taken_makes_room() {
        let mut inbox = Inbox::default();
        let line = [b"* ".as_slice(), &[b'x'; 1000], b"\r\n"].concat();
        for _ in 0..10_000 {
            inbox.room().extend_from_slice(&line);
            assert_eq!(inbox.take(), line.strip_suffix(b"\r\n"));
        }
        assert!(inbox.room().capacity() < 1 << 20);
    }
}
