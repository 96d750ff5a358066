//! Whether one image can have become another, or comes from another history of the database.

use crate::image::Image;
use crate::message::Message;

impl Image {
    /// Whether this image, read from the database now, is what `shown` became: whoever knows `shown` and is told what
    /// changed by mod-sequences and UIDs knows this one. It is not where something that `shown` has is not known here:
    /// a message that is another one, a newer change of flags, or an expunge.
    #[must_use]
    pub fn continues(&self, shown: &Self) -> bool {
        if shown.modseq() > self.modseq() || shown.uid_next() > self.uid_next() {
            return false;
        }
        let mut known = shown.iter().map(|(_, message)| message).peekable();
        for (_, message) in self.iter() {
            // What is not here was expunged.
            while known.next_if(|known| known.uid < message.uid).is_some() {}
            match known.next_if(|known| known.uid == message.uid) {
                Some(known) if !message.continues(&known) => return false,
                // An expunge that was shown is lost.
                None if message.uid < shown.uid_next() => return false,
                Some(_) | None => {}
            }
        }
        true
    }
}

impl Message {
    fn continues(&self, shown: &Self) -> bool {
        let is_same =
            (self.content, self.size, self.date) == (shown.content, shown.size, shown.date);
        let is_newer = self.modseq > shown.modseq;
        is_same && (is_newer || (self.modseq, &self.flags) == (shown.modseq, &shown.flags))
    }
}

#[cfg(test)]
mod tests {
    use mail::{ContentId, FlagBits, Flags, InternalDate, ModSeq, Uid};

    use super::*;

    /// Messages by UID, content, mod-sequence and whether they are flagged.
    fn image(modseq: u64, uid_next: u32, messages: &[(u32, i64, u64, bool)]) -> Image {
        let messages = messages
            .iter()
            .map(|&(uid, content, modseq, is_flagged)| Message {
                uid: Uid::new(uid).unwrap(),
                modseq: ModSeq::new(modseq).unwrap(),
                flags: if is_flagged {
                    FlagBits::FLAGGED.into()
                } else {
                    Flags::NONE
                },
                content: ContentId(content),
                size: 1,
                date: InternalDate {
                    unix_seconds: 0,
                    offset_minutes: 0,
                },
            });
        let modseq = ModSeq::new(modseq).unwrap();
        Image::from_messages(messages, modseq, Uid::new(uid_next).unwrap()).unwrap()
    }

    #[test]
    fn what_can_have_become_of_an_image() {
        let shown = image(5, 4, &[(1, 11, 1, false), (3, 13, 5, true)]);
        type Row<'a> = (&'a str, u64, u32, &'a [(u32, i64, u64, bool)], bool);
        let table: &[Row<'_>] = &[
            (
                "the same",
                5,
                4,
                &[(1, 11, 1, false), (3, 13, 5, true)],
                true,
            ),
            (
                "more",
                7,
                6,
                &[(1, 11, 6, true), (3, 13, 5, true), (5, 15, 7, false)],
                true,
            ),
            ("less", 6, 4, &[(3, 13, 5, true)], true),
            ("nothing", 8, 4, &[], true),
            ("an arrival is lost", 4, 3, &[(1, 11, 1, false)], false),
            (
                "another took its place",
                5,
                4,
                &[(1, 11, 1, false), (3, 14, 5, false)],
                false,
            ),
            (
                "others took its place",
                9,
                8,
                &[(1, 11, 1, false), (3, 14, 6, true)],
                false,
            ),
            (
                "a change is lost",
                5,
                4,
                &[(1, 11, 1, false), (3, 13, 4, false)],
                false,
            ),
            (
                "another change of that number",
                6,
                4,
                &[(1, 11, 1, true), (3, 13, 5, true)],
                false,
            ),
            (
                "an expunge is lost",
                6,
                4,
                &[(1, 11, 1, false), (2, 12, 2, false), (3, 13, 5, true)],
                false,
            ),
            ("a UID is lost", 9, 3, &[(1, 11, 1, false)], false),
        ];
        for &(words, modseq, uid_next, messages, expected) in table {
            let now = image(modseq, uid_next, messages);
            assert_eq!(now.continues(&shown), expected, "{words}");
        }
    }
}
