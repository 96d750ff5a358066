//! FETCH responses: reads what they need, some messages at a time, and writes one a message.
//!
//! Answered from the view: what a colleague expunged and this client was not told of is still
//! there, for messages never change.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use image::Message;
use live::Live;
use mail::limits::PREVIEW_LAZY_BYTES_MAX;
use mail::{ContentId, InternalDate, SeqNum, UidSet};
use mime::{Decoded, Sections};
use store::{Compute, HeaderBlocks, MessageMetadata, ObjectIds, Store};
use wire::{BinarySection, BodySection, FetchItem, say};

use crate::conversation::selected::Selected;
use crate::ending::{Ending, Refused};
use crate::fetch::needs::{Needs, is_in_head};
use crate::fetch::section::{part_of, section_of};
use crate::held::hold;
use crate::node::{MessageMemory, Node};
use crate::out::{Hangup, Out};
use crate::view::{MessageLabel, ResponseOptions};

/// Messages whose heads are read at once.
const METADATA_PER_READ_MAX: usize = 1000;
/// The messages whose heads are read at once have at most so many bytes together, or it is one message: how much
/// of a message is head is not known before.
const METADATA_BYTES_PER_READ_MAX: u64 = 16 * 1024 * 1024;
/// Messages whose bodies are read at once.
const BODIES_PER_READ_MAX: usize = 100;
/// Bytes of bodies that are read at once; one message may be larger.
const BODY_BYTES_PER_READ_MAX: u64 = 4 * 1024 * 1024;

/// What is known of a message is said in one go where it has no more than so many bytes.
const AT_ONCE_BYTES_MAX: usize = 16 * 1024;

/// What is to be said of each message.
pub(crate) struct Asked<'f> {
    pub(crate) options: ResponseOptions,
    pub(crate) items: &'f [FetchItem],
    pub(crate) needs: Needs,
    pub(crate) ids: &'f ObjectIds,
    pub(crate) memory: &'f dyn MessageMemory,
}

/// Of messages that a client was just told to be there, what NOTIFY asked for (RFC 5465, 5.2). Nothing
/// is marked as seen: nobody has looked.
pub(crate) async fn tell_arrivals(
    store: &Store,
    node: &Node,
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
        memory: &*node.message_memory,
    };
    let seen = UidSet::new();
    tell_all(store, &node.live, selected, arrived, &asked, &seen, out).await?;
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
            let headers = if needs.header {
                HeaderBlocks::Read
            } else {
                HeaderBlocks::LeftOut
            };
            contents.message_metadata(&ids, headers).await?
        } else {
            HashMap::new()
        };
        let to_read = bodies_to_read(batch, needs);
        let memory = memory_for(&message_metadata, &to_read);
        let _memory = hold(asked.memory, selected.found.who.account, memory).await?;
        let ids: Vec<ContentId> = to_read.iter().map(|message| message.content).collect();
        let bodies = contents.messages(&ids).await?;
        let saved = if needs.save_dates {
            let uids = batch.iter().map(|(_, message)| message.uid).collect();
            store.save_dates(&[(selected.found.id, uids)]).await?
        } else {
            HashMap::new()
        };
        for (seq, message) in batch {
            let (metadata, body) = (
                message_metadata.get(&message.content),
                bodies.get(&message.content),
            );
            if (needs.message_metadata && metadata.is_none()) || (needs.bodies && body.is_none()) {
                trouble = Some(Refused::ExpungeIssued);
                out.step().await;
                continue;
            }
            let is_marked = seen.contains(message.uid);
            let parts = Parts {
                metadata,
                body,
                saved: saved.get(&(selected.found.id, message.uid)).copied(),
            };
            let numbered = (*seq, message);
            if !needs.octets && parts.metadata.map_or(0, |it| bytes_of(it)) <= AT_ONCE_BYTES_MAX {
                tell_at_once(selected, numbered, asked, parts, &mut out.buffer);
                out.finish().await?;
                continue;
            }
            let compute = store.compute();
            let told = tell_one(selected, numbered, asked, parts, is_marked, compute, out);
            if let Err(refused) = told.await? {
                trouble = Some(refused);
            }
            out.finish().await?;
        }
    }
    Ok(trouble)
}

/// All, or those that a LAZY preview may be made of (RFC 8970, 4.1), or none.
fn bodies_to_read(batch: &[(SeqNum, Message)], needs: Needs) -> Vec<Message> {
    let is_small = |message: &Message| message.size <= PREVIEW_LAZY_BYTES_MAX;
    batch
        .iter()
        .filter(|(_, message)| needs.bodies || needs.small_bodies && is_small(message))
        .map(|(_, message)| message.clone())
        .collect()
}

