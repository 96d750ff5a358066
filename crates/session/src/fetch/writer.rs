//! FETCH responses: reads what they need, some messages at a time, and writes one a message.
//!
//! Answered from the view: what a colleague expunged and this client was not told of is still
//! there, for messages never change.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use image::Message;
use live::Live;
use mail::limits::PREVIEW_LAZY_BYTES_MAX;
use mail::{ContentId, InternalDate, SeqNum, UidSet};
use mime::{Decoded, Sections};
use store::{MessageMetadata, ObjectIds, Store};
use wire::{BodySection, FetchItem, say};

use crate::conversation::selected::Selected;
use crate::ending::{Ending, Refused};
use crate::fetch::needs::{Needs, is_in_head};
use crate::fetch::section::{part_of, section_of};
use crate::out::Out;
use crate::view::{MessageLabel, ResponseOptions};

/// Messages whose heads are read at once.
const METADATA_PER_READ_MAX: usize = 1000;
/// Messages whose bodies are read at once.
const BODIES_PER_READ_MAX: usize = 100;
/// Bytes of bodies that are read at once; one message may be larger.
const BODY_BYTES_PER_READ_MAX: u64 = 4 * 1024 * 1024;

/// What is to be said of each message.
pub(crate) struct Asked<'f> {
    pub(crate) options: ResponseOptions,
    pub(crate) items: &'f [FetchItem],
    pub(crate) needs: Needs,
    pub(crate) ids: &'f ObjectIds,
}

/// Of messages that a client was just told to be there, what NOTIFY asked for (RFC 5465, 5.2). Nothing
/// is marked as seen: nobody has looked.
pub(crate) async fn tell_arrivals(
    store: &Store,
    live: &Live,
    selected: &Selected,
    arrived: &[(SeqNum, Message)],
    attributes: &[FetchItem],
    options: ResponseOptions,
    out: &mut Out<'_>,
) -> Result<(), Ending> {
    let mut items = attributes.to_vec();
    for (is_due, item) in [
        (options.label == MessageLabel::NumberAndUid, FetchItem::Uid),
        (options.modseq, FetchItem::ModSeq),
    ] {
        if is_due && !items.contains(&item) {
            items.push(item);
        }
    }
    let asked = Asked {
        options,
        items: &items,
        needs: Needs::of(&items),
        ids: store.object_ids(),
    };
    let seen = UidSet::new();
    tell_all(store, live, selected, arrived, &asked, &seen, out).await?;
    Ok(())
}

/// Says what was asked of each message, and returns why not of all of them.
pub(crate) async fn tell_all(
    store: &Store,
    live: &Live,
    selected: &Selected,
    messages: &[(SeqNum, Message)],
    asked: &Asked<'_>,
    seen: &UidSet,
    out: &mut Out<'_>,
) -> Result<Option<Refused>, Ending> {
    let needs = asked.needs;
    let mut trouble = None;
    for batch in batches(messages, needs) {
        let ids: Vec<ContentId> = batch.iter().map(|(_, message)| message.content).collect();
        let contents = live.contents();
        let message_metadata = if needs.message_metadata {
            contents.message_metadata(&ids).await?
        } else {
            HashMap::new()
        };
        let bodies = contents.messages(&bodies_to_read(batch, needs)).await?;
        let saved = if needs.save_dates {
            let uids = batch.iter().map(|(_, message)| message.uid).collect();
            store.save_dates(&[(selected.found.id, uids)]).await?
        } else {
            HashMap::new()
        };
        for &(seq, message) in batch {
            let (metadata, body) = (
                message_metadata.get(&message.content),
                bodies.get(&message.content),
            );
            if (needs.message_metadata && metadata.is_none()) || (needs.bodies && body.is_none()) {
                trouble = Some(Refused::ExpungeIssued);
                continue;
            }
            let is_marked = seen.contains(message.uid);
            let parts = Parts {
                metadata,
                body,
                saved: saved.get(&(selected.found.id, message.uid)).copied(),
            };
            let buffer = &mut out.buffer;
            let telling = || tell_one(selected, seq, &message, asked, parts, is_marked, buffer);
            let told = store.compute().run(parts.bytes(), telling).await;
            if let Err(refused) = told {
                trouble = Some(refused);
            }
            out.breathe().await?;
        }
    }
    Ok(trouble)
}

/// All, or those that a LAZY preview may be made of (RFC 8970, 4.1), or none.
fn bodies_to_read(batch: &[(SeqNum, Message)], needs: Needs) -> Vec<ContentId> {
    let is_small = |message: &Message| message.size <= PREVIEW_LAZY_BYTES_MAX;
    batch
        .iter()
        .filter(|(_, message)| needs.bodies || needs.small_bodies && is_small(message))
        .map(|(_, message)| message.content)
        .collect()
}

/// As many messages as may be in memory at once.
fn batches(
    messages: &[(SeqNum, Message)],
    needs: Needs,
) -> impl Iterator<Item = &[(SeqNum, Message)]> {
    let mut rest = messages;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let max = if needs.bodies || needs.small_bodies {
            BODIES_PER_READ_MAX
        } else {
            METADATA_PER_READ_MAX
        };
        let count = rest
            .iter()
            .take(max)
            .take_while(|(_, message)| {
                let is_first = bytes == 0;
                bytes += u64::from(message.size).max(1);
                is_first || !needs.bodies || bytes <= BODY_BYTES_PER_READ_MAX
            })
            .count();
        let (batch, after) = rest.split_at(count);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// What was read of a message, as far as it is needed.
#[derive(Clone, Copy)]
struct Parts<'p> {
    metadata: Option<&'p Arc<MessageMetadata>>,
    body: Option<&'p Bytes>,
    saved: Option<InternalDate>,
}

