//! One mailbox as a search sees it: the selected one as its client knows it, another as it is now.

use mail::{MailboxId, UidSet};
use wire::{MessageSet, Numbering};

use crate::view::View;
use crate::view::picked::Picked;

/// A mailbox that is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchTarget<'s> {
    pub(crate) mailbox: MailboxId,
    pub(crate) view: &'s View,
    /// What `$` stands for, which is messages of the selected mailbox (RFC 5182, 2.1).
    saved: Option<&'s UidSet>,
}

impl<'s> SearchTarget<'s> {
    /// A mailbox that is not selected.
    pub(crate) const fn new(mailbox: MailboxId, view: &'s View) -> Self {
        Self {
            mailbox,
            view,
            saved: None,
        }
    }

    /// The selected mailbox, in which `saved` is what `$` stands for.
    pub(crate) const fn of_selected(mailbox: MailboxId, view: &'s View, saved: &'s UidSet) -> Self {
        Self {
            mailbox,
            view,
            saved: Some(saved),
        }
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> usize {
        usize::try_from(self.view.known().image.len()).unwrap_or(usize::MAX)
    }

    /// The messages that a set in a search key names. Numbers beyond the last are no error there
    /// (RFC 7377, 2).
    pub(crate) fn find(&self, numbering: Numbering, set: &MessageSet) -> Picked {
        match set {
            MessageSet::Listed(numbers) => self.view.find(numbering, numbers),
            MessageSet::Saved => match self.saved {
                Some(saved) => self.view.pick(saved),
                None => Picked::default(),
            },
        }
    }
}
