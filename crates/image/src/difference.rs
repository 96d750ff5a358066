//! What a client that knows one image must be told so that it knows another.

use std::cmp::Ordering;

use mail::{FlagBits, SeqNum, UidSet};

use crate::image::{Image, Slot, clamp};
use crate::message::Message;
use crate::rows::Row;

/// The steps from an older image to a newer one, in the order in which a client can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The numbers for EXPUNGE responses: of the old image, descending, so that no number moves
    /// another.
    pub expunged: Vec<SeqNum>,
    /// The same messages by UID, for VANISHED.
    pub vanished: UidSet,
    /// How many messages are new at the end. If there are any, EXISTS comes next.
    pub arrived: u32,
    /// The messages of both images whose flags or mod-sequence differ, by the new image's numbers,
    /// ascending.
    pub changed: Vec<(SeqNum, Message)>,
}

impl Difference {
    /// Whether both images hold the same messages with the same flags.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expunged.is_empty() && self.arrived == 0 && self.changed.is_empty()
    }
}

impl Image {
    /// What changed from this image to `new`, a later one of the same mailbox.
    ///
    /// Chunks that both share are skipped, so the cost is in what changed.
    #[must_use]
    pub fn difference(&self, new: &Self) -> Difference {
        let mut walk = Walk {
            was: Cursor::new(self.slots()),
            is: Cursor::new(new.slots()),
            found: Difference::default(),
        };
        while walk.step() {}
        // Found ascending, told descending.
        walk.found.expunged.reverse();
        walk.found
    }

    /// How many messages [`difference`](Self::difference) looks at, counted in both images: those of all chunks that
    /// the two do not share.
    #[must_use]
    pub fn unshared_with(&self, new: &Self) -> usize {
        let (mut was, mut is) = (self.slots(), new.slots());
        let mut messages = 0;
        loop {
            match (was.split_first(), is.split_first()) {
                (Some((old, after_old)), Some((slot, after_slot))) if old.chunk.is(&slot.chunk) => {
                    (was, is) = (after_old, after_slot);
                }
                (Some((old, rest)), next)
                    if next.is_none_or(|(slot, _)| old.first <= slot.first) =>
                {
                    messages += old.chunk.rows.len();
                    was = rest;
                }
                (_, Some((slot, rest))) => {
                    messages += slot.chunk.rows.len();
                    is = rest;
                }
                (_, None) => return messages,
            }
        }
    }
}

/// A walk through both images side by side, at the same UID.
struct Walk<'a> {
    was: Cursor<'a>,
    is: Cursor<'a>,
    found: Difference,
}

impl Walk<'_> {
    /// Makes one step; `false` when both images are done.
    fn step(&mut self) -> bool {
        if self.skip_shared() {
            return true;
        }
        match (self.was.row(), self.is.row()) {
            (None, None) => return false,
            (Some(was), Some(is)) => match was.uid.cmp(&is.uid) {
                Ordering::Equal => self.pass(&was, &is),
                Ordering::Less => self.lose(&was),
                Ordering::Greater => self.gain(),
            },
            (Some(was), None) => self.lose(&was),
            (None, Some(_)) => self.gain(),
        }
        true
    }

    fn skip_shared(&mut self) -> bool {
        let (Some(was), Some(is)) = (self.was.whole_slot(), self.is.whole_slot()) else {
            return false;
        };
        let is_shared = was.chunk.is(&is.chunk);
        if is_shared {
            self.was.skip_slot();
            self.is.skip_slot();
        }
        is_shared
    }

    fn pass(&mut self, was: &Row, is: &Row) {
        let is_same = was == is
            && (!is.flags.contains(FlagBits::RARE) || self.was.message() == self.is.message());
        if !is_same {
            let changed = self.is.number().zip(self.is.message());
            self.found.changed.extend(changed);
        }
        self.was.advance();
        self.is.advance();
    }

    fn lose(&mut self, was: &Row) {
        self.found.expunged.extend(self.was.number());
        self.found.vanished.insert(was.uid);
        self.was.advance();
    }

    fn gain(&mut self) {
        self.found.arrived += 1;
        self.is.advance();
    }
}

/// A position in an image that can step over a message or a whole chunk.
struct Cursor<'a> {
    slots: &'a [Slot],
    offset: usize,
}

impl<'a> Cursor<'a> {
    const fn new(slots: &'a [Slot]) -> Self {
        Self { slots, offset: 0 }
    }

    fn row(&self) -> Option<Row> {
        self.slots.first()?.chunk.rows.get(self.offset)
    }

    fn message(&self) -> Option<Message> {
        let row = self.row()?;
        Some(self.slots.first()?.chunk.message(&row))
    }

    fn number(&self) -> Option<SeqNum> {
        SeqNum::new(self.slots.first()?.before + clamp(self.offset) + 1)
    }

    /// The chunk that begins here; `None` in the middle of a chunk.
    fn whole_slot(&self) -> Option<&'a Slot> {
        self.slots.first().filter(|_| self.offset == 0)
    }

    fn advance(&mut self) {
        self.offset += 1;
        let first = self.slots.first();
        if first.is_none_or(|slot| self.offset >= slot.chunk.len()) {
            self.skip_slot();
        }
    }

    fn skip_slot(&mut self) {
        self.slots = self.slots.get(1..).unwrap_or_default();
        self.offset = 0;
    }
}
