//! BODYSTRUCTURE, made from the tree of parts (RFC 3501, 7.4.2).

use crate::envelope::envelope;
use crate::header::{known_fields, unfold};
use crate::parameter::{self, Media, Parameter};
use crate::tree::{Content, Part};
use crate::write::{nstring, number, string};

/// Beyond this size in bytes, parts are described without header fields. Only mail that was made
/// for it becomes so large.
const STRUCTURE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The structure of a message in IMAP syntax, with extension data.
pub(crate) fn body_structure(message: &[u8], root: &Part) -> Vec<u8> {
    let mut out = Vec::new();
    body(&mut out, message, root);
    out
}

fn body(out: &mut Vec<u8>, message: &[u8], part: &Part) {
    let is_full = out.len() >= STRUCTURE_BYTES_MAX;
    let fields = if is_full {
        MimeFields::default()
    } else {
        MimeFields::of(part.header(message), &part.media)
    };
    out.push(b'(');
    match &part.content {
        Content::Multipart(parts) => {
            for child in parts {
                body(out, message, child);
            }
            out.push(b' ');
            string(out, &part.media.subtype);
            out.push(b' ');
            parameters(out, fields.parameters);
        }
        Content::Message(inner) => {
            basic_fields(out, message, part, &fields);
            out.push(b' ');
            let header = if is_full { b"" } else { inner.header(message) };
            out.extend(envelope(header));
            out.push(b' ');
            body(out, message, inner);
            out.push(b' ');
            number(out, part.lines);
            out.push(b' ');
            nstring(out, fields.md5.map(unfold).as_deref());
        }
        Content::Leaf => {
            basic_fields(out, message, part, &fields);
            if part.media.is_kind("text") {
                out.push(b' ');
                number(out, part.lines);
            }
            out.push(b' ');
            nstring(out, fields.md5.map(unfold).as_deref());
        }
    }
    extensions(out, &fields);
    out.push(b')');
}

/// Writes type, subtype and `body-fields`.
fn basic_fields(out: &mut Vec<u8>, message: &[u8], part: &Part, fields: &MimeFields<'_>) {
    string(out, &part.media.kind);
    out.push(b' ');
    string(out, &part.media.subtype);
    out.push(b' ');
    if part.media.is("text", "plain") && part.media.parameter("charset").is_none() {
        // RFC 2045, 5.2: plain text without a charset is US-ASCII.
        let charset: Parameter = (b"charset".to_vec(), b"us-ascii".to_vec());
        parameters(out, &[fields.parameters, &[charset]].concat());
    } else {
        parameters(out, fields.parameters);
    }
    out.push(b' ');
    nstring(out, fields.id.map(unfold).as_deref());
    out.push(b' ');
    nstring(out, fields.description.map(unfold).as_deref());
    out.push(b' ');
    string(
        out,
        fields
            .encoding
            .and_then(parameter::token)
            .unwrap_or(b"7bit"),
    );
    out.push(b' ');
    number(out, part.body(message).len());
}

/// Writes disposition, language and location, which end both kinds of body.
fn extensions(out: &mut Vec<u8>, fields: &MimeFields<'_>) {
    out.push(b' ');
    match fields.disposition.and_then(parameter::disposition) {
        Some((kind, list)) => {
            out.push(b'(');
            string(out, &kind);
            out.push(b' ');
            parameters(out, &list);
            out.push(b')');
        }
        None => nstring(out, None),
    }
    out.push(b' ');
    match fields
        .language
        .map(parameter::tokens)
        .unwrap_or_default()
        .as_slice()
    {
        [] => nstring(out, None),
        [only] => string(out, only),
        several => list(out, several.iter().copied()),
    }
    out.push(b' ');
    nstring(out, fields.location.map(unfold).as_deref());
}

fn parameters(out: &mut Vec<u8>, parameters: &[Parameter]) {
    if parameters.is_empty() {
        return nstring(out, None);
    }
    let strings = parameters
        .iter()
        .flat_map(|(attribute, value)| [attribute.as_slice(), value.as_slice()]);
    list(out, strings);
}

fn list<'a>(out: &mut Vec<u8>, strings: impl Iterator<Item = &'a [u8]>) {
    let mut before = b'(';
    for text in strings {
        out.push(before);
        string(out, text);
        before = b' ';
    }
    out.push(b')');
}

/// The MIME fields of a header besides the type itself; the first of each counts.
#[derive(Default)]
struct MimeFields<'h> {
    parameters: &'h [Parameter],
    id: Option<&'h [u8]>,
    description: Option<&'h [u8]>,
    encoding: Option<&'h [u8]>,
    md5: Option<&'h [u8]>,
    disposition: Option<&'h [u8]>,
    language: Option<&'h [u8]>,
    location: Option<&'h [u8]>,
}

impl<'h> MimeFields<'h> {
    fn of(header: &'h [u8], media: &'h Media) -> Self {
        let mut fields = Self {
            parameters: &media.parameters,
            ..Self::default()
        };
        for field in known_fields(header) {
            let slot = match field.name.to_ascii_lowercase().as_slice() {
                b"content-id" => &mut fields.id,
                b"content-description" => &mut fields.description,
                b"content-transfer-encoding" => &mut fields.encoding,
                b"content-md5" => &mut fields.md5,
                b"content-disposition" => &mut fields.disposition,
                b"content-language" => &mut fields.language,
                b"content-location" => &mut fields.location,
                _ => continue,
            };
            *slot = slot.or(Some(field.value));
        }
        fields
    }
}
