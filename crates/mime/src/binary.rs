//! Parts without their Content-Transfer-Encoding, and messages that need one (RFC 3516).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::header::{self, Keep, header_fields};
use crate::section::{Sections, find};
use crate::tree::{Content, Part};
use crate::{decode, parameter};

/// The answer to `BINARY[…]` of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded<'m> {
    /// The decoded octets.
    Octets(Cow<'m, [u8]>),
    /// The encoding is unknown: UNKNOWN-CTE.
    UnknownEncoding,
    /// There is no such part.
    Missing,
}

const ENCODING: &str = "Content-Transfer-Encoding";
/// RFC 2045, 6.8.
const BASE64_LINE_BYTES: usize = 76;

/// A part without its transfer encoding.
///
/// The message itself and multiparts may not be encoded as a whole (RFC 2045, 6.4) and are returned
/// unchanged, whatever their header says; their parts keep the encodings that their own headers
/// name. Enclosed messages may not be encoded either, but some are, and those of message/global may
/// be (RFC 6532, 3.5).
#[must_use]
pub fn binary<'m>(message: &'m [u8], part: &[u32]) -> Decoded<'m> {
    Sections::of(message).binary(part)
}

fn decoded<'m>(sections: &Sections<'m>, part: &[u32]) -> Decoded<'m> {
    let message = sections.message();
    if part.is_empty() {
        return Decoded::Octets(Cow::Borrowed(message));
    }
    let Some(part) = find(sections.root(), part) else {
        return Decoded::Missing;
    };
    let body = part.body(message);
    match known_encoding(message, part) {
        Some(Encoding::None) => Decoded::Octets(Cow::Borrowed(body)),
        Some(Encoding::Named(encoding)) => Decoded::Octets(decode::transfer(body, encoding)),
        None => Decoded::UnknownEncoding,
    }
}

/// How a part is encoded.
enum Encoding<'m> {
    None,
    Named(&'m [u8]),
}

/// `None` for an encoding that is not known here.
fn known_encoding<'m>(message: &'m [u8], part: &Part) -> Option<Encoding<'m>> {
    if let Content::Multipart(_) = part.content {
        return Some(Encoding::None);
    }
    match encoding(part.header(message)) {
        identity if is_identity(identity) => Some(Encoding::None),
        known if is_any_of(known, &["base64", "quoted-printable"]) => Some(Encoding::Named(known)),
        _ => None,
    }
}

impl<'m> Sections<'m> {
    /// Whether the part is a multipart or an enclosed message; `[]` is the outermost part.
    #[must_use]
    pub fn holds_parts(&self, part: &[u32]) -> bool {
        let found = if part.is_empty() {
            Some(self.root())
        } else {
            find(self.root(), part)
        };
        found.is_some_and(|part| !matches!(part.content, Content::Leaf))
    }

    /// Whether [`binary`](Self::binary) knows how the part is encoded, if there is one; nothing is decoded.
    #[must_use]
    pub fn knows_encoding(&self, part: &[u32]) -> bool {
        let found = if part.is_empty() {
            None
        } else {
            find(self.root(), part)
        };
        found.is_none_or(|part| known_encoding(self.message(), part).is_some())
    }

    /// As [`binary`].
    #[must_use]
    pub fn binary(&self, part: &[u32]) -> Decoded<'m> {
        decoded(self, part)
    }
}

/// The message in a form that BODY[] can return, which has no NUL (RFC 3516, 6).
///
/// Parts with a NUL are encoded in base64; all else stays byte for byte. `None` where a NUL is
/// elsewhere, so that no encoding could hide it.
#[must_use]
pub fn encode_binary(message: &[u8]) -> Option<Cow<'_, [u8]>> {
    if memchr::memchr(0, message).is_none() {
        return Some(Cow::Borrowed(message));
    }
    let mut encoder = Encoder {
        message,
        copied: 0,
        encoded: Vec::with_capacity(message.len() / 2 * 3),
    };
    encoder.part(&Part::parse(message));
    encoder
        .encoded
        .extend_from_slice(message.get(encoder.copied..)?);
    let encoded = encoder.encoded;
    memchr::memchr(0, &encoded)
        .is_none()
        .then_some(Cow::Owned(encoded))
}

struct Encoder<'m> {
    message: &'m [u8],
    /// How many bytes of the message are in `encoded`, in one form or the other.
    copied: usize,
    encoded: Vec<u8>,
}

