//! Wake-ups that do not come. Pure: the time is an argument.

use std::time::Duration;

use mail::ModSeq;

/// Between two comparisons of which the second finds that one is missing: a wake-up may be under way while the database is
/// compared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// What a comparison found of which no wake-up had come.
#[derive(Debug, Default)]
pub(crate) struct Unheard(Option<(ModSeq, Duration)>);

impl Unheard {
    /// A comparison found that the mailbox is at `found`, of which this node knew nothing. What was found before stays.
    pub(crate) fn note(&mut self, found: ModSeq, now: Duration) {
        self.0.get_or_insert((found, now));
    }

    /// Whether the wake-up for what was found before is missing by now; said once. `has_heard` tells of a mod-sequence
    /// whether a wake-up for it or a later one came.
    pub(crate) fn is_missing(&mut self, has_heard: impl Fn(ModSeq) -> bool, now: Duration) -> bool {
        let Some((found, at)) = self.0 else {
            return false;
        };
        let is_late = now.saturating_sub(at) >= PATIENCE;
        let has_come = has_heard(found);
        if has_come || is_late {
            self.0 = None;
        }
        is_late && !has_come
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wakeup_is_missing_when_it_has_not_come_for_some_time() {
        let at = |seconds| Duration::from_secs(seconds);
        let seven = ModSeq::new(7).unwrap();
        for (heard, seconds, is_missing) in [
            (6, 1, false),
            (7, 1, false),
            (9, 5, false),
            (6, 2, true),
            (6, 5, true),
        ] {
            let mut unheard = Unheard::default();
            unheard.note(seven, at(10));
            unheard.note(ModSeq::new(8).unwrap(), at(11));
            let has_heard = |modseq: ModSeq| modseq.get() <= heard;
            assert_eq!(
                unheard.is_missing(has_heard, at(10 + seconds)),
                is_missing,
                "{heard} after {seconds} s"
            );
            assert_eq!(
                unheard.is_missing(has_heard, at(60)),
                heard < 7 && !is_missing
            );
        }
    }
}
