//! Mailboxes that stay open for a while after the last session left them: most are opened again soon.

use std::sync::Arc;

use mail::MailboxId;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

/// The mailboxes that were opened last, bounded by the bytes of their images.
pub(crate) struct Kept<T>(Cache<MailboxId, Entry<T>, ByBytes>);

/// What is kept, and as how much it counts. The cache subtracts what it has added, so that this does not change, though a
/// mailbox does.
struct Entry<T> {
    value: Arc<T>,
    bytes: u64,
}

#[derive(Clone)]
struct ByBytes;

/// What one is taken to have, for the size of the table.
const MAILBOX_BYTES: u64 = 16 * 1024;

impl<T> Kept<T> {
    #[expect(clippy::expect_used, reason = "both capacities are set")]
    pub(crate) fn new(bytes_max: u64) -> Self {
        let mailboxes = usize::try_from(bytes_max / MAILBOX_BYTES).unwrap_or(0);
        let mut options = OptionsBuilder::new();
        options
            .estimated_items_capacity(mailboxes.max(16))
            .weight_capacity(bytes_max)
            // What is larger than a shard would never be kept, and nobody waits here for long.
            .shards(1);
        let options = options.build().expect("both capacities are set");
        Self(Cache::with_options(
            options,
            ByBytes,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ))
    }

    /// Somebody opened the mailbox, which has so many bytes by now.
    pub(crate) fn keep(&self, id: MailboxId, value: &Arc<T>, bytes: u64) {
        let kept = self.0.get(&id);
        let is_kept =
            kept.is_some_and(|kept| Arc::ptr_eq(&kept.value, value) && kept.bytes == bytes);
        if !is_kept {
            let value = value.clone();
            self.0.insert(id, Entry { value, bytes });
        }
    }

    /// Keeps this one no longer.
    pub(crate) fn forget(&self, id: MailboxId) {
        self.0.remove(&id);
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            bytes: self.bytes,
        }
    }
}

impl<T> Weighter<MailboxId, Entry<T>> for ByBytes {
    fn weight(&self, _: &MailboxId, entry: &Entry<T>) -> u64 {
        entry.bytes.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_large_mailbox_may_take_most_of_it() {
        let kept = Kept::new(1 << 20);
        let large = Arc::new(());
        kept.keep(MailboxId(1), &large, 900 << 10);
        for id in 2..5 {
            kept.keep(MailboxId(id), &Arc::new(()), 20 << 10);
        }
        assert_eq!(Arc::strong_count(&large), 2);
        kept.keep(MailboxId(1), &large, 2 << 20);
        assert_eq!(
            Arc::strong_count(&large),
            1,
            "it has grown beyond all there is"
        );
    }

    #[test]
    fn what_has_grown_counts_as_it_is_now_and_is_forgotten_whole() {
        let kept = Kept::new(1 << 20);
        let one = Arc::new(());
        for bytes in [0, 5000, 100, 70_000] {
            kept.keep(MailboxId(1), &one, bytes);
            kept.keep(MailboxId(2), &Arc::new(()), bytes);
            assert_eq!(kept.0.weight(), 2 * bytes.max(1));
        }
        kept.forget(MailboxId(1));
        kept.forget(MailboxId(2));
        assert_eq!(kept.0.weight(), 0);
        assert_eq!(Arc::strong_count(&one), 1);
    }
}
