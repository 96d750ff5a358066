//! Which mailboxes' digests this node is writing.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail::MailboxId;

use crate::store::Inner;

/// The mailboxes whose digests this node is writing.
#[derive(Debug, Default)]
pub(crate) struct Digesting(Mutex<HashSet<MailboxId>>);

/// The right to write the digests of one mailbox, until it is dropped: after a panic too.
pub(super) struct DigestLease {
    inner: Arc<Inner>,
    mailbox: MailboxId,
}

impl Digesting {
    fn lock(&self) -> MutexGuard<'_, HashSet<MailboxId>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DigestLease {
    /// `None` when it is under way already.
    pub(super) fn begin(inner: &Arc<Inner>, mailbox: MailboxId) -> Option<Self> {
        let is_first = inner.digesting.lock().insert(mailbox);
        is_first.then(|| Self {
            inner: inner.clone(),
            mailbox,
        })
    }
}

impl Drop for DigestLease {
    fn drop(&mut self) {
        self.inner.digesting.lock().remove(&self.mailbox);
    }
}
