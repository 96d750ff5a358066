//! What was committed to one mailbox, in its order.

use crate::{AccountId, ModSeq, UidSet};

/// One committed change. Mod-sequences of a mailbox ascend; several changes may share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it happened, in the mailbox's own count.
    pub modseq: ModSeq,
    /// What happened.
    pub kind: ChangeKind,
    /// The messages concerned; empty for changes of the mailbox itself.
    pub uids: UidSet,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Messages arrived, by APPEND, COPY, MOVE or delivery.
    Arrived,
    /// Flags that everybody sees changed.
    Flags,
    /// Messages left, by EXPUNGE or MOVE.
    Expunged,
    /// Flags changed that only this account sees.
    Private(AccountId),
    /// Rights, name or flag policy of the mailbox changed; a session that depends on them reads
    /// them again.
    Mailbox,
}
