//! How late wake-ups are: from the commit until this node hears its own wake-up. No clock and no SQL.
//!
//! One wake-up at a time is followed, so that a write costs nothing. All nodes hear by the same way, so what a node
//! measures with its own clock is what the others wait for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bus::Wakeup;

use crate::timing::Durations;

/// What is known of the way of wake-ups.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    followed: Mutex<Option<Followed>>,
    pub(crate) heard: Durations,
}

#[derive(Debug)]
struct Followed {
    wakeup: Wakeup,
    posted_at: Duration,
}

impl Lateness {
    /// A wake-up is left for the notifier.
    pub(crate) fn post(&self, wakeup: Wakeup, now: Duration) {
        self.followed().get_or_insert(Followed {
            wakeup,
            posted_at: now,
        });
    }

    /// These were heard.
    pub(crate) fn hear(&self, wakeups: &[Wakeup], now: Duration) {
        let mut followed = self.followed();
        let Some(Followed { wakeup, posted_at }) = &*followed else {
            return;
        };
        let is_it =
            |heard: &Wakeup| heard.mailbox == wakeup.mailbox && heard.modseq >= wakeup.modseq;
        if wakeups.iter().any(is_it) {
            self.heard.note(now.saturating_sub(*posted_at));
            *followed = None;
        }
    }

    /// What was under way was not heard, and will not be.
    pub(crate) fn lose(&self) {
        *self.followed() = None;
    }

    /// For how long a wake-up is under way that was not heard yet; zero when there is none.
    pub(crate) fn waiting(&self, now: Duration) -> Duration {
        let followed = self.followed();
        let posted_at = followed.as_ref().map(|followed| followed.posted_at);
        posted_at.map_or(Duration::ZERO, |posted_at| now.saturating_sub(posted_at))
    }

    fn followed(&self) -> MutexGuard<'_, Option<Followed>> {
        // Nothing panics while it is held.
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use mail::{MailboxId, ModSeq};

    use super::*;

    fn wakeup(mailbox: i64, modseq: u64) -> Wakeup {
        Wakeup {
            mailbox: MailboxId(mailbox),
            modseq: ModSeq::new(modseq).unwrap(),
        }
    }

    #[test]
    fn one_is_followed_until_it_or_a_later_one_is_heard() {
        let seconds = Duration::from_secs;
        let lateness = Lateness::default();
        assert_eq!(lateness.waiting(seconds(1)), Duration::ZERO);
        lateness.post(wakeup(1, 5), seconds(1));
        lateness.post(wakeup(2, 9), seconds(2));
        lateness.hear(&[wakeup(2, 9), wakeup(1, 4)], seconds(3));
        assert_eq!(lateness.waiting(seconds(4)), seconds(3));
        lateness.hear(&[wakeup(1, 6)], seconds(5));
        assert_eq!(lateness.waiting(seconds(6)), Duration::ZERO);
        assert_eq!(lateness.heard.read().sum_micros, 4_000_000);
        lateness.post(wakeup(2, 9), seconds(7));
        lateness.lose();
        assert_eq!(lateness.waiting(seconds(8)), Duration::ZERO);
    }
}
