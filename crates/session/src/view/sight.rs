//! What one client sees of the messages of one state. Pure.

use image::{Message, Overlay};
use mail::{FlagBits, Flags, Keywords, ModSeq, Uid};

/// What a client sees of a message that can change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shown {
    pub(crate) flags: Flags,
    pub(crate) modseq: ModSeq,
    /// `\Recent`, which is the session's and no flag that is stored (RFC 3501, 2.3.2).
    pub(crate) is_recent: bool,
}

/// How one client sees the messages of one state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'s> {
    pub(super) overlay: Option<&'s Overlay>,
    pub(super) private: FlagBits,
    pub(super) first_recent: Option<Uid>,
}

impl Sight<'_> {
    pub(crate) fn shown(&self, message: &Message) -> Shown {
        let (flags, modseq) = match self.overlay {
            Some(overlay) => overlay.seen(message, self.private),
            None => (message.flags.clone(), message.modseq),
        };
        Shown {
            flags,
            modseq,
            is_recent: self.first_recent.is_some_and(|first| message.uid >= first),
        }
    }
}

impl Shown {
    /// The names of all flags, `\Recent` last.
    pub(crate) fn names<'n>(&'n self, keywords: &'n Keywords) -> impl Iterator<Item = &'n str> {
        let recent = self.is_recent.then_some("\\Recent");
        keywords.names(&self.flags).chain(recent)
    }
}
