//! One message as an image holds it, without its content.

use mail::{ContentId, FlagBits, InternalDate, ModSeq, Uid};

/// What the image knows of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The message's unique identifier in this mailbox.
    pub uid: Uid,
    /// The mod-sequence at which its shared flags last changed, or at which it arrived.
    pub modseq: ModSeq,
    /// The shared flags.
    pub flags: FlagBits,
    /// The id of its content.
    pub content: ContentId,
    /// RFC822.SIZE. Four bytes are enough: a message larger than 4 GiB is never accepted.
    pub size: u32,
    /// When the message arrived.
    pub date: InternalDate,
}

/// A [`Message`] as a chunk stores it: the same, with the date packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) modseq: ModSeq,
    pub(crate) flags: FlagBits,
    content: ContentId,
    date: i64,
    pub(crate) uid: Uid,
    size: u32,
}

impl From<Message> for Row {
    fn from(message: Message) -> Self {
        let Message {
            uid,
            modseq,
            flags,
            content,
            size,
            date,
        } = message;
        Self {
            modseq,
            flags,
            content,
            date: date.packed(),
            uid,
            size,
        }
    }
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let Row {
            modseq,
            flags,
            content,
            date,
            uid,
            size,
        } = row;
        Self {
            uid,
            modseq,
            flags,
            content,
            size,
            date: InternalDate::from_packed(date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Row;

    #[test]
    fn a_message_takes_forty_bytes() {
        assert_eq!(size_of::<Row>(), 40);
    }
}
