//! Which mailboxes' digests this node is writing.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use mail::MailboxId;

/// The mailboxes whose digests this node is writing.
#[derive(Debug, Default)]
pub(crate) struct Digesting(Mutex<HashSet<MailboxId>>);

impl Digesting {
    /// False when it is under way already.
    pub(super) fn begin(&self, mailbox: MailboxId) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(mailbox)
    }

    pub(super) fn end(&self, mailbox: MailboxId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&mailbox);
    }
}
