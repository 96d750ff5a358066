//! The image itself: a directory of shared chunks, and the search for a message in it.

use std::ops::RangeInclusive;

use mail::{FlagBits, ModSeq, SeqNum, Uid, UidSet};

use crate::message::{Chunk, Draft, Message};
use crate::rows::Row;
use crate::walk::Messages;

/// One mailbox at one mod-sequence. It never changes; a clone copies the directory, not the
/// messages.
///
/// Messages are in chunks of at most `CHUNK_MESSAGES_MAX`, and versions share the chunks that are
/// equal in both. UIDs only ascend: a message that is not here and whose UID is below
/// [`uid_next`](Self::uid_next) never comes.
#[derive(Clone, Debug)]
pub struct Image {
    slots: Vec<Slot>,
    modseq: ModSeq,
    uid_next: Uid,
}

/// A chunk in the directory. The chunk is never empty.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The lowest UID of the chunk.
    pub(crate) first: Uid,
    /// How many messages are before the chunk.
    pub(crate) before: u32,
    pub(crate) chunk: Chunk,
}

/// The messages for an image did not ascend by UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {0} does not stand above the message before it")]
pub struct OutOfOrder(pub Uid);

/// An image that is built message by message, so that there is never a list of all.
#[derive(Debug, Default)]
pub struct ImageBuilder {
    directory: Directory,
    draft: Draft,
    last: Option<Uid>,
}

/// Messages in one chunk: 12 KB, which is what the smallest change copies.
pub(crate) const CHUNK_MESSAGES_MAX: usize = 512;

impl Image {
    /// The image of a mailbox without messages.
    #[must_use]
    pub const fn empty(modseq: ModSeq, uid_next: Uid) -> Self {
        Self {
            slots: Vec::new(),
            modseq,
            uid_next,
        }
    }

    /// Builds the image from all messages of a mailbox, which must ascend by UID.
    ///
    /// `modseq` and `uid_next` must have been read no later than the messages.
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`] names the first message that is not above its predecessor.
    pub fn from_messages(
        messages: impl IntoIterator<Item = Message>,
        modseq: ModSeq,
        uid_next: Uid,
    ) -> Result<Self, OutOfOrder> {
        let mut builder = ImageBuilder::default();
        for message in messages {
            builder.push(message)?;
        }
        Ok(builder.finish(modseq, uid_next))
    }

    /// How many messages there are, as EXISTS says it.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.slots.last().map_or(0, |slot| slot.before + slot.len())
    }

    /// About what it takes in memory, where it shares nothing.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let slots = self.slots.iter();
        let bytes = slots.map(|slot| size_of::<Slot>() + slot.chunk.rows.bytes());
        u64::try_from(bytes.sum::<usize>()).unwrap_or(u64::MAX)
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// HIGHESTMODSEQ: every change up to it is in the image.
    #[must_use]
    pub const fn modseq(&self) -> ModSeq {
        self.modseq
    }

    /// UIDNEXT.
    #[must_use]
    pub const fn uid_next(&self) -> Uid {
        self.uid_next
    }

    /// The highest UID that is there, which is `*` in a UID set.
    #[must_use]
    pub fn uid_max(&self) -> Option<Uid> {
        self.slots.last().and_then(Slot::last)
    }

    /// The message with this sequence number.
    #[must_use]
    pub fn get(&self, number: SeqNum) -> Option<Message> {
        self.by_number(number..=number)
            .next()
            .map(|(_, message)| message)
    }

    /// The message with this UID, and its sequence number.
    #[must_use]
    pub fn find(&self, uid: Uid) -> Option<(SeqNum, Message)> {
        self.by_uid(uid..=uid).next()
    }

    /// The sequence number of the message with this UID.
    #[must_use]
    pub fn seqnum(&self, uid: Uid) -> Option<SeqNum> {
        self.find(uid).map(|(number, _)| number)
    }

    /// Every message, in order.
    #[must_use]
    pub fn iter(&self) -> Messages<'_> {
        Messages::new(&self.slots, 0..self.len())
    }

    /// The messages with these sequence numbers, as far as they exist, in order.
    #[must_use]
    pub fn by_number(&self, numbers: RangeInclusive<SeqNum>) -> Messages<'_> {
        let end = numbers.end().get().min(self.len());
        Messages::new(&self.slots, numbers.start().get() - 1..end)
    }

    /// The messages with these UIDs, as far as they exist, in order.
    #[must_use]
    pub fn by_uid(&self, uids: RangeInclusive<Uid>) -> Messages<'_> {
        let end = match uids.end().get().checked_add(1).and_then(Uid::new) {
            Some(after) => self.rank(after),
            None => self.len(),
        };
        Messages::new(&self.slots, self.rank(*uids.start())..end)
    }

    /// The messages that are in `uids`, in order. The cost depends on what exists, not on what is
    /// asked.
    pub fn among(&self, uids: &UidSet) -> impl Iterator<Item = (SeqNum, Message)> {
        uids.ranges()
            .flat_map(|(low, high)| self.by_uid(low..=high))
    }

    /// The members of `uids` that exist.
    #[must_use]
    pub fn resolve(&self, uids: &UidSet) -> UidSet {
        self.among(uids).map(|(_, message)| message.uid).collect()
    }

    /// How many messages lack `flag` among the shared flags.
    #[must_use]
    pub fn count_without(&self, flag: FlagBits) -> u32 {
        let lacking = |slot: &Slot| {
            slot.chunk
                .rows
                .iter()
                .filter(|row| !row.flags.contains(flag))
                .count()
        };
        clamp(self.slots.iter().map(lacking).sum())
    }

    /// The first message that lacks `flag` among the shared flags.
    #[must_use]
    pub fn first_without(&self, flag: FlagBits) -> Option<SeqNum> {
        let mut slots = self.slots.iter();
        let slot = slots.find(|slot| !slot.chunk.flags_of_all.contains(flag))?;
        slot.first_where(|row| !row.flags.contains(flag))
    }

    /// The messages that carry `flag` among the shared flags, in order.
    pub fn carrying(&self, flag: FlagBits) -> impl Iterator<Item = (SeqNum, Message)> {
        self.in_chunks(move |chunk| chunk.flags_of_any.contains(flag))
            .filter(move |(_, message)| message.flags.contains(flag))
    }

    /// The messages whose shared flags changed after `modseq`, or that arrived after it, in order.
    pub fn changed_since(&self, modseq: ModSeq) -> impl Iterator<Item = (SeqNum, Message)> {
        self.in_chunks(move |chunk| chunk.modseq_max > modseq)
            .filter(move |(_, message)| message.modseq > modseq)
    }

    /// The messages of some chunks, in order; the others are passed over as a whole.
    fn in_chunks(
        &self,
        is_meant: impl Fn(&Chunk) -> bool,
    ) -> impl Iterator<Item = (SeqNum, Message)> {
        let slots = self.slots.iter();
        slots
            .filter(move |slot| is_meant(&slot.chunk))
            .flat_map(|slot| Messages::new(&self.slots, slot.before..slot.before + slot.len()))
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// How many messages have a UID below `uid`.
    fn rank(&self, uid: Uid) -> u32 {
        let after = self.slots.partition_point(|slot| slot.first <= uid);
        let Some(slot) = after.checked_sub(1).and_then(|index| self.slots.get(index)) else {
            return 0;
        };
        slot.before + clamp(slot.chunk.rows.rank(uid))
    }
}

impl ImageBuilder {
    /// Adds the next message.
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`] when it is not above the one before; it is not added then.
    pub fn push(&mut self, message: Message) -> Result<(), OutOfOrder> {
        if self.last >= Some(message.uid) {
            return Err(OutOfOrder(message.uid));
        }
        self.last = Some(message.uid);
        self.draft.push(message);
        if self.draft.len() == CHUNK_MESSAGES_MAX {
            self.directory.push(self.draft.take());
        }
        Ok(())
    }

    /// The image. `modseq` and `uid_next` must have been read no later than the messages.
    #[must_use]
    pub fn finish(mut self, modseq: ModSeq, uid_next: Uid) -> Image {
        self.directory.push(self.draft.take());
        self.directory.into_image(modseq, uid_next)
    }
}

