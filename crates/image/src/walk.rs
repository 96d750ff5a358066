//! Iterates over a run of messages, chunk by chunk.

use std::iter::FusedIterator;
use std::ops::Range;
use std::slice;

use mail::SeqNum;

use crate::image::Slot;
use crate::message::{Chunk, Message};

/// A run of an image's messages, each with its sequence number.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    /// The current chunk, and the next row in it.
    chunk: Option<&'a Chunk>,
    offset: usize,
    /// The chunks after it.
    slots: slice::Iter<'a, Slot>,
    /// How many messages are before the next one.
    before: u32,
    end: u32,
}

impl<'a> Messages<'a> {
    /// The messages with `run.start` to `run.end - 1` messages before them. `run.end` is at most
    /// the number of messages in `slots`.
    pub(crate) fn new(slots: &'a [Slot], run: Range<u32>) -> Self {
        let at = slots
            .partition_point(|slot| slot.before <= run.start)
            .saturating_sub(1);
        let mut slots = slots.get(at..).unwrap_or_default().iter();
        let first = slots.next();
        let skipped = first.map_or(0, |slot| run.start - slot.before);
        Self {
            chunk: first.map(|slot| &slot.chunk),
            offset: usize::try_from(skipped).unwrap_or(usize::MAX),
            slots,
            before: run.start,
            end: run.end,
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = (SeqNum, Message);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.before >= self.end {
            return None;
        }
        let message = loop {
            let chunk = self.chunk?;
            if let Some(row) = chunk.rows.get(self.offset) {
                break chunk.message(&row);
            }
            self.chunk = Some(&self.slots.next()?.chunk);
            self.offset = 0;
        };
        self.offset += 1;
        self.before += 1;
        SeqNum::new(self.before).map(|number| (number, message))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.end.saturating_sub(self.before)).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Messages<'_> {}

impl FusedIterator for Messages<'_> {}