/// What is in memory until the batch is told, in bytes.
fn memory_for(
    message_metadata: &HashMap<ContentId, Arc<MessageMetadata>>,
    bodies: &[Message],
) -> u64 {
    let heads = message_metadata.values();
    let heads: usize = heads.map(|metadata| bytes_of(metadata)).sum();
    let bodies: u64 = bodies.iter().map(|message| u64::from(message.size)).sum();
    bodies.saturating_add(u64::try_from(heads).unwrap_or(u64::MAX))
}

/// As many messages as may be in memory at once.
fn batches(
    messages: &[(SeqNum, Message)],
    needs: Needs,
) -> impl Iterator<Item = &[(SeqNum, Message)]> {
    let (count_max, bytes_max) = if needs.bodies || needs.small_bodies {
        (BODIES_PER_READ_MAX, BODY_BYTES_PER_READ_MAX)
    } else {
        (METADATA_PER_READ_MAX, METADATA_BYTES_PER_READ_MAX)
    };
    live::batches(messages, count_max, bytes_max, move |(_, message)| {
        if needs.bodies || needs.message_metadata || message.size <= PREVIEW_LAZY_BYTES_MAX {
            u64::from(message.size)
        } else {
            0
        }
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
    /// What has to be looked through for an item.
    fn bytes_for(&self, item: &FetchItem) -> usize {
        match item {
            FetchItem::Uid
            | FetchItem::Flags
            | FetchItem::InternalDate
            | FetchItem::Size
            | FetchItem::ModSeq
            | FetchItem::EmailId
            | FetchItem::SaveDate => 0,
            FetchItem::Envelope
            | FetchItem::BodyStructure
            | FetchItem::Body
            | FetchItem::ThreadId
            | FetchItem::Preview { .. }
            | FetchItem::Section(_)
            | FetchItem::Binary(_)
            | FetchItem::BinarySize(_) => {
                let metadata = self.metadata.map_or(0, |metadata| bytes_of(metadata));
                metadata + self.body.map_or(0, Bytes::len)
            }
        }
    }
}

fn bytes_of(metadata: &MessageMetadata) -> usize {
    let header = metadata.header.as_ref().map_or(0, Bytes::len);
    header + metadata.envelope.len() + metadata.body_structure.len()
}

/// The same, taken apart once for all items.
struct MessageSections<'p> {
    head: Option<Sections<'p>>,
    whole: Option<Sections<'p>>,
}

/// The whole response, of items that are ready to be said. It marks nothing as seen.
fn tell_at_once(
    selected: &Selected,
    (seq, message): (SeqNum, &Message),
    asked: &Asked<'_>,
    parts: Parts<'_>,
    out: &mut Vec<u8>,
) {
    let told = Told {
        selected,
        message,
        asked,
        parts,
        sections: MessageSections {
            head: None,
            whole: None,
        },
    };
    let mut line = asked.options.label.open(out, seq, message.uid);
    for item in asked.items {
        told.tell_item(item, &mut line);
    }
    line.end();
}

/// The whole response, or nothing and why. Long ones are written while they are said.
async fn tell_one(
    selected: &Selected,
    (seq, message): (SeqNum, &Message),
    asked: &Asked<'_>,
    parts: Parts<'_>,
    is_marked: bool,
    compute: &Compute,
    out: &mut Out<'_>,
) -> Result<Result<(), Refused>, Hangup> {
    let sections = MessageSections {
        // A header block by itself is a message without a body.
        head: parts
            .metadata
            .and_then(|metadata| metadata.header.as_deref())
            .map(Sections::of),
        whole: parts.body.map(|body| Sections::of(body)),
    };
    for item in asked.items {
        if let FetchItem::Binary(BinarySection { part, .. }) | FetchItem::BinarySize(part) = item {
            let judging = || sections.judge_binary(part, asked.options);
            let judged = compute.run(parts.bytes_for(item), judging).await;
            if judged.is_err() {
                return Ok(judged);
            }
        }
    }
    let told = Told {
        selected,
        message,
        asked,
        parts,
        sections,
    };
    let mut line = asked
        .options
        .label
        .open(&mut out.buffer, seq, message.uid)
        .pause();
    for item in asked.items {
        let buffer = &mut out.buffer;
        let telling = || {
            let mut open = line.resume(buffer);
            let octets = told.tell_item(item, &mut open);
            (open.pause(), octets)
        };
        let octets;
        (line, octets) = compute.run(parts.bytes_for(item), telling).await;
        out.say_within(&octets).await?;
    }
    let mut open = line.resume(&mut out.buffer);
    // What was changed is told like any other change (RFC 7162, 3.2.4).
    for (is_told, item) in [
        (
            asked.options.label == MessageLabel::NumberAndUid,
            FetchItem::Uid,
        ),
        (true, FetchItem::Flags),
        (asked.options.modseq, FetchItem::ModSeq),
    ] {
        if is_marked && is_told && !asked.items.contains(&item) {
            told.tell_item(&item, &mut open);
        }
    }
    open.end();
    Ok(Ok(()))
}

impl<'p> MessageSections<'p> {
    fn body(&self) -> Option<&Sections<'p>> {
        self.whole.as_ref()
    }

    /// Why BINARY or BINARY.SIZE of a part (RFC 3516, 4.3) is refused; IMAP4rev2 has them for leaves only (RFC 9051,
    /// 6.4.5).
    fn judge_binary(&self, part: &[u32], options: ResponseOptions) -> Result<(), Refused> {
        let Some(body) = self.body() else {
            return Ok(());
        };
        if options.is_rev2() && body.holds_parts(part) {
            return Err(Refused::Cannot("BINARY is for parts that hold no others"));
        }
        if body.knows_encoding(part) {
            Ok(())
        } else {
            Err(Refused::UnknownCte)
        }
    }
}

