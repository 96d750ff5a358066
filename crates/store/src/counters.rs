//! How far a mailbox is, read together with what its name means.

use mail::{ModSeq, Uid};

use crate::{Cause, Fault};

/// How far a mailbox is, as the statement saw it that found it by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxCounters {
    /// The highest mod-sequence that was committed.
    pub modseq: ModSeq,
    /// UIDNEXT
    pub uid_next: Uid,
    /// The UID from which messages are recent to the next session of whoever asked that claims them; `None` before any
    /// session claimed some.
    pub claimed: Option<Uid>,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) deleted: u64,
    /// By the `\Seen` that everybody sees.
    pub(crate) unseen: u64,
}

/// The counters as columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns {
    pub(crate) modseq: i64,
    pub(crate) uid_next: i64,
    pub(crate) claimed: Option<i64>,
    pub(crate) message_count: i64,
    pub(crate) byte_count: i64,
    pub(crate) deleted_count: i64,
    pub(crate) unseen_count: i64,
}

impl Columns {
    pub(crate) fn read(self) -> Result<MailboxCounters, Fault> {
        let counters = || {
            let count = |number: i64| u64::try_from(number).ok();
            Some(MailboxCounters {
                modseq: ModSeq::from_i64(self.modseq)?,
                uid_next: Uid::from_i64(self.uid_next)?,
                claimed: self.claimed.and_then(Uid::from_i64),
                messages: count(self.message_count)?,
                bytes: count(self.byte_count)?,
                deleted: count(self.deleted_count)?,
                unseen: count(self.unseen_count)?,
            })
        };
        counters().ok_or_else(|| Fault::Broken(Cause::new("counters out of range")))
    }
}

impl MailboxCounters {
    /// How many messages no session of whoever asked was told of; `None` where they have to be counted.
    #[must_use]
    pub fn recent(&self) -> Option<u64> {
        match self.claimed {
            None => Some(self.messages),
            Some(claimed) if claimed >= self.uid_next => Some(0),
            Some(_) => None,
        }
    }
}
