//! What must hold of any message, valid or not.

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;

use crate::tree::{Content, Part};
use crate::{Parsed, Section, body_without_extensions, parse, search_text, section};

/// How deep imap-codec reads nested parts; ours go deeper.
const CODEC_LEVELS_MAX: usize = 7;

/// Parses `message` and checks everything that can be checked without knowing the message.
pub(super) fn checked(message: &[u8]) -> Parsed {
    let parsed = parse(message);
    is_readable("ENVELOPE", &parsed.envelope);
    let root = Part::parse(message);
    let body = body_without_extensions(&parsed.body_structure);
    assert!(body.len() < parsed.body_structure.len());
    if levels(&root) <= CODEC_LEVELS_MAX {
        is_readable("BODYSTRUCTURE", &parsed.body_structure);
        is_readable("BODY", &body);
    }
    let text = search_text(message);
    assert!(
        parsed
            .search_text
            .as_ref()
            .is_none_or(|stored| *stored == text)
    );
    assert!(str::from_utf8(&text).is_ok_and(|text| !text.contains('\0')));

    let whole = section(message, &[], Section::Whole).unwrap();
    let header = section(message, &[], Section::Header).unwrap();
    let text = section(message, &[], Section::Text).unwrap();
    assert_eq!(&*whole, message);
    assert_eq!([&*header, &*text].concat(), message);
    assert_eq!(header.len(), parsed.header_bytes);

    parts_are_slices(message, &root, &mut Vec::new());
    parsed
}

fn levels(part: &Part) -> usize {
    1 + match &part.content {
        Content::Leaf => 0,
        Content::Message(inner) => levels(inner),
        Content::Multipart(parts) => parts.iter().map(levels).max().unwrap_or(0),
    }
}

/// Checks that the codec reads all of what we wrote.
fn is_readable(item: &str, value: &[u8]) {
    let response = [b"* 1 FETCH (", item.as_bytes(), b" ", value, b")\r\n"].concat();
    let rest = ResponseCodec::default()
        .decode(&response)
        .map(|(rest, _)| rest.len())
        .map_err(|cause| format!("{cause:?}"));
    assert_eq!(rest, Ok(0), "{}", String::from_utf8_lossy(&response));
}

/// Checks that each part that BODYSTRUCTURE names exists under its number, and where it is: after
/// its header, within its parent, after the part before it.
fn parts_are_slices(message: &[u8], part: &Part, number: &mut Vec<u32>) {
    let body = place(message, part.body(message));
    assert_eq!(place(message, part.header(message)).end, body.start);
    let newlines = part
        .body(message)
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count();
    assert_eq!(part.lines, newlines, "{number:?}");
    match &part.content {
        Content::Leaf => {
            let number = if number.is_empty() { &[1][..] } else { number };
            let found = section(message, number, Section::Whole).unwrap();
            assert_eq!(place(message, &found), body, "{number:?}");
            assert_eq!(section(message, number, Section::Text), None);
            assert_eq!(
                section(message, &[number, &[1]].concat(), Section::Whole),
                None
            );
        }
        Content::Multipart(children) => {
            let mut end_of_last = body.start;
            for (index, child) in children.iter().enumerate() {
                number.push(u32::try_from(index + 1).unwrap());
                let mime = section(message, number, Section::Mime).unwrap();
                let text = section(message, number, Section::Whole).unwrap();
                assert_eq!([&*mime, &*text].concat(), child.whole(message));
                let child_place = place(message, child.whole(message));
                assert!(end_of_last <= child_place.start && child_place.end <= body.end);
                end_of_last = child_place.end;
                parts_are_slices(message, child, number);
                number.pop();
            }
            let beyond = u32::try_from(children.len() + 1).unwrap();
            let beyond = [number.as_slice(), &[beyond]].concat();
            assert_eq!(section(message, &beyond, Section::Whole), None);
        }
        Content::Message(inner) => {
            let is_root = number.is_empty();
            if is_root {
                number.push(1);
            }
            let header = section(message, number, Section::Header).unwrap();
            let text = section(message, number, Section::Text).unwrap();
            assert_eq!(
                [&*header, &*text].concat(),
                part.body(message),
                "{number:?}"
            );
            assert_eq!(place(message, inner.whole(message)), body);
            if matches!(inner.content, Content::Multipart(_)) {
                parts_are_slices(message, inner, number);
            } else {
                number.push(1);
                parts_are_slices(message, inner, number);
                number.pop();
            }
            if is_root {
                number.pop();
            }
        }
    }
}

/// The range of `message` that a slice of it is.
fn place(message: &[u8], slice: &[u8]) -> std::ops::Range<usize> {
    let start = slice.as_ptr() as usize - message.as_ptr() as usize;
    assert!(start + slice.len() <= message.len());
    start..start + slice.len()
}
