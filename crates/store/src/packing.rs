//! How the parts of a message and other large values are packed before they are stored.
//!
//! Each packed part is a byte that says how it is packed, and the rest: 0 as it is, 1 one zstd frame that
//! knows its length. Packing is ours to do, before any lock, since PostgreSQL's own takes five times as
//! long and saves less.

use std::cell::RefCell;
use std::io::{self, Cursor};

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

use crate::{Cause, Fault};

const RAW: u8 = 0;
const ZSTD: u8 = 1;
/// The lab's best: 3 saves nearly what higher levels do, at a fifth of their time.
const LEVEL: i32 = 3;
/// Shorter parts are not worth a frame.
const PACKED_BYTES_MIN: usize = 64;

// A context is large and takes longer to make than most mails to pack; a thread keeps one of each.
thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Whichever is shorter; never fails.
pub(crate) fn pack(part: &[u8]) -> Vec<u8> {
    let packed = if part.len() < PACKED_BYTES_MIN {
        None
    } else {
        compress(part).ok()
    };
    match packed {
        Some(packed) if packed.len() <= part.len() => packed,
        Some(_) | None => [&[RAW], part].concat(),
    }
}

/// The inverse of [`pack`].
pub(crate) fn unpack(stored: Vec<u8>) -> Result<Bytes, Fault> {
    match stored.split_first() {
        Some((&RAW, _)) => Ok(Bytes::from(stored).slice(1..)),
        Some(_) | None => {
            let mut part = Vec::new();
            unpack_onto(&stored, &mut part)?;
            Ok(Bytes::from(part))
        }
    }
}

/// Puts what [`unpack`] makes of it behind what is there.
pub(crate) fn unpack_onto(stored: &[u8], whole: &mut Vec<u8>) -> Result<(), Fault> {
    match stored.split_first() {
        Some((&RAW, part)) => {
            whole.extend_from_slice(part);
            Ok(())
        }
        Some((&ZSTD, frame)) => decompress_onto(frame, whole),
        Some(_) | None => Err(unreadable("an unknown codec")),
    }
}

/// How many bytes [`unpack`] makes of it, as far as it says; what it says wrongly is not unpacked.
pub(crate) fn unpacked_bytes(stored: &[u8]) -> usize {
    match stored.split_first() {
        Some((&ZSTD, frame)) => frame_bytes(frame).unwrap_or(0),
        _ => stored.len(),
    }
}

fn frame_bytes(frame: &[u8]) -> Option<usize> {
    let length = zstd_safe::get_frame_content_size(frame).ok().flatten()?;
    usize::try_from(length).ok()
}

/// The codec's byte and the frame.
fn compress(part: &[u8]) -> io::Result<Vec<u8>> {
    let mut stored = Vec::with_capacity(1 + zstd_safe::compress_bound(part.len()));
    stored.push(ZSTD);
    // What stands before the position stays.
    let mut stored = Cursor::new(stored);
    stored.set_position(1);
    COMPRESSOR.with_borrow_mut(|compressor| {
        let compressor = match compressor {
            Some(compressor) => compressor,
            None => compressor.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress_to_buffer(part, &mut stored)
    })?;
    let mut stored = stored.into_inner();
    stored.shrink_to_fit();
    Ok(stored)
}

fn decompress_onto(frame: &[u8], whole: &mut Vec<u8>) -> Result<(), Fault> {
    let length =
        frame_bytes(frame).ok_or_else(|| unreadable("a frame that does not know its length"))?;
    whole.reserve(length);
    let before = whole.len();
    // What stands before the position stays.
    let mut onto = Cursor::new(std::mem::take(whole));
    onto.set_position(u64::try_from(before).unwrap_or(u64::MAX));
    let done = DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = match decompressor {
            Some(decompressor) => decompressor,
            None => decompressor.insert(Decompressor::new()?),
        };
        decompressor.decompress_to_buffer(frame, &mut onto)
    });
    *whole = onto.into_inner();
    done.map_err(|error| Fault::Broken(Cause::new(error)))?;
    if whole.len() == before + length {
        Ok(())
    } else {
        Err(unreadable("a frame of another length"))
    }
}

fn unreadable(what: &str) -> Fault {
    Fault::Broken(Cause::new(format!("stored content has {what}")))
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack, unpacked_bytes};

    #[test]
    fn what_is_packed_is_unpacked() {
        // A small generator of bytes that no compressor likes.
        let noise: Vec<u8> = (0..5000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
            .collect();
        let text = b"Dear colleague, ".repeat(1000);
        for part in [
            &b""[..],
            b"x",
            &b"y".repeat(63),
            &b"z".repeat(64),
            &noise,
            &text,
        ] {
            let packed = pack(part);
            assert!(packed.len() <= part.len() + 1);
            assert!((part.len()..=part.len() + 1).contains(&unpacked_bytes(&packed)));
            assert_eq!(unpack(packed).unwrap(), part);
        }
        assert!(pack(&text).len() < 100);
    }

    #[test]
    fn what_we_did_not_pack_is_refused() {
        for stored in [&b""[..], b"\x02abc", b"\x01not a frame"] {
            assert!(unpack(stored.to_vec()).is_err());
        }
    }
}
