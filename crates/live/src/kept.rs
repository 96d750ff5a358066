//! Mailboxes that stay open for a while after the last session left them: most are opened again soon.

use std::sync::Arc;

use mail::MailboxId;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::mailbox::LiveMailbox;

/// The mailboxes that were opened last, bounded by the bytes of their images.
pub(crate) struct Kept(Cache<MailboxId, Arc<LiveMailbox>, ByImage>);

/// What one is taken to have, for the size of the table.
const MAILBOX_BYTES: u64 = 16 * 1024;

impl Kept {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let mailboxes = usize::try_from(bytes_max / MAILBOX_BYTES).unwrap_or(0);
        Self(Cache::with_weighter(mailboxes.max(16), bytes_max, ByImage))
    }

    /// Somebody opened the mailbox.
    pub(crate) fn keep(&self, mailbox: &Arc<LiveMailbox>) {
        let kept = self.0.get(&mailbox.id());
        let is_kept = kept.is_some_and(|kept| Arc::ptr_eq(&kept, mailbox));
        if !is_kept {
            self.0.insert(mailbox.id(), mailbox.clone());
        }
    }

    /// Keeps this one no longer.
    pub(crate) fn forget(&self, mailbox: MailboxId) {
        self.0.remove(&mailbox);
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

/// As large as it was when it was opened.
#[derive(Clone)]
struct ByImage;

impl Weighter<MailboxId, Arc<LiveMailbox>> for ByImage {
    fn weight(&self, _: &MailboxId, mailbox: &Arc<LiveMailbox>) -> u64 {
        mailbox.mailbox_state().image.bytes().max(1)
    }
}
