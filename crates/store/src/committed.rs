//! What a batch of this node committed, told to those who follow mailboxes on it, so that they need not read it (ADR 0064).

use std::fmt;
use std::sync::OnceLock;

use image::Message;
use mail::{FlagBits, MailboxId, ModSeq, Uid, UidSet};

use crate::masks::Masks;

/// A write of one mod-sequence, the one after `before`, to a mailbox. Nothing else has that mod-sequence, for anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The mod-sequence that the mailbox had under the lock of this write.
    pub before: ModSeq,
    /// The one that it has since.
    pub modseq: ModSeq,
    /// What was done.
    pub write: CommittedWrite,
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommittedWrite {
    /// These messages came, ascending by UID.
    Arrived {
        /// The mailbox's UIDNEXT with them in it.
        uid_next: Uid,
        /// As they came.
        messages: Vec<Message>,
    },
    /// Flags that everybody sees changed.
    Flags(SharedEdits),
    /// These messages left.
    Expunged(UidSet),
}

/// Changes of flags that everybody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedEdits {
    /// The messages that changed.
    pub uids: UidSet,
    /// What was done to neighbouring UIDs, ascending, without overlaps.
    pub(crate) stretches: Vec<(Uid, Uid, Masks)>,
}

type Hear = Box<dyn Fn(MailboxId, &Committed) + Send + Sync>;

/// Who hears of commits.
#[derive(Default)]
pub(crate) struct CommitListener(OnceLock<Hear>);

impl SharedEdits {
    /// The flags of message `uid` afterwards, if `flags` were those before; `None` for a message that was not changed.
    #[must_use]
    pub fn apply(&self, uid: Uid, flags: FlagBits) -> Option<FlagBits> {
        let next = self.stretches.partition_point(|(_, high, _)| *high < uid);
        let (low, _, masks) = self.stretches.get(next)?;
        (*low <= uid).then(|| flags.intersection(masks.keep).union(masks.add))
    }
}

impl Committed {
    /// A write that took the next mod-sequence.
    pub(crate) fn with(modseq: ModSeq, write: CommittedWrite) -> Option<Self> {
        Some(Self {
            before: ModSeq::new(modseq.get().checked_sub(1)?)?,
            modseq,
            write,
        })
    }
}

impl CommitListener {
    pub(crate) fn set(&self, hear: Hear) {
        // Whoever was first stays.
        drop(self.0.set(hear));
    }

    pub(crate) fn tell(&self, mailbox: MailboxId, committed: &Committed) {
        if let Some(hear) = self.0.get() {
            hear(mailbox, committed);
        }
    }
}

impl fmt::Debug for CommitListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitListener").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use mail::{FlagBits, Uid, UidSet};

    use super::SharedEdits;
    use crate::Masks;

    #[test]
    fn flags_become_what_the_edit_of_their_uid_makes_of_them() {
        let uid = |number: u32| Uid::new(number).unwrap();
        let seen = Masks {
            keep: FlagBits::ALL,
            add: FlagBits::SEEN,
        };
        let only_flagged = Masks {
            keep: FlagBits::NONE,
            add: FlagBits::FLAGGED,
        };
        let edits = SharedEdits {
            uids: UidSet::from_ranges([(uid(3), uid(9))]),
            stretches: vec![(uid(3), uid(5), seen), (uid(9), uid(9), only_flagged)],
        };
        let before = FlagBits::DELETED;
        let both = FlagBits::DELETED.union(FlagBits::SEEN);
        for (number, after) in [
            (2, None),
            (3, Some(both)),
            (5, Some(both)),
            (6, None),
            (8, None),
            (9, Some(FlagBits::FLAGGED)),
            (10, None),
        ] {
            assert_eq!(edits.apply(uid(number), before), after, "{number}");
        }
    }
}