/// What one response is made of.
struct Told<'t, 'p> {
    selected: &'t Selected,
    message: &'t Message,
    asked: &'t Asked<'t>,
    parts: Parts<'p>,
    sections: MessageSections<'p>,
}

impl<'p> Told<'_, 'p> {
    /// Says an item, up to the octets that are returned and have to be said next.
    fn tell_item(&self, item: &FetchItem, line: &mut say::FetchLine<'_>) -> Cow<'p, [u8]> {
        let message = self.message;
        let metadata = self.parts.metadata.map(AsRef::as_ref);
        let view = &self.selected.view;
        match item {
            FetchItem::Uid => line.uid(message.uid),
            FetchItem::Flags => {
                let shown = view.shown(message);
                line.flags(shown.names(&view.latest().keywords))
            }
            FetchItem::InternalDate => line.internal_date(message.date),
            FetchItem::Size => line.size(u64::from(message.size)),
            FetchItem::ModSeq => line.modseq(view.shown(message).modseq),
            FetchItem::EmailId => line.email_id(&self.asked.ids.email(message.content)),
            FetchItem::ThreadId => {
                let header = metadata.and_then(|metadata| metadata.header.as_deref());
                let header = header.unwrap_or_default();
                line.thread_id(&self.asked.ids.thread(message.content, header))
            }
            FetchItem::SaveDate => line.save_date(self.parts.saved),
            FetchItem::Preview { .. } => {
                let preview = self.parts.body.map(|body| mime::preview(body));
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
            FetchItem::BinarySize(part) => {
                let octets = self.decoded(part);
                line.binary_size(part, octets.map_or(0, |octets| octets.len() as u64))
            }
            FetchItem::Section(section) => {
                let octets = self.section(section);
                line.section_head(section, octets.as_deref().map(<[u8]>::len));
                return octets.unwrap_or_default();
            }
            FetchItem::Binary(section) => {
                let octets = self.decoded(&section.part);
                let octets = octets.map(|octets| cut(octets, section.partial));
                line.binary_head(section, octets.as_deref());
                return octets.unwrap_or_default();
            }
        };
        Cow::default()
    }

    fn section(&self, section: &BodySection) -> Option<Cow<'p, [u8]>> {
        let source = if is_in_head(section) {
            self.sections.head.as_ref()
        } else {
            self.sections.body()
        };
        let found = source?.section(&section.part, section_of(section))?;
        Some(cut(found, section.partial))
    }

    /// A part without its encoding, which is known (RFC 3516, 4.3).
    fn decoded(&self, part: &[u32]) -> Option<Cow<'p, [u8]>> {
        match self.sections.body()?.binary(part) {
            Decoded::Octets(octets) => Some(octets),
            Decoded::Missing | Decoded::UnknownEncoding => None,
        }
    }
}

/// What is asked of some octets.
fn cut(octets: Cow<'_, [u8]>, partial: Option<(u64, u64)>) -> Cow<'_, [u8]> {
    match octets {
        Cow::Borrowed(octets) => part_of(octets, partial).into(),
        Cow::Owned(octets) if partial.is_none() => octets.into(),
        Cow::Owned(octets) => part_of(&octets, partial).to_vec().into(),
    }
}
