//! DEFLATE in both directions (RFC 4978).
//!
//! What is said is packed by a compressor that all connections of a thread share: each write begins
//! with an empty dictionary, so that a connection at rest has none. What is heard refers back to what
//! was heard before, so its window stays, some 40 KiB a connection.

use std::cell::RefCell;
use std::io;

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};
use wire::Framer;

/// How bytes travel on a connection.
#[derive(Debug, Default)]
pub(super) enum Compression {
    #[default]
    Plain,
    Deflate(Box<Unpacker>),
}

/// What a client sends, on its way to the framer.
#[derive(Debug)]
pub(super) struct Unpacker {
    window: Decompress,
    /// Came, and not yet unpacked.
    packed: Vec<u8>,
    /// The last step filled its buffer: there may be more to come out.
    is_stemmed: bool,
}

/// Unpacked in one step, in bytes: few octets can stand for very many.
const UNPACKED_BYTES_MAX: usize = 64 * 1024;
/// Room that packing begins with beyond half of what is packed, in bytes.
const PACKED_BYTES_MIN: usize = 64;

thread_local! {
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(flate2::Compression::fast(), RAW));
    static UNPACKED: RefCell<Vec<u8>> = RefCell::new(vec![0; UNPACKED_BYTES_MAX]);
}

/// RFC 4978 has neither header nor checksum.
const RAW: bool = false;

impl Compression {
    pub(super) fn deflate() -> Self {
        Self::Deflate(Box::new(Unpacker::new()))
    }
}

/// `words`, packed so that whoever has all of it can read all of it.
pub(super) fn pack(words: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        let mut packed = Vec::with_capacity(words.len() / 2 + PACKED_BYTES_MIN);
        let mut rest = words;
        // A flush is over when it leaves room.
        while !rest.is_empty() || packed.len() == packed.capacity() {
            packed.reserve(PACKED_BYTES_MIN);
            let before = compressor.total_in();
            compressor.compress_vec(rest, &mut packed, FlushCompress::Sync)?;
            let taken = usize::try_from(compressor.total_in() - before).unwrap_or(rest.len());
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(packed)
    })
}

impl Unpacker {
    fn new() -> Self {
        Self {
            window: Decompress::new(RAW),
            packed: Vec::new(),
            is_stemmed: false,
        }
    }

    /// Takes in what came.
    pub(super) fn take(&mut self, packed: &[u8]) {
        self.packed.extend_from_slice(packed);
    }

    /// Unpacks a step's worth for `framer`; how many bytes that were. 0: more has to come first.
    pub(super) fn feed(&mut self, framer: &mut Framer) -> io::Result<usize> {
        if self.packed.is_empty() && !self.is_stemmed {
            return Ok(0);
        }
        UNPACKED.with_borrow_mut(|unpacked| {
            let (before_in, before_out) = (self.window.total_in(), self.window.total_out());
            let status = self
                .window
                .decompress(&self.packed, unpacked, FlushDecompress::None)?;
            let count =
                |before: u64, after: u64| usize::try_from(after - before).unwrap_or(usize::MAX);
            let taken = count(before_in, self.window.total_in());
            let given = count(before_out, self.window.total_out());
            self.packed.drain(..taken.min(self.packed.len()));
            if self.packed.is_empty() {
                self.packed = Vec::new();
            }
            self.is_stemmed = given == UNPACKED_BYTES_MAX;
            if status == Status::StreamEnd || (taken == 0 && given == 0 && !self.packed.is_empty())
            {
                return Err(io::ErrorKind::InvalidData.into());
            }
            framer.feed(unpacked.get(..given).unwrap_or_default());
            Ok(given)
        })
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, FlushCompress};
    use wire::{Expect, Framer, FramerStep, Limits, Mode};

    use super::{RAW, UNPACKED_BYTES_MAX, Unpacker, pack};

    const LIMITS: Limits = Limits {
        line_bytes_max: 1000,
        inline_literals_bytes_max: 1000,
        message_bytes_max: 1000,
    };

    /// The tags of everything that comes out of `packed`, given in pieces of `piece` bytes.
    fn tags(packed: &[u8], piece: usize) -> Vec<String> {
        let (mut unpacker, mut framer) = (Unpacker::new(), Framer::new(LIMITS));
        let mut tags = Vec::new();
        for piece in packed.chunks(piece) {
            unpacker.take(piece);
            while unpacker.feed(&mut framer).unwrap() > 0 {
                while let FramerStep::Frame(frame) = framer.step(Expect::Command) {
                    let command = wire::parse(frame, Mode::default()).unwrap();
                    tags.push(command.tag.as_str().to_owned());
                }
            }
        }
        assert_eq!(unpacker.packed.capacity(), 0);
        tags
    }

    #[test]
    fn what_was_packed_is_unpacked_whatever_the_pieces() {
        let expected: Vec<String> = (0..20_000).map(|number| format!("a{number}")).collect();
        let words = expected.join(" NOOP\r\n") + " NOOP\r\n";
        let pieces = words.as_bytes().chunks(50_001);
        let packed: Vec<u8> = pieces.flat_map(|some| pack(some).unwrap()).collect();
        assert!(packed.len() < words.len() / 2);
        for piece in [1, 7, 4096, packed.len()] {
            assert_eq!(tags(&packed, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn nothing_and_noise_are_packed_too() {
        assert_eq!(tags(&pack(b"").unwrap(), 1), Vec::<String>::new());
        let mut noise = vec![0; 300_000];
        let mut state = 1_u32;
        for byte in &mut noise {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = state.to_be_bytes()[0];
        }
        let (mut unpacker, mut framer) = (Unpacker::new(), Framer::new(LIMITS));
        unpacker.take(&pack(&noise).unwrap());
        let mut count = 0;
        loop {
            match unpacker.feed(&mut framer).unwrap() {
                0 => break,
                more => count += more,
            }
        }
        assert_eq!(count, noise.len());
    }

    #[test]
    fn few_bytes_that_stand_for_many_come_out_bit_by_bit() {
        let zeros = vec![b'0'; 50 * UNPACKED_BYTES_MAX];
        let mut bomb = Vec::with_capacity(zeros.len());
        Compress::new(flate2::Compression::best(), RAW)
            .compress_vec(&zeros, &mut bomb, FlushCompress::Sync)
            .unwrap();
        let (mut unpacker, mut framer) = (Unpacker::new(), Framer::new(LIMITS));
        unpacker.take(&bomb);
        assert_eq!(unpacker.feed(&mut framer).unwrap(), UNPACKED_BYTES_MAX);
    }

    #[test]
    fn what_is_not_deflate_ends_it() {
        let mut unpacker = Unpacker::new();
        unpacker.take(b"\xFF\xFFa1 NOOP\r\n");
        assert!(unpacker.feed(&mut Framer::new(LIMITS)).is_err());
    }
}
