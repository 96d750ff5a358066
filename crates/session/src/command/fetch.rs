//! FETCH (RFC 9051, 6.4.5), with CHANGEDSINCE and VANISHED (RFC 7162, 3.1.4 and 3.2.6), PARTIAL (RFC 9394,
//! 3.3), BINARY (RFC 3516), object identifiers (RFC 8474), save dates (RFC 8514) and PREVIEW (RFC 8970).
//! Where the messages are too many, it is of the newest (RFC 9738).
//!
//! Answered from the view: what a colleague expunged and this client was not told of is still
//! there, for messages never change.

use std::collections::HashMap;
use std::sync::Arc;

use acl::Operation;
use bytes::Bytes;
use image::Message;
use live::Live;
use mail::limits::PREVIEW_LAZY_BYTES_MAX;
use mail::{ContentId, FlagBits, InternalDate, SeqNum, UidSet};
use mime::{Decoded, Section};
use store::{FlagEdit, Masks, MessageMetadata, ObjectIds, Store};
use wire::{BodySection, Fetch, FetchItem, Numbering, SectionText, say};

use super::select::vanished_among;
use crate::ending::{Done, Ending, Outcome, Refused, say_cut_short};
use crate::out::Out;
use crate::selected::Selected;
use crate::session::Session;
use crate::view::{MessageLabel, ResponseOptions};

/// Messages whose heads are read at once.
const METADATA_PER_READ_MAX: usize = 1000;
/// Messages whose bodies are read at once.
const BODIES_PER_READ_MAX: usize = 100;
/// Bytes of bodies that are read at once; one message may be larger.
const BODY_BYTES_PER_READ_MAX: u64 = 4 * 1024 * 1024;

pub(crate) async fn run(session: &mut Session, fetch: Fetch, out: &mut Out<'_>) -> Outcome {
    let Fetch {
        numbering,
        set,
        mut items,
        changed_since,
        vanished,
        partial,
    } = fetch;
    if vanished && !(session.enabled.qresync && numbering == Numbering::Uid) {
        return Err(Ending::malformed("VANISHED takes UID FETCH and QRESYNC"));
    }
    let asks_modseq = items.contains(&FetchItem::ModSeq);
    session.enabled.condstore |= asks_modseq || changed_since.is_some();
    let label = match numbering {
        Numbering::Uid => session.options().label.with_uid(),
        Numbering::Sequence => session.options().label,
    };
    add_implied(&mut items, label, numbering, changed_since.is_some());
    let (store, live) = (session.store.clone(), session.node.live.clone());
    let bound = session.node.message_limit.per_command();
    let selected = session.selected()?;
    selected.permit(Operation::Read)?;
    let mut picked = selected.resolve(numbering, &set)?;
    if let Some(partial) = partial {
        picked = picked.part(partial.within(picked.len()));
        // A page of the client's own size is not cut again (RFC 9738, 3.1).
        bound.admit_count(picked.len())?;
    }
    if let (Some(modseq), true) = (changed_since, vanished) {
        let asked = selected.uids_named(&set);
        let gone = vanished_among(&store, selected, modseq, &asked).await?;
        if !gone.is_empty() {
            say::vanished_earlier(&mut out.buffer, &gone);
        }
    }
    let mut messages: Vec<(SeqNum, Message)> = selected
        .view
        .messages(&picked)
        .filter(|(_, message)| {
            changed_since.is_none_or(|modseq| selected.view.shown(message).modseq > modseq)
        })
        .collect();
    let cut = bound.cut_messages(&mut messages);
    let needs = Needs::of(&items);
    let seen = if needs.marks_seen {
        mark_seen(&store, selected, &messages).await?
    } else {
        UidSet::new()
    };
    selected.tell_keywords(&mut out.buffer);
    let asked = Asked {
        label,
        items: &items,
        needs,
        ids: store.object_ids(),
    };
    match tell_all(&store, &live, selected, &messages, &asked, &seen, out).await? {
        None => Ok(Done::completed().cut_short(cut, &mut out.buffer)),
        Some(trouble) => {
            if let Some(cut) = cut {
                say_cut_short(cut, &mut out.buffer);
            }
            Err(trouble.into())
        }
    }
}

