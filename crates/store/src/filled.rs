//! Mailboxes to which this node brought many messages, until they rest and get a snapshot (ADR 0117).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mail::{MailboxId, Uid};
use tokio::sync::Notify;

/// So many messages a snapshot may always lack.
pub(crate) const SNAPSHOT_ARRIVALS_MIN: i64 = 4096;
/// Beyond so many at a time upkeep does.
const MAILBOXES_MAX: usize = 1000;

/// The mailboxes that grew, and whether they did since they were looked at last.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    waiting: Mutex<HashMap<MailboxId, Growth>>,
    has_work: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growth {
    Grew,
    Rests,
}

impl Filled {
    /// Messages with the UIDs from `first` to `last` came to `mailbox`. Only where they pass a multiple of what a snapshot may
    /// lack is there anything to do, and then once for all of them.
    pub(crate) fn note_arrivals(&self, mailbox: MailboxId, first: Uid, last: Uid) {
        let before = (i64::from(first) - 1) / SNAPSHOT_ARRIVALS_MIN;
        if before != i64::from(last) / SNAPSHOT_ARRIVALS_MIN {
            self.note(mailbox);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, Growth>> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, mailbox: MailboxId) {
        let mut waiting = self.lock();
        if waiting.len() < MAILBOXES_MAX || waiting.contains_key(&mailbox) {
            waiting.insert(mailbox, Growth::Grew);
            drop(waiting);
            self.has_work.notify_one();
        }
    }

    /// Those that did not grow since the last look.
    pub(crate) fn take_rested(&self) -> Vec<MailboxId> {
        let mut rested = Vec::new();
        self.lock().retain(|mailbox, growth| {
            let last = std::mem::replace(growth, Growth::Rests);
            if last == Growth::Rests {
                rested.push(*mailbox);
            }
            last == Growth::Grew
        });
        rested
    }

    /// Waits until there are some.
    pub(crate) async fn work(&self) {
        while self.lock().is_empty() {
            self.has_work.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use mail::{MailboxId, Uid};

    use super::{Filled, MAILBOXES_MAX};

    #[test]
    fn a_mailbox_is_noted_when_its_uids_pass_what_a_snapshot_may_lack() {
        for (first, last, noted) in [
            (1, 4095, 0),
            (1, 4096, 1),
            (4096, 4096, 1),
            (4097, 8191, 0),
            (4097, 9000, 1),
            (1, u32::MAX, 1),
        ] {
            let filled = Filled::default();
            let uid = |number| Uid::new(number).unwrap();
            filled.note_arrivals(MailboxId(1), uid(first), uid(last));
            assert_eq!(filled.lock().len(), noted, "{first} to {last}");
        }
    }

    #[test]
    fn a_mailbox_rests_when_nothing_came_between_two_looks() {
        let filled = Filled::default();
        let (one, other) = (MailboxId(1), MailboxId(2));
        filled.note(one);
        filled.note(other);
        assert_eq!(filled.take_rested(), []);
        filled.note(one);
        assert_eq!(filled.take_rested(), [other]);
        assert_eq!(filled.take_rested(), [one]);
        assert_eq!(filled.take_rested(), []);
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let filled = Filled::default();
        for mailbox in 0..2000 {
            filled.note(MailboxId(mailbox));
        }
        assert_eq!(filled.take_rested(), []);
        filled.note(MailboxId(0));
        assert_eq!(filled.take_rested().len(), MAILBOXES_MAX - 1);
        assert_eq!(filled.take_rested(), [MailboxId(0)]);
    }
}
