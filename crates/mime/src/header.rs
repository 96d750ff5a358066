//! A header block as lines and fields, byte for byte. The contents of fields are not interpreted
//! here.

use std::borrow::Cow;
use std::collections::HashSet;

/// The bytes of one field's value that are parsed; a recipient list of thousands fits.
pub(crate) const FIELD_BYTES_MAX: usize = 256 * 1024;
/// The fields of one header that are read; [`header_fields`] handles all of them.
const HEADER_FIELDS_MAX: usize = 10_000;

/// Which fields [`header_fields`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// HEADER.FIELDS: the fields that are named.
    Named,
    /// HEADER.FIELDS.NOT: all other fields, and the lines that are no field at all.
    Others,
}

/// A subset of `header`, in its order and byte for byte (RFC 3501, 6.4.5).
///
/// The empty line at the end is kept, where the header has one.
#[must_use]
pub fn header_fields(header: &[u8], names: &[String], keep: Keep) -> Vec<u8> {
    let names: HashSet<Vec<u8>> = names
        .iter()
        .map(|name| name.as_bytes().to_ascii_lowercase())
        .collect();
    let mut subset = Vec::new();
    let mut fields = HeaderFields::of(header);
    for field in &mut fields {
        let is_named = !field.name.is_empty() && names.contains(&field.name.to_ascii_lowercase());
        if is_named == (keep == Keep::Named) {
            subset.extend_from_slice(field.raw);
        }
    }
    subset.extend_from_slice(fields.rest);
    subset
}

/// The values of all fields of this name in a message or its header, each on one line.
pub fn header_values<'m>(message: &'m [u8], name: &str) -> impl Iterator<Item = Cow<'m, [u8]>> {
    known_fields(message)
        .filter(move |field| field.is(name))
        .map(|field| unfold(field.value))
}

/// The value of the first field of this name, still folded.
pub(crate) fn find<'h>(header: &'h [u8], name: &str) -> Option<&'h [u8]> {
    known_fields(header)
        .find(|field| field.is(name))
        .map(|field| field.value)
}

/// The fields that are read.
pub(crate) fn known_fields(header: &[u8]) -> impl Iterator<Item = HeaderField<'_>> {
    HeaderFields::of(header).take(HEADER_FIELDS_MAX)
}

/// A value on one line, without its line breaks and without white space at both ends.
pub(crate) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    let value = value.get(..FIELD_BYTES_MAX).unwrap_or(value);
    if memchr::memchr(b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut line = Vec::with_capacity(value.len());
    for piece in value.split_inclusive(|&byte| byte == b'\n') {
        line.extend_from_slice(without_line_break(piece));
    }
    Cow::Owned(line)
}

/// One header field, or one line that is not a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderField<'h> {
    /// The name without the colon; empty where the line is not a field.
    pub(crate) name: &'h [u8],
    /// The text after the colon, still folded, without the last line break.
    pub(crate) value: &'h [u8],
    /// The whole field, with its line breaks.
    raw: &'h [u8],
}

impl HeaderField<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a header block, in order. What remains at the end is the empty line.
#[derive(Debug)]
struct HeaderFields<'h> {
    rest: &'h [u8],
}

impl<'h> HeaderFields<'h> {
    fn of(header: &'h [u8]) -> Self {
        Self { rest: header }
    }
}

impl<'h> Iterator for HeaderFields<'h> {
    type Item = HeaderField<'h>;

    fn next(&mut self) -> Option<HeaderField<'h>> {
        let mut length = line_length(self.rest);
        if without_line_break(self.rest.get(..length)?).is_empty() {
            return None;
        }
        while let Some(more @ [b' ' | b'\t', ..]) = self.rest.get(length..) {
            length += line_length(more);
        }
        let (raw, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let (name, value) = split_name(raw).unwrap_or((b"", raw));
        Some(HeaderField {
            name,
            value: without_line_break(value),
            raw,
        })
    }
}

/// Splits a field at its colon; `None` where the text before it cannot be a name (RFC 5322, 3.6.8
/// and 4.5).
fn split_name(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', raw)?;
    let (name, value) = raw.split_at_checked(colon)?;
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some((name, value.get(1..)?))
}

/// The length of the first line, with its line break if it has one.
pub(crate) fn line_length(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1)
}

/// The line without its line break. CRLF and a lone LF end a line; a lone CR does not.
pub(crate) fn without_line_break(line: &[u8]) -> &[u8] {
    let Some(line) = line.strip_suffix(b"\n") else {
        return line;
    };
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::{HeaderFields, Keep, find, header_fields, header_values, unfold};

    const HEADER: &[u8] = b"From nobody Mon Jan  1 00:00:00 2001\r\n\
        Subject : one\r\n two\r\n\
        X-Empty:\r\n\
        no colon here\n\
        subject: again\n\
        \r\n";

    #[test]
    fn fields_and_what_is_none() {
        let names: Vec<_> = HeaderFields::of(HEADER)
            .map(|field| String::from_utf8_lossy(field.name).into_owned())
            .collect();
        assert_eq!(names, ["", "Subject", "X-Empty", "", "subject"]);
        let subject = find(HEADER, "SUBJECT").unwrap();
        assert_eq!(&*unfold(subject), b"one two");
        assert_eq!(&*unfold(find(HEADER, "x-empty").unwrap()), b"");
        assert_eq!(find(HEADER, "X-Emp"), None);
    }

    #[test]
    fn values_are_those_of_the_header_alone() {
        let message = [HEADER, b"Subject: of the body\r\n"].concat();
        let values: Vec<_> = header_values(&message, "Subject").collect();
        assert_eq!(values, [&b"one two"[..], b"again"]);
    }

    #[test]
    fn a_subset_keeps_the_bytes_the_order_and_the_empty_line() {
        let named = ["SUBJECT".to_owned(), "To".to_owned()];
        assert_eq!(
            header_fields(HEADER, &named, Keep::Named),
            b"Subject : one\r\n two\r\nsubject: again\n\r\n"
        );
        assert_eq!(
            header_fields(HEADER, &named, Keep::Others),
            b"From nobody Mon Jan  1 00:00:00 2001\r\nX-Empty:\r\nno colon here\n\r\n"
        );
        assert_eq!(header_fields(HEADER, &[], Keep::Named), b"\r\n");
        assert_eq!(header_fields(HEADER, &[], Keep::Others), HEADER);
    }

    #[test]
    fn a_header_without_empty_line_gets_none() {
        let named = ["A".to_owned()];
        assert_eq!(
            header_fields(b"A: 1\r\nB: 2", &named, Keep::Named),
            b"A: 1\r\n"
        );
        assert_eq!(header_fields(b"", &named, Keep::Named), b"");
    }
}