/// UID FETCH tells the UID, unless the response is named by it; CHANGEDSINCE tells the mod-sequence
/// (RFC 7162, 3.1.4.1).
fn add_implied(
    items: &mut Vec<FetchItem>,
    label: MessageLabel,
    numbering: Numbering,
    has_changed_since: bool,
) {
    let is_due = numbering == Numbering::Uid && label != MessageLabel::Uid;
    if is_due && !items.contains(&FetchItem::Uid) {
        items.insert(0, FetchItem::Uid);
    }
    if has_changed_since && !items.contains(&FetchItem::ModSeq) {
        items.push(FetchItem::ModSeq);
    }
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
        label: options.label,
        items: &items,
        needs: Needs::of(&items),
        ids: store.object_ids(),
    };
    let seen = UidSet::new();
    tell_all(store, live, selected, arrived, &asked, &seen, out).await?;
    Ok(())
}

/// What has to be read to answer some items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Needs {
    message_metadata: bool,
    bodies: bool,
    /// Of messages that are read as fast as their heads.
    small_bodies: bool,
    save_dates: bool,
    marks_seen: bool,
}

impl Needs {
    fn of(items: &[FetchItem]) -> Self {
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
                FetchItem::Envelope
                | FetchItem::BodyStructure
                | FetchItem::Body
                | FetchItem::ThreadId => needs.message_metadata = true,
                FetchItem::Binary(section) => {
                    needs.marks_seen |= !section.peek;
                    needs.bodies = true;
                }
                FetchItem::BinarySize(_) | FetchItem::Preview { lazy: false } => {
                    needs.bodies = true;
                }
                FetchItem::Preview { lazy: true } => needs.small_bodies = true,
                FetchItem::Section(section) => {
                    needs.marks_seen |= !section.peek;
                    if is_in_head(section) {
                        needs.message_metadata = true;
                    } else {
                        needs.bodies = true;
                    }
                }
            }
        }
        needs
    }
}

/// What is to be said of each message.
struct Asked<'f> {
    label: MessageLabel,
    items: &'f [FetchItem],
    needs: Needs,
    ids: &'f ObjectIds,
}

/// The message's own header block is kept apart from the rest.
fn is_in_head(section: &BodySection) -> bool {
    let is_header = match section.text {
        SectionText::Header | SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_) => {
            true
        }
        SectionText::Whole | SectionText::Text | SectionText::Mime => false,
    };
    is_header && section.part.is_empty()
}

/// To fetch a body is to read it (RFC 9051, 6.4.5), where rights and EXAMINE allow that mark.
async fn mark_seen(
    store: &Store,
    selected: &mut Selected,
    messages: &[(SeqNum, Message)],
) -> Result<UidSet, Ending> {
    let Ok(permit) = selected.permit_change(Operation::ChangeFlags(FlagBits::SEEN)) else {
        return Ok(UidSet::new());
    };
    let is_unseen =
        |message: &Message| !selected.view.shown(message).flags.contains(FlagBits::SEEN);
    let uids: UidSet = messages
        .iter()
        .filter(|(_, message)| is_unseen(message))
        .map(|(_, message)| message.uid)
        .collect();
    if uids.is_empty() {
        return Ok(uids);
    }
    let is_own = selected.view.private().contains(FlagBits::SEEN);
    let add = |is_here: bool| {
        if is_here {
            FlagBits::SEEN
        } else {
            FlagBits::NONE
        }
    };
    let edit = FlagEdit {
        uids: uids.clone(),
        shared: Masks {
            keep: FlagBits::ALL,
            add: add(!is_own),
        },
        private: Masks {
            keep: FlagBits::ALL,
            add: add(is_own),
        },
        unchanged_since: None,
    };
    let edited = store.edit_flags(&permit, edit).await?;
    selected.reach(edited.modseq).await;
    for uid in uids.iter() {
        if let Some(shown) = selected.view.now(uid) {
            selected.view.note(uid, shown);
        }
    }
    Ok(uids)
}

