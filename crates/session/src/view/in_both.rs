//! Messages as two states of a mailbox have them, side by side. Pure.

use std::iter::Peekable;

use image::{Image, Message, Messages};
use mail::{SeqNum, Uid, UidSet};

/// A message with its number in an image.
type Numbered = (SeqNum, Message);

/// The messages among `uids` that both images hold, ascending, each as the one and as the other has it. Where UIDs follow one
/// another none is looked up.
pub(crate) fn in_both<'i>(
    before: &'i Image,
    after: &'i Image,
    uids: &'i UidSet,
) -> impl Iterator<Item = (Numbered, Numbered)> + 'i {
    uids.ranges().flat_map(|(low, high)| SideBySide {
        before: before.by_uid(low..=high).peekable(),
        after: after.by_uid(low..=high).peekable(),
    })
}

struct SideBySide<'i> {
    before: Peekable<Messages<'i>>,
    after: Peekable<Messages<'i>>,
}

impl Iterator for SideBySide<'_> {
    type Item = (Numbered, Numbered);

    fn next(&mut self) -> Option<Self::Item> {
        let uid = |next: Option<&Numbered>| -> Option<Uid> { next.map(|(_, message)| message.uid) };
        loop {
            let (before, after) = (uid(self.before.peek())?, uid(self.after.peek())?);
            if before == after {
                return self.before.next().zip(self.after.next());
            }
            let behind = if before < after {
                &mut self.before
            } else {
                &mut self.after
            };
            behind.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{Image, Message};
    use mail::{ContentId, InternalDate, ModSeq, Uid, UidSet};

    use super::in_both;

    fn image(uids: &[u32]) -> Image {
        let messages = uids.iter().map(|uid| Message {
            uid: Uid::new(*uid).unwrap(),
            modseq: ModSeq::ZERO,
            flags: mail::Flags::NONE,
            content: ContentId(i64::from(*uid)),
            size: 1,
            date: InternalDate::from_packed(0),
        });
        Image::from_messages(messages, ModSeq::ZERO, Uid::MIN).unwrap()
    }

    #[test]
    fn only_what_both_hold_comes_with_the_number_in_each() {
        let (before, after) = (image(&[2, 3, 5, 8, 9]), image(&[3, 5, 6, 9, 10]));
        type Case = (&'static [(u32, u32)], &'static [(u32, u32, u32)]);
        let cases: [Case; 5] = [
            (&[(1, 20)], &[(3, 2, 1), (5, 3, 2), (9, 5, 4)]),
            (&[(1, 3), (8, 9)], &[(3, 2, 1), (9, 5, 4)]),
            (&[(4, 4), (5, 5)], &[(5, 3, 2)]),
            (&[(6, 8)], &[]),
            (&[], &[]),
        ];
        for (ranges, expected) in cases {
            let ends = |number| Uid::new(number).unwrap();
            let ranges = ranges.iter().map(|(low, high)| (ends(*low), ends(*high)));
            let uids = UidSet::from_ranges(ranges);
            let found = in_both(&before, &after, &uids).map(|((was, message), (is, same))| {
                assert_eq!(message.uid, same.uid);
                (message.uid.get(), was.get(), is.get())
            });
            assert_eq!(found.collect::<Vec<_>>(), expected);
        }
    }
}
