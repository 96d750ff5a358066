//! Which mailboxes' digests this node is writing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail::MailboxId;

/// The mailboxes whose digests this node is writing. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digesting(Arc<Mutex<HashSet<MailboxId>>>);

/// The right to write the digests of one mailbox, until it is dropped: after a panic too.
pub(super) struct DigestLease {
    digesting: Digesting,
    mailbox: MailboxId,
}

impl Digesting {
    /// `None` when it is under way already.
    pub(super) fn begin(&self, mailbox: MailboxId) -> Option<DigestLease> {
        let is_first = self.lock().insert(mailbox);
        is_first.then(|| DigestLease {
            digesting: self.clone(),
            mailbox,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<MailboxId>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DigestLease {
    fn drop(&mut self) {
        self.digesting.lock().remove(&self.mailbox);
    }
}
