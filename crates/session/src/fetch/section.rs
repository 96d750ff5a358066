//! The octets of a body section (RFC 9051, 6.4.5). Pure.

use mime::{Section, Sections};
use wire::{BodySection, SectionText};

/// What `BODY[section]<partial>` tells of a message; `None` where there is no such part.
pub(crate) fn octets_of(message: &Sections<'_>, section: &BodySection) -> Option<Vec<u8>> {
    let found = message.section(&section.part, section_of(section))?;
    Some(part_of(&found, section.partial).to_vec())
}

pub(crate) fn section_of(section: &BodySection) -> Section<'_> {
    match &section.text {
        SectionText::Whole => Section::Whole,
        SectionText::Header => Section::Header,
        SectionText::HeaderFields(names) => Section::HeaderFields(names),
        SectionText::HeaderFieldsNot(names) => Section::HeaderFieldsNot(names),
        SectionText::Text => Section::Text,
        SectionText::Mime => Section::Mime,
    }
}

/// `<first.count>`: beyond the end there is nothing (RFC 9051, 6.4.5).
pub(crate) fn part_of(bytes: &[u8], partial: Option<(u64, u64)>) -> &[u8] {
    let Some((first, count)) = partial else {
        return bytes;
    };
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let from = size(first).min(bytes.len());
    let to = from.saturating_add(size(count)).min(bytes.len());
    bytes.get(from..to).unwrap_or_default()
}
