//! Counting messages by their flags, chunk by chunk: a message is looked at only where a chunk does not say it of all.

use mail::FlagBits;

use crate::Overlay;
use crate::image::{Image, Slot, clamp};
use crate::overlay::Own;
use crate::rows::Row;

/// Flags that messages have, and flags that they lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagTest {
    /// All of these are there.
    pub has: FlagBits,
    /// None of these is.
    pub lacks: FlagBits,
}

/// What is known of a chunk's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    All,
    None,
    /// Of some, perhaps.
    Some,
}

impl Image {
    /// How many messages are seen with these flags, of which those among `private` are what `overlay` says.
    #[must_use]
    pub fn count(&self, test: FlagTest, overlay: &Overlay, private: FlagBits) -> u32 {
        if !test.has.intersection(test.lacks).is_empty() {
            return 0;
        }
        let shared = FlagTest {
            has: test.has.without(private),
            lacks: test.lacks.without(private),
        };
        let own = |flags: FlagBits, is_wanted| {
            let flags = flags.intersection(private).each();
            flags.map(move |flag| (overlay.own(flag), is_wanted))
        };
        let own: Vec<(Own<'_>, bool)> = own(test.has, true).chain(own(test.lacks, false)).collect();
        clamp(
            self.slots()
                .iter()
                .map(|slot| count(slot, shared, &own))
                .sum(),
        )
    }
}

fn count(slot: &Slot, shared: FlagTest, own: &[(Own<'_>, bool)]) -> usize {
    let rows = &slot.chunk.rows;
    let last = slot.last().unwrap_or(slot.first);
    let by_rows = shared.of_chunk(slot);
    let mut undecided = own.iter().filter(|(own, is_wanted)| {
        let is_all = own.is_all(slot.first, last, *is_wanted);
        !is_all
    });
    let (first, second) = (undecided.next(), undecided.next());
    match (by_rows, first, second) {
        (Verdict::None, ..) => 0,
        (Verdict::All, None, _) => rows.len(),
        // Every UID between is there.
        (Verdict::All, Some((own, is_wanted)), None)
            if last.get() - slot.first.get() == clamp(rows.len()).saturating_sub(1) =>
        {
            own.count(slot.first, last, *is_wanted)
        }
        (Verdict::All | Verdict::Some, ..) => {
            let is_meant = |row: &Row| {
                shared.is_met(row.flags)
                    && own
                        .iter()
                        .all(|(own, is_wanted)| own.contains(row.uid) == *is_wanted)
            };
            rows.iter().filter(is_meant).count()
        }
    }
}

impl FlagTest {
    fn is_met(self, flags: FlagBits) -> bool {
        flags.contains(self.has) && flags.intersection(self.lacks).is_empty()
    }

    fn of_chunk(self, slot: &Slot) -> Verdict {
        let (of_all, of_any) = (slot.chunk.flags_of_all, slot.chunk.flags_of_any);
        let is_none = !of_any.contains(self.has) || !of_all.intersection(self.lacks).is_empty();
        let is_all = of_all.contains(self.has) && of_any.intersection(self.lacks).is_empty();
        match (is_none, is_all) {
            (true, _) => Verdict::None,
            (false, true) => Verdict::All,
            (false, false) => Verdict::Some,
        }
    }
}
