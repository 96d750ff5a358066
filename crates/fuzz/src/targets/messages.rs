//! A message, parsed. Its description can be read by a client, and is true.

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::body::BodyStructure;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::response::{Data, Response};
use mime::{
    Keep, Parsed, SearchText, Section, body_without_extensions, fold, header_fields, parse,
    search_text, section,
};

use super::pieces::PIECES;
use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "messages",
    words: PIECES,
    meet,
};

/// Longer ones are there to be timed: the checks would take longer than what they check.
const CHECKED_BYTES_MAX: usize = 8 * 1024;
/// What the codec reads of lists in lists.
const LEVELS_READ_MAX: usize = 7;

fn meet(message: &[u8]) -> Shape {
    let parsed = parse(message);
    if message.len() <= CHECKED_BYTES_MAX {
        checked(message, &parsed);
    }
    Shape::of(&[parsed.body_structure, parsed.envelope].concat())
}

fn checked(message: &[u8], parsed: &Parsed) {
    let header = section(message, &[], Section::Header).unwrap_or_default();
    let text = section(message, &[], Section::Text).unwrap_or_default();
    assert_eq!([&*header, &*text].concat(), message);
    let all = header_fields(&header, &[], Keep::Others);
    assert_eq!(all, *header, "no field is named, so all are others");
    let text = search_text(message);
    searched(&text);
    assert!(
        parsed
            .search_text
            .as_ref()
            .is_none_or(|stored| *stored == text)
    );

    let body = body_without_extensions(&parsed.body_structure);
    if depth(&parsed.body_structure) > LEVELS_READ_MAX {
        return;
    }
    let told = [
        b"* 1 FETCH (ENVELOPE ",
        &*parsed.envelope,
        b" BODY ",
        &body,
        b" BODYSTRUCTURE ",
        &parsed.body_structure,
        b")\r\n",
    ]
    .concat();
    let words = String::from_utf8_lossy(&told);
    let read = ResponseCodec::default().decode(&told);
    let Ok((b"", Response::Data(Data::Fetch { items, .. }))) = read else {
        unreadable(&words);
        return;
    };
    for item in items.as_ref() {
        if let MessageDataItem::BodyStructure(structure) = item {
            sized(message, structure, &mut Vec::new());
        }
    }
}

#[expect(clippy::panic, reason = "this is how a fuzzer says what it found")]
fn unreadable(told: &str) {
    panic!("no client reads {told}");
}

/// Checks that what the search text holds is found in it.
fn searched(stored: &[u8]) {
    let text = SearchText::new(stored);
    let words = String::from_utf8_lossy(stored);
    assert_eq!(words.as_bytes(), stored, "it is UTF-8");
    for line in words.lines().take(8) {
        let needle: String = line.chars().take(12).collect();
        assert_eq!(fold(&needle), fold(&fold(&needle)));
        assert!(text.text(&needle), "{needle:?} in {words:?}");
    }
}

/// Checks that every part has the octets that its description says.
fn sized(message: &[u8], structure: &BodyStructure<'_>, number: &mut Vec<u32>) {
    match structure {
        BodyStructure::Single { body, .. } => {
            let number = if number.is_empty() {
                &[1]
            } else {
                number.as_slice()
            };
            let octets = section(message, number, Section::Whole).map(|part| part.len());
            let told = usize::try_from(body.basic.size).ok();
            assert_eq!(octets, told, "part {number:?}");
        }
        BodyStructure::Multi { bodies, .. } => {
            for (index, body) in bodies.as_ref().iter().enumerate() {
                number.push(u32::try_from(index + 1).unwrap_or(u32::MAX));
                sized(message, body, number);
                number.pop();
            }
        }
    }
}

/// How deep the lists of a response go, as deep as a reader of lists would.
fn depth(told: &[u8]) -> usize {
    let mut in_quotes = false;
    let mut last = b' ';
    let (mut level, mut deepest) = (0_usize, 0);
    for &byte in told {
        in_quotes ^= byte == b'"' && last != b'\\';
        match byte {
            b'(' if !in_quotes => level += 1,
            b')' if !in_quotes => level = level.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(level);
        last = byte;
    }
    deepest
}
