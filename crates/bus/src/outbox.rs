//! The wake-ups that this node has not sent yet.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mail::{MailboxId, ModSeq};
use tokio::sync::Notify;

use crate::Wakeup;

/// Wake-ups that wait to be sent: at most one for each mailbox, the one with the highest
/// mod-sequence.
///
/// Every task may post, and one sender takes. During a send posts are collected here, so the busier
/// a node is the fewer and fuller its notifications are. The outbox holds as many entries as
/// mailboxes were written to since the last send, and a post never waits.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<HashMap<MailboxId, ModSeq>>,
    posted: Notify,
}

impl Outbox {
    /// Makes an empty outbox.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a wake-up for the sender. A wake-up that could not be sent is put back in the same
    /// way.
    pub fn post(&self, wakeup: Wakeup) {
        let mut waiting = self.lock();
        let furthest = waiting.entry(wakeup.mailbox).or_default();
        *furthest = wakeup.modseq.max(*furthest);
        // The lock is released first, so that the sender does not wake up only to wait for it.
        drop(waiting);
        self.posted.notify_one();
    }

    /// Takes everything that waits, possibly nothing.
    #[must_use = "what is taken is nobody else's to send"]
    pub fn take(&self) -> Vec<Wakeup> {
        let waiting = std::mem::take(&mut *self.lock());
        waiting
            .into_iter()
            .map(|(mailbox, modseq)| Wakeup { mailbox, modseq })
            .collect()
    }

    /// Takes everything that waits, as soon as there is something. There is one sender; a future
    /// that is dropped has taken nothing.
    #[must_use = "what is taken is nobody else's to send"]
    pub async fn wait(&self) -> Vec<Wakeup> {
        loop {
            let taken = self.take();
            if !taken.is_empty() {
                return taken;
            }
            self.posted.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, ModSeq>> {
        // Nothing panics while the lock is held, and a wake-up is only a hint.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use mail::{MailboxId, ModSeq};

    use super::Outbox;
    use crate::Wakeup;

    fn wakeup(mailbox: i64, modseq: u64) -> Wakeup {
        Wakeup {
            mailbox: MailboxId(mailbox),
            modseq: ModSeq::new(modseq).unwrap(),
        }
    }

    #[test]
    fn the_furthest_wakeup_of_a_mailbox_wins() {
        let outbox = Outbox::new();
        for (mailbox, modseq) in [(1, 5), (2, 9), (1, 7), (1, 6)] {
            outbox.post(wakeup(mailbox, modseq));
        }
        let mut taken = outbox.take();
        taken.sort_by_key(|wakeup| wakeup.mailbox);
        assert_eq!(taken, [wakeup(1, 7), wakeup(2, 9)]);
        assert_eq!(outbox.take(), []);
    }

    #[tokio::test]
    async fn a_post_wakes_the_sender_whether_it_waits_already_or_not() {
        let outbox = Outbox::new();
        outbox.post(wakeup(1, 1));
        assert_eq!(outbox.wait().await, [wakeup(1, 1)]);
        // The permit of the first post is left over: it must not make the sender return nothing.
        let post_later = async {
            tokio::task::yield_now().await;
            outbox.post(wakeup(1, 2));
        };
        let (taken, ()) = tokio::join!(outbox.wait(), post_later);
        assert_eq!(taken, [wakeup(1, 2)]);
    }
}