impl Encoder<'_> {
    fn part(&mut self, part: &Part) {
        match &part.content {
            Content::Multipart(parts) => parts.iter().for_each(|part| self.part(part)),
            Content::Message(inner) => self.part(inner),
            Content::Leaf => self.leaf(part),
        }
    }

    fn leaf(&mut self, part: &Part) {
        let (header, body) = (part.header(self.message), part.body(self.message));
        if memchr::memchr(0, body).is_none() || !is_identity(encoding(header)) {
            return;
        }
        let range = part.whole_range();
        let before = self.message.get(self.copied..range.start);
        self.encoded.extend_from_slice(before.unwrap_or_default());
        self.copied = range.end;
        let fields = header_fields(header, &[ENCODING.to_owned()], Keep::Others);
        let (fields, empty_line) = fields.split_at(end_of_fields(&fields));
        self.encoded.extend_from_slice(fields);
        self.encoded
            .extend_from_slice(format!("{ENCODING}: base64\r\n").as_bytes());
        self.encoded.extend_from_slice(empty_line);
        let base64 = STANDARD.encode(body);
        for (index, line) in base64.as_bytes().chunks(BASE64_LINE_BYTES).enumerate() {
            if index > 0 {
                self.encoded.extend_from_slice(b"\r\n");
            }
            self.encoded.extend_from_slice(line);
        }
    }
}

/// The position where the empty line begins.
fn end_of_fields(header: &[u8]) -> usize {
    let empty_line = if header.ends_with(b"\r\n") { 2 } else { 1 };
    header.len().saturating_sub(empty_line)
}

fn encoding(header: &[u8]) -> &[u8] {
    header::find(header, ENCODING)
        .and_then(parameter::token)
        .unwrap_or(b"7bit")
}

/// Whether the encoding only describes the octets, and changes nothing (RFC 2045, 6.2).
fn is_identity(encoding: &[u8]) -> bool {
    is_any_of(encoding, &["7bit", "8bit", "binary"])
}

fn is_any_of(encoding: &[u8], names: &[&str]) -> bool {
    names
        .iter()
        .any(|name| encoding.eq_ignore_ascii_case(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Decoded, binary, encode_binary};

    const MIXED: &[u8] = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Transfer-Encoding: BASE64\r\n\r\nYW\r\nJj\r\n\
        --b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nb=C3=A9=\r\n!\r\n\
        --b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin\r\n\
        --b\r\n\r\nplain\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\nAAE=\r\n\
        --b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nDQpi\r\n\
        --b\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: x-own\r\n\r\nbegin\r\n\
        --b\r\nContent-Type: multipart/mixed; boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        --c\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--c--\r\n--b--\r\n";

    #[test]
    fn what_is_encoded_is_decoded_and_multiparts_are_as_they_are() {
        let octets = |octets: &'static [u8]| Decoded::Octets(Cow::Borrowed(octets));
        for (part, expected) in [
            (&[][..], octets(MIXED)),
            (&[1], octets(b"abc")),
            (&[2], octets("bé!".as_bytes())),
            (&[3], Decoded::UnknownEncoding),
            (&[4], octets(b"plain")),
            (
                &[5],
                octets(b"Content-Transfer-Encoding: base64\r\n\r\nAAE="),
            ),
            (&[5, 1], octets(b"\0\x01")),
            (&[6], octets(b"\r\nb")),
            (&[7], Decoded::UnknownEncoding),
            (
                &[8],
                octets(b"--c\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--c--"),
            ),
            (&[8, 1], octets(b"abc")),
            (&[9], Decoded::Missing),
            (&[1, 1], Decoded::Missing),
        ] {
            assert_eq!(binary(MIXED, part), expected, "{part:?}");
        }
    }

    #[test]
    fn what_holds_no_nul_is_left_alone() {
        assert!(matches!(encode_binary(MIXED), Some(Cow::Borrowed(MIXED))));
    }

    #[test]
    fn parts_with_nul_are_encoded_and_decode_to_what_came() {
        let octets: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let part = [
            b"--b\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n",
            octets.as_slice(),
            b"\r\n",
        ]
        .concat();
        let begin = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n";
        let message = [begin.as_slice(), &part, &part, b"--b--\r\n"].concat();
        let encoded = encode_binary(&message).unwrap();
        assert!(!encoded.contains(&0) && encoded.starts_with(begin));
        assert!(encoded.ends_with(b"\r\n--b--\r\n"));
        assert!(
            encoded
                .split(|&byte| byte == b'\n')
                .all(|line| line.len() <= 78)
        );
        for number in [2, 3] {
            assert_eq!(
                binary(&encoded, &[number]),
                Decoded::Octets(Cow::Borrowed(&octets)),
            );
        }
    }

    #[test]
    fn a_message_of_one_part_is_encoded_too() {
        let encoded = encode_binary(b"Subject: x\r\n\r\na\0b").unwrap();
        assert_eq!(
            &*encoded,
            b"Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBi"
        );
    }

    #[test]
    fn a_nul_that_no_encoding_can_hide_is_told() {
        for message in [
            &b"Subject: \0\r\n\r\nx"[..],
            b"Content-Transfer-Encoding: base64\r\n\r\nYQ\0Bi",
            b"\0",
        ] {
            assert_eq!(encode_binary(message), None);
        }
    }
}