impl Parts<'_> {
    fn bytes(&self) -> usize {
        let metadata = self.metadata.map_or(0, |metadata| {
            metadata.header.len() + metadata.envelope.len() + metadata.body_structure.len()
        });
        metadata + self.body.map_or(0, Bytes::len)
    }
}

/// The same, taken apart once for all items.
struct MessageSections<'p> {
    head: Option<Sections<'p>>,
    whole: Option<Sections<'p>>,
}

/// The whole response, or nothing and why.
fn tell_one(
    selected: &Selected,
    seq: SeqNum,
    message: &Message,
    asked: &Asked<'_>,
    parts: Parts<'_>,
    is_marked: bool,
    out: &mut Vec<u8>,
) -> Result<(), Refused> {
    let start = out.len();
    let shown = selected.view.shown(message);
    let names = || shown.names(&selected.view.latest().keywords);
    let metadata = parts.metadata.map(AsRef::as_ref);
    let sections = MessageSections {
        // A header block by itself is a message without a body.
        head: metadata.map(|metadata| Sections::of(metadata.header.as_ref())),
        whole: parts.body.map(|body| Sections::of(body)),
    };
    let mut line = asked.options.label.open(out, seq, message.uid);
    for item in asked.items {
        match item {
            FetchItem::Uid => line.uid(message.uid),
            FetchItem::Flags => line.flags(names()),
            FetchItem::InternalDate => line.internal_date(message.date),
            FetchItem::Size => line.size(u64::from(message.size)),
            FetchItem::ModSeq => line.modseq(shown.modseq),
            FetchItem::EmailId => line.email_id(&asked.ids.email(message.content)),
            FetchItem::ThreadId => {
                let header = metadata.map_or(&[][..], |metadata| &metadata.header);
                line.thread_id(&asked.ids.thread(message.content, header))
            }
            FetchItem::SaveDate => line.save_date(parts.saved),
            FetchItem::Preview { .. } => {
                let preview = parts.body.map(|body| mime::preview(body));
                line.preview(preview.as_deref())
            }
            FetchItem::Envelope => {
                line.envelope(metadata.map_or(&[], |metadata| &metadata.envelope))
            }
            FetchItem::BodyStructure => {
                line.body_structure(metadata.map_or(&[], |metadata| &metadata.body_structure))
            }
            FetchItem::Body => {
                let structure = metadata.map_or(&[][..], |metadata| &metadata.body_structure);
                line.body(&mime::body_without_extensions(structure))
            }
            FetchItem::Section(section) => tell_section(&mut line, section, &sections),
            FetchItem::Binary(_) | FetchItem::BinarySize(_) => {
                let nothing = Sections::of(&[]);
                let body = sections.whole.as_ref().unwrap_or(&nothing);
                if let Err(refused) = tell_binary(&mut line, item, body, asked.options) {
                    out.truncate(start);
                    return Err(refused);
                }
                &mut line
            }
        };
    }
    // What was changed is told like any other change (RFC 7162, 3.2.4).
    let is_due = |item| is_marked && !asked.items.contains(&item);
    if is_due(FetchItem::Uid) && asked.options.label == MessageLabel::NumberAndUid {
        line.uid(message.uid);
    }
    if is_due(FetchItem::Flags) {
        line.flags(names());
    }
    if is_due(FetchItem::ModSeq) && asked.options.modseq {
        line.modseq(shown.modseq);
    }
    line.end();
    Ok(())
}

fn tell_section<'l, 'o>(
    line: &'l mut say::FetchLine<'o>,
    section: &BodySection,
    sections: &MessageSections<'_>,
) -> &'l mut say::FetchLine<'o> {
    let source = if is_in_head(section) {
        sections.head.as_ref()
    } else {
        sections.whole.as_ref()
    };
    let found = source.and_then(|message| message.section(&section.part, section_of(section)));
    let slice = found
        .as_deref()
        .map(|bytes| part_of(bytes, section.partial));
    line.section(section, slice)
}

/// BINARY and BINARY.SIZE (RFC 3516, 4.3), which IMAP4rev2 has for leaves only (RFC 9051, 6.4.5).
fn tell_binary(
    line: &mut say::FetchLine<'_>,
    item: &FetchItem,
    message: &Sections<'_>,
    options: ResponseOptions,
) -> Result<(), Refused> {
    let decoded = |part: &[u32]| {
        if options.is_rev2() && message.holds_parts(part) {
            return Err(Refused::Cannot("BINARY is for parts that hold no others"));
        }
        match message.binary(part) {
            Decoded::Octets(octets) => Ok(Some(octets)),
            Decoded::Missing => Ok(None),
            Decoded::UnknownEncoding => Err(Refused::UnknownCte),
        }
    };
    match item {
        FetchItem::Binary(section) => {
            let octets = decoded(&section.part)?;
            let slice = octets
                .as_deref()
                .map(|octets| part_of(octets, section.partial));
            line.binary(section, slice);
        }
        FetchItem::BinarySize(part) => {
            let octets = decoded(part)?;
            line.binary_size(part, octets.map_or(0, |octets| octets.len() as u64));
        }
        _ => {}
    }
    Ok(())
}
