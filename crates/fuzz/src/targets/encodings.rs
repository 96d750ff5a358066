//! Transfer encodings and encoded words, in both directions: whatever is sent has some text, and a
//! text that was encoded as the RFCs say is found again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mime::{Decoded, SearchText, binary, fold, search_text};
use wire::sasl_decode;

use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "encodings",
    words: &[
        "=",
        "==",
        "=\r\n",
        "=3D",
        "=C3=A9",
        "=3d",
        "= \r\n",
        "=\n",
        "=ZZ",
        "w6k=",
        "QUJD",
        "\r\n",
        "\n",
        " \r\n",
        "\t",
        " ",
        "_",
        "?",
        "?=",
        "=?utf-8?q?",
        "=?utf-8?b?",
        "?= =?utf-8?b?",
        "=?iso-2022-jp?B?GyRCJU8bKEI=?=",
        "\u{e9}",
        "\0",
        "*",
        "abc",
        "----",
        "+",
        "/",
        "-",
    ],
    meet,
};

/// Longer ones are there to be timed; fields and texts have bounds of their own.
const CHECKED_BYTES_MAX: usize = 4 * 1024;
/// RFC 2045, 6.7 and 6.8.
const LINE_CHARACTERS: usize = 76;

fn meet(input: &[u8]) -> Shape {
    let mut shape = Vec::new();
    for encoding in ["base64", "quoted-printable", "8bit"] {
        let head = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n");
        let message = [head.as_bytes(), input].concat();
        shape.extend(search_text(&message));
        assert!(matches!(binary(&message, &[1]), Decoded::Octets(_)));
    }
    shape.extend(search_text(&[b"Subject: ", input].concat()));
    shape.push(u8::from(sasl_decode(input).is_some()));
    if input.len() <= CHECKED_BYTES_MAX {
        found_again(&String::from_utf8_lossy(input));
        decoded_again(input);
    }
    let kinds: Vec<u8> = shape.into_iter().map(kind).collect();
    Shape::of(&kinds)
}

/// The shape does not depend on which letters these are.
fn kind(byte: u8) -> u8 {
    match byte {
        0x80.. => b'u',
        _ if byte.is_ascii_alphanumeric() => b'a',
        _ => byte,
    }
}

/// In lines of the allowed length, and as an encoded word.
fn found_again(text: &str) {
    let needle: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let needle = fold(&needle);
    let base64 = lines(&STANDARD.encode(&needle), "");
    let quoted: String = needle.bytes().map(|byte| format!("={byte:02X}")).collect();
    for (encoding, body) in [
        ("base64", base64),
        ("quoted-printable", lines(&quoted, "=")),
    ] {
        let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding";
        let message = format!("{head}: {encoding}\r\n\r\n{body}");
        let found = search_text(message.as_bytes());
        assert!(SearchText::new(&found).body(&needle), "{message}");
    }
    let message = format!("Subject: =?utf-8?b?{}?=\r\n\r\n", STANDARD.encode(&needle));
    let found = search_text(message.as_bytes());
    assert!(SearchText::new(&found).subject(&needle), "{message}");
}

/// Decodes any octets, as BINARY does.
fn decoded_again(octets: &[u8]) {
    let quoted: String = octets.iter().map(|byte| format!("={byte:02X}")).collect();
    let base64 = lines(&STANDARD.encode(octets), "");
    for (encoding, body) in [
        ("base64", base64),
        ("quoted-printable", lines(&quoted, "=")),
    ] {
        let message = format!("Content-Transfer-Encoding: {encoding}\r\n\r\n{body}");
        let decoded = binary(message.as_bytes(), &[1]);
        assert_eq!(decoded, Decoded::Octets(octets.into()), "{message}");
    }
}

/// Cut into lines, none within a triplet; `soft` stands at the end of all but the last.
fn lines(encoded: &str, soft: &str) -> String {
    let length = LINE_CHARACTERS / 3 * 3;
    let lines: Vec<&str> = (0..encoded.len())
        .step_by(length)
        .filter_map(|start| encoded.get(start..(start + length).min(encoded.len())))
        .collect();
    lines.join(&format!("{soft}\r\n"))
}
