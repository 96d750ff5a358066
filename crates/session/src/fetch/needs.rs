//! What has to be read of messages before FETCH can answer. Pure.

use wire::{BodySection, FetchItem, SectionText};

/// What has to be read to answer some items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) message_metadata: bool,
    /// With the header block.
    pub(crate) header: bool,
    pub(crate) bodies: bool,
    /// Of messages that are read as fast as their heads.
    pub(crate) small_bodies: bool,
    pub(crate) save_dates: bool,
    pub(crate) marks_seen: bool,
    /// Some of the items are octets that stand in the message, or are made of its body.
    pub(crate) octets: bool,
}

impl Needs {
    pub(crate) fn of(items: &[FetchItem]) -> Self {
        let mut needs = Self::default();
        for item in items {
            match item {
                FetchItem::Uid
                | FetchItem::Flags
                | FetchItem::InternalDate
                | FetchItem::Size
                | FetchItem::ModSeq
                | FetchItem::EmailId => {}
                FetchItem::SaveDate => needs.save_dates = true,
                FetchItem::Envelope | FetchItem::BodyStructure | FetchItem::Body => {
                    needs.message_metadata = true;
                }
                FetchItem::ThreadId => needs.header = true,
                FetchItem::Binary(section) => {
                    needs.octets = true;
                    needs.marks_seen |= !section.peek;
                    needs.bodies = true;
                }
                FetchItem::BinarySize(_) | FetchItem::Preview { lazy: false } => {
                    needs.bodies = true;
                }
                FetchItem::Preview { lazy: true } => needs.small_bodies = true,
                FetchItem::Section(section) => {
                    needs.octets = true;
                    needs.marks_seen |= !section.peek;
                    if is_in_head(section) {
                        needs.header = true;
                    } else {
                        needs.bodies = true;
                    }
                }
            }
        }
        needs.message_metadata |= needs.header;
        needs.octets |= needs.bodies || needs.small_bodies;
        needs
    }
}

/// The message's own header block is kept apart from the rest.
pub(crate) fn is_in_head(section: &BodySection) -> bool {
    let is_header = match section.text {
        SectionText::Header | SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_) => {
            true
        }
        SectionText::Whole | SectionText::Text | SectionText::Mime => false,
    };
    is_header && section.part.is_empty()
}