/// Says what was asked of each message, and returns why not of all of them.
async fn tell_all(
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
            let told = tell_one(
                selected,
                seq,
                &message,
                asked,
                Parts {
                    metadata,
                    body,
                    saved: saved.get(&(selected.found.id, message.uid)).copied(),
                },
                is_marked,
                out,
            );
            if let Err(UnknownEncoding) = told {
                trouble = Some(Refused::UnknownCte);
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

/// A part cannot be decoded.
struct UnknownEncoding;

/// The whole response, or nothing.
fn tell_one(
    selected: &Selected,
    seq: SeqNum,
    message: &Message,
    asked: &Asked<'_>,
    parts: Parts<'_>,
    is_marked: bool,
    out: &mut Out<'_>,
) -> Result<(), UnknownEncoding> {
    let start = out.buffer.len();
    let shown = selected.view.shown(message);
    let names = || selected.view.latest().keywords.names(shown.flags);
    let metadata = parts.metadata.map(AsRef::as_ref);
    let mut line = asked.label.open(&mut out.buffer, seq, message.uid);
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
            FetchItem::Section(section) => tell_section(&mut line, section, parts),
            FetchItem::Binary(_) | FetchItem::BinarySize(_) => {
                let body = parts.body.map_or(&[][..], AsRef::as_ref);
                if let Err(unknown) = tell_binary(&mut line, item, body) {
                    out.buffer.truncate(start);
                    return Err(unknown);
                }
                &mut line
            }
        };
    }
    if is_marked && !asked.items.contains(&FetchItem::Flags) {
        line.flags(names());
    }
    line.end();
    Ok(())
}

fn tell_section<'l, 'o>(
    line: &'l mut say::FetchLine<'o>,
    section: &BodySection,
    parts: Parts<'_>,
) -> &'l mut say::FetchLine<'o> {
    // A header block by itself is a message without a body.
    let source = if is_in_head(section) {
        parts.metadata.map(|metadata| metadata.header.as_ref())
    } else {
        parts.body.map(AsRef::as_ref)
    };
    let found = source.and_then(|message| mime::section(message, &section.part, what(section)));
    let slice = found
        .as_deref()
        .map(|bytes| part_of(bytes, section.partial));
    line.section(section, slice)
}

/// What `BODY[section]<partial>` tells of a message; `None` where there is no such part.
pub(super) fn octets_of(message: &[u8], section: &BodySection) -> Option<Vec<u8>> {
    let found = mime::section(message, &section.part, what(section))?;
    Some(part_of(&found, section.partial).to_vec())
}

fn what(section: &BodySection) -> Section<'_> {
    match &section.text {
        SectionText::Whole => Section::Whole,
        SectionText::Header => Section::Header,
        SectionText::HeaderFields(names) => Section::HeaderFields(names),
        SectionText::HeaderFieldsNot(names) => Section::HeaderFieldsNot(names),
        SectionText::Text => Section::Text,
        SectionText::Mime => Section::Mime,
    }
}

/// BINARY and BINARY.SIZE (RFC 3516, 4.3).
fn tell_binary(
    line: &mut say::FetchLine<'_>,
    item: &FetchItem,
    message: &[u8],
) -> Result<(), UnknownEncoding> {
    let decoded = |part: &[u32]| match mime::binary(message, part) {
        Decoded::Octets(octets) => Ok(Some(octets)),
        Decoded::Missing => Ok(None),
        Decoded::UnknownEncoding => Err(UnknownEncoding),
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

/// `<first.count>`: beyond the end there is nothing (RFC 9051, 6.4.5).
fn part_of(bytes: &[u8], partial: Option<(u64, u64)>) -> &[u8] {
    let Some((first, count)) = partial else {
        return bytes;
    };
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let from = size(first).min(bytes.len());
    let to = from.saturating_add(size(count)).min(bytes.len());
    bytes.get(from..to).unwrap_or_default()
}
