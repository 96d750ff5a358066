//! The tokens that responses are made of (RFC 3501, 9).

use mail::{Uid, UidSet};

use crate::chars::is_atom_char;
use crate::utf7::mutf7_encode;

/// How the session has agreed to be spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speech {
    /// UTF8=ACCEPT or IMAP4rev2 is enabled: names are UTF-8. Without, they are modified UTF-7.
    pub utf8: bool,
}

/// Digits of the largest number.
const DIGITS_MAX: usize = 20;

/// `number`, of any size.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; DIGITS_MAX];
    let mut first = DIGITS_MAX;
    let mut rest = number;
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        // The remainder is below ten.
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        first = place;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// `sequence-set` of numbers in their order: what counts up by one becomes a range.
pub(super) fn number_set(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    let mut numbers = numbers.into_iter();
    let Some(first) = numbers.next() else {
        return;
    };
    let (mut low, mut high) = (first, first);
    for next in numbers {
        if Some(next) == high.checked_add(1) {
            high = next;
        } else {
            range(out, low, high);
            out.push(b',');
            (low, high) = (next, next);
        }
    }
    range(out, low, high);
}

/// `sequence-set` of UIDs.
pub(super) fn uid_set(out: &mut Vec<u8>, uids: &UidSet) {
    for (index, (low, high)) in uids.ranges().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        range(out, low.get(), high.get());
    }
}

/// As [`number_set`].
pub(super) fn uids(out: &mut Vec<u8>, uids: &[Uid]) {
    number_set(out, uids.iter().map(|uid| uid.get()));
}

/// `"(" objectid ")"` (RFC 8474, 7)
pub(super) fn object_id(out: &mut Vec<u8>, id: &str) {
    out.push(b'(');
    out.extend_from_slice(id.as_bytes());
    out.push(b')');
}

fn range(out: &mut Vec<u8>, low: u32, high: u32) {
    number(out, u64::from(low));
    if low != high {
        out.push(b':');
        number(out, u64::from(high));
    }
}

/// `mailbox`
pub(super) fn mailbox(out: &mut Vec<u8>, speech: Speech, name: &str) {
    if speech.utf8 {
        astring(out, speech, name);
    } else {
        astring(out, speech, &mutf7_encode(name));
    }
}

/// `astring`: an atom where that is certain to be understood.
pub(super) fn astring(out: &mut Vec<u8>, speech: Speech, value: &str) {
    let is_atom = !value.is_empty() && value.bytes().all(is_atom_char);
    if is_atom && !value.eq_ignore_ascii_case("NIL") {
        out.extend_from_slice(value.as_bytes());
    } else {
        string(out, speech, value);
    }
}

/// `string`: quoted where it can be.
pub(super) fn string(out: &mut Vec<u8>, speech: Speech, value: &str) {
    let can_be_quoted =
        (speech.utf8 || value.is_ascii()) && !value.bytes().any(|byte| b"\r\n\0".contains(&byte));
    if can_be_quoted {
        quote(out, value);
    } else {
        literal(out, value.as_bytes());
    }
}

/// `quoted`, for what is ours: printable ASCII. Anything else is written as `?`.
pub(super) fn quoted(out: &mut Vec<u8>, value: &str) {
    let mut printable = Vec::with_capacity(value.len());
    text(&mut printable, value);
    quote(out, &String::from_utf8_lossy(&printable));
}

fn quote(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    for byte in value.bytes() {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// `literal`
pub(super) fn literal(out: &mut Vec<u8>, value: &[u8]) {
    literal_head(out, value.len());
    out.extend_from_slice(value);
}

/// `literal`, up to its octets, of which there are so many.
pub(super) fn literal_head(out: &mut Vec<u8>, octets: usize) {
    out.push(b'{');
    number(out, octets as u64);
    out.extend_from_slice(b"}\r\n");
}

/// `literal8` (RFC 3516)
pub(super) fn literal8(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'~');
    literal(out, value);
}

/// `text`: what is not printable ASCII is written as `?`.
pub(super) fn text(out: &mut Vec<u8>, words: &str) {
    out.extend(words.chars().map(|c| match c {
        ' '..='~' => u8::try_from(c).unwrap_or(b'?'),
        _ => b'?',
    }));
}

/// Items with a space between each two.
pub(super) fn separated<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        write(out, item);
    }
}

pub(super) fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\r\n");
}
