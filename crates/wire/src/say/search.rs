//! What SEARCH found, in the old response and in ESEARCH.

use mail::ModSeq;

use super::end;
use super::token::{number, number_set, quoted};
use crate::{Numbering, Tag};

/// What a SEARCH with RETURN found: only what was asked for, and is (RFC 4731, 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found<'a> {
    /// MIN
    pub min: Option<u32>,
    /// MAX
    pub max: Option<u32>,
    /// ALL, ascending; left out when empty.
    pub all: Option<&'a [u32]>,
    /// COUNT
    pub count: Option<u32>,
    /// MODSEQ (RFC 7162, 3.1.10)
    pub modseq: Option<ModSeq>,
}

/// `* SEARCH n … [(MODSEQ m)]`
pub fn search(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>, modseq: Option<ModSeq>) {
    out.extend_from_slice(b"* SEARCH");
    for found in numbers {
        out.push(b' ');
        number(out, u64::from(found));
    }
    if let Some(modseq) = modseq {
        out.extend_from_slice(b" (MODSEQ ");
        number(out, modseq.get());
        out.push(b')');
    }
    end(out);
}

/// `* ESEARCH (TAG "a1") [UID] [MIN n] [MAX n] [ALL set] [COUNT n] [MODSEQ m]`
pub fn esearch(out: &mut Vec<u8>, tag: &Tag, numbering: Numbering, found: &Found<'_>) {
    out.extend_from_slice(b"* ESEARCH (TAG ");
    quoted(out, tag.as_str());
    out.push(b')');
    if numbering == Numbering::Uid {
        out.extend_from_slice(b" UID");
    }
    item(out, " MIN ", found.min.map(u64::from));
    item(out, " MAX ", found.max.map(u64::from));
    if let Some(all) = found.all
        && !all.is_empty()
    {
        out.extend_from_slice(b" ALL ");
        number_set(out, all.iter().copied());
    }
    item(out, " COUNT ", found.count.map(u64::from));
    item(out, " MODSEQ ", found.modseq.map(ModSeq::get));
    end(out);
}

fn item(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        out.extend_from_slice(name.as_bytes());
        number(out, value);
    }
}
