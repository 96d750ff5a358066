//! Several texts in one packed value: how many, how long each is, and the texts.

use bytes::{Buf, Bytes};

use crate::{Cause, Fault, packing};

/// All of `texts`.
pub(super) fn pack(texts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut all = number(texts.len()).to_vec();
    for text in texts {
        all.extend_from_slice(&number(text.as_ref().len()));
    }
    for text in texts {
        all.extend_from_slice(text.as_ref());
    }
    packing::pack(&all)
}

/// The inverse of [`pack`], without copying what is not compressed.
pub(super) fn unpack(stored: Vec<u8>) -> Result<Vec<Bytes>, Fault> {
    let mut all = packing::unpack(stored)?;
    texts(&mut all).ok_or_else(|| Fault::Broken(Cause::new("a digest with wrong lengths")))
}

fn texts(all: &mut Bytes) -> Option<Vec<Bytes>> {
    let count = usize::try_from(all.try_get_u32_le().ok()?).ok()?;
    let mut lengths = all.split_to_checked(count.checked_mul(size_of::<u32>())?)?;
    let mut texts = Vec::with_capacity(count);
    for _ in 0..count {
        let length = usize::try_from(lengths.try_get_u32_le().ok()?).ok()?;
        texts.push(all.split_to_checked(length)?);
    }
    Some(texts)
}

/// [`Bytes::split_to`] that does not panic.
trait SplitToChecked: Sized {
    fn split_to_checked(&mut self, at: usize) -> Option<Self>;
}

impl SplitToChecked for Bytes {
    fn split_to_checked(&mut self, at: usize) -> Option<Self> {
        (at <= self.len()).then(|| self.split_to(at))
    }
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};
    use crate::packing;

    #[test]
    fn what_is_packed_is_unpacked() {
        let long = "long ".repeat(100);
        let tables: [&[&str]; 4] = [&[], &[""], &["a", "", "bc"], &[&long, "x", &long]];
        for texts in tables {
            assert_eq!(unpack(pack(texts)).unwrap(), texts);
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for all in [
            &b""[..],
            b"\x02\0\0\0",
            b"\xff\xff\xff\xff",
            b"\x01\0\0\0\x05\0\0\0ab",
        ] {
            assert!(unpack(packing::pack(all)).is_err(), "{all:?}");
        }
    }
}
