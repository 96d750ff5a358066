//! UIDBATCHES (RFC 10022).

use mail::Uid;

use crate::command::Tag;
use crate::say::token::{end, number, quoted};

/// `* UIDBATCHES (TAG "a1") [high:low *("," high:low)]`, in the order of `batches`.
pub fn uid_batches(out: &mut Vec<u8>, tag: &Tag, batches: impl IntoIterator<Item = (Uid, Uid)>) {
    out.extend_from_slice(b"* UIDBATCHES (TAG ");
    quoted(out, tag.as_str());
    out.push(b')');
    for (index, (high, low)) in batches.into_iter().enumerate() {
        out.push(if index == 0 { b' ' } else { b',' });
        number(out, u64::from(high.get()));
        out.push(b':');
        number(out, u64::from(low.get()));
    }
    end(out);
}