impl<'a> IntoIterator for &'a Image {
    type Item = (SeqNum, Message);
    type IntoIter = Messages<'a>;

    fn into_iter(self) -> Messages<'a> {
        self.iter()
    }
}

impl Slot {
    pub(crate) fn len(&self) -> u32 {
        clamp(self.chunk.len())
    }

    pub(crate) fn last(&self) -> Option<Uid> {
        self.chunk.rows.last().map(|row| row.uid)
    }

    /// The number of the first message of the chunk that `is_meant`.
    pub(crate) fn first_where(&self, is_meant: impl Fn(&Row) -> bool) -> Option<SeqNum> {
        let offset = self.chunk.rows.iter().position(|row| is_meant(&row))?;
        SeqNum::new(self.before + clamp(offset) + 1)
    }
}

/// A directory that grows at its end and counts its messages.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    slots: Vec<Slot>,
    len: u32,
}

impl Directory {
    pub(crate) fn with_capacity(slots: usize) -> Self {
        Self {
            slots: Vec::with_capacity(slots),
            len: 0,
        }
    }

    /// Adds a chunk whose UIDs are above all that are there. An empty chunk is not added.
    pub(crate) fn push(&mut self, chunk: Chunk) {
        let Some(first) = chunk.rows.first().map(|row| row.uid) else {
            return;
        };
        let slot = Slot {
            first,
            before: self.len,
            chunk,
        };
        self.len += slot.len();
        self.slots.push(slot);
    }

    /// Removes the last chunk.
    pub(crate) fn pop(&mut self) -> Option<Chunk> {
        let slot = self.slots.pop()?;
        self.len = slot.before;
        Some(slot.chunk)
    }

    /// How many messages the last chunk holds; 0 when there is none.
    pub(crate) fn last_len(&self) -> usize {
        self.slots.last().map_or(0, |slot| slot.chunk.len())
    }

    /// Builds the image. `uid_next` is raised above every message, in case it was read before one
    /// arrived.
    pub(crate) fn into_image(self, modseq: ModSeq, uid_next: Uid) -> Image {
        let last = self.slots.last().and_then(Slot::last);
        let above = last.and_then(|uid| Uid::new(uid.get().saturating_add(1)));
        let uid_next = above.map_or(uid_next, |above| above.max(uid_next));
        Image {
            slots: self.slots,
            modseq,
            uid_next,
        }
    }
}

/// UIDs have 32 bits, so no count of messages has more.
pub(crate) fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
