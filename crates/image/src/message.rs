//! One message as an image holds it, without its content, and a chunk of these.

use std::sync::Arc;

use mail::{ContentId, FlagBits, Flags, InternalDate, ModSeq, RareKeywords, Uid};

use crate::rows::{Row, Rows};

/// What the image knows of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The message's unique identifier in this mailbox.
    pub uid: Uid,
    /// The mod-sequence at which its shared flags last changed, or at which it arrived.
    pub modseq: ModSeq,
    /// The shared flags.
    pub flags: Flags,
    /// The id of its content.
    pub content: ContentId,
    /// RFC822.SIZE. Four bytes are enough: a message larger than 4 GiB is never accepted.
    pub size: u32,
    /// When the message arrived.
    pub date: InternalDate,
}

/// Neighbouring messages, which versions of an image share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) rows: Rows,
    /// The flags that all rows have, so that a search for a message without one passes over the chunk.
    pub(crate) flags_of_all: FlagBits,
    /// The flags that some row has, for a search for messages with one.
    pub(crate) flags_of_any: FlagBits,
    /// The highest mod-sequence of a row.
    pub(crate) modseq_max: ModSeq,
    /// The keywords without a bit of those messages that have any; nothing where none has.
    rare: Option<Arc<Rare>>,
}

/// Ascending by UID.
type Rare = [(Uid, RareKeywords)];

/// A chunk while it is made.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    rows: Vec<Row>,
    rare: Vec<(Uid, RareKeywords)>,
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Both are one in memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.rows.is(&other.rows)
    }

    /// The message of a row of this chunk.
    #[inline]
    pub(crate) fn message(&self, row: &Row) -> Message {
        let Row {
            modseq,
            flags,
            content,
            date,
            uid,
            size,
        } = *row;
        let rare = if flags.contains(FlagBits::RARE) {
            self.rare_of(uid)
        } else {
            RareKeywords::NONE
        };
        Message {
            uid,
            modseq,
            flags: Flags::new(flags, rare),
            content,
            size,
            date: InternalDate::from_packed(date),
        }
    }

    #[cold]
    fn rare_of(&self, uid: Uid) -> RareKeywords {
        let rare = self.rare.as_deref().unwrap_or_default();
        let found = rare.binary_search_by_key(&uid, |(uid, _)| *uid).ok();
        let found = found.and_then(|index| rare.get(index));
        found.map_or(RareKeywords::NONE, |(_, rare)| rare.clone())
    }
}

impl Draft {
    pub(crate) fn with_capacity(messages: usize) -> Self {
        Self {
            rows: Vec::with_capacity(messages),
            rare: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn push(&mut self, message: Message) {
        let Message {
            uid,
            modseq,
            flags,
            content,
            size,
            date,
        } = message;
        self.rows.push(Row {
            modseq,
            flags: flags.mask(),
            content,
            date: date.packed(),
            uid,
            size,
        });
        if !flags.rare().is_empty() {
            self.rare.push((uid, flags.rare().clone()));
        }
    }

    /// Adds a row of `chunk`.
    pub(crate) fn keep(&mut self, chunk: &Chunk, row: &Row) {
        self.rows.push(*row);
        if row.flags.contains(FlagBits::RARE) {
            self.rare.push((row.uid, chunk.rare_of(row.uid)));
        }
    }

    /// Adds all of `chunk`.
    pub(crate) fn extend(&mut self, chunk: &Chunk) {
        self.rows.extend(chunk.rows.iter());
        self.rare
            .extend_from_slice(chunk.rare.as_deref().unwrap_or_default());
    }

    /// What was added, and begins another.
    pub(crate) fn take(&mut self) -> Chunk {
        let rare = std::mem::take(&mut self.rare);
        let flags = || self.rows.iter().map(|row| row.flags);
        let modseqs = self.rows.iter().map(|row| row.modseq);
        let chunk = Chunk {
            flags_of_all: flags().fold(FlagBits::ALL, FlagBits::intersection),
            flags_of_any: flags().fold(FlagBits::NONE, FlagBits::union),
            modseq_max: modseqs.max().unwrap_or_default(),
            rows: Rows::new(&self.rows),
            rare: (!rare.is_empty()).then(|| rare.into()),
        };
        self.rows.clear();
        chunk
    }
}
