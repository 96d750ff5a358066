//! Applies a delta: from one version of an image to the next.

use mail::{ModSeq, Uid, UidSet};

use crate::image::{CHUNK_MESSAGES_MAX, Directory, Image};
use crate::message::{Chunk, Draft, Message};

/// What changed in a mailbox after some mod-sequence, and how it is now.
#[derive(Clone, Debug)]
pub struct Delta {
    /// Everything up to this mod-sequence is in the delta. It is read no later than the messages.
    pub modseq: ModSeq,
    /// The mailbox's UIDNEXT. It is read no later than the messages.
    pub uid_next: Uid,
    /// The messages that arrived or changed, as they are now, ascending by UID.
    pub upserts: Vec<Message>,
    /// The messages that left. A UID that is in `upserts` too has left.
    pub expunged: UidSet,
}

/// Two neighbouring chunks hold more messages than this together, so that a mailbox that shrinks
/// does not end as a directory of tiny chunks.
pub(crate) const NEIGHBOURS_MESSAGES_MIN: usize = CHUNK_MESSAGES_MAX / 2;

impl Image {
    /// The image after `delta`. It shares every chunk that the delta does not touch.
    ///
    /// A delta that is older than the image changes nothing, and a delta may be applied twice. A
    /// message that is not in the image and whose UID is below [`uid_next`](Self::uid_next) has
    /// left already, so it is not added again.
    #[must_use]
    pub fn apply(&self, delta: &Delta) -> Self {
        if delta.modseq < self.modseq() {
            return self.clone();
        }
        debug_assert!(
            delta.upserts.is_sorted_by(|a, b| a.uid < b.uid),
            "upserts ascend by UID"
        );
        let mut upserts = delta.upserts.as_slice();
        let mut expunged = delta.expunged.ranges().peekable();
        let mut next = Builder::with_capacity(self.slots().len() + 1);
        for slot in self.slots() {
            let last = slot.last().unwrap_or(slot.first);
            // A range that ends below this chunk concerns no later one either.
            while expunged.next_if(|(_, high)| *high < slot.first).is_some() {}
            let loses = expunged.peek().is_some_and(|(low, _)| *low <= last);
            let news = take_while(&mut upserts, |message| message.uid <= last);
            if news.is_empty() && !loses {
                next.share(&slot.chunk);
            } else {
                next.replace(&slot.chunk, edited(&slot.chunk, news, &delta.expunged));
            }
        }
        let arrived = upserts
            .iter()
            // Below UIDNEXT it was here and has left, so the delta is older than that expunge.
            .filter(|message| message.uid >= self.uid_next())
            .filter(|message| !delta.expunged.contains(message.uid));
        next.append(arrived);
        next.directory
            .into_image(delta.modseq, self.uid_next().max(delta.uid_next))
    }
}

/// The chunk without the messages that left, and with those that changed as they are now.
fn edited(chunk: &Chunk, mut news: &[Message], expunged: &UidSet) -> Chunk {
    let mut draft = Draft::with_capacity(chunk.len());
    for row in chunk.rows.iter() {
        if expunged.contains(row.uid) {
            continue;
        }
        // Messages without a row have left already.
        take_while(&mut news, |message| message.uid < row.uid);
        match news.first().filter(|message| message.uid == row.uid) {
            Some(message) => draft.push(message.clone()),
            None => draft.keep(chunk, &row),
        }
    }
    draft.take()
}

/// Cuts the leading messages for which `belongs` holds off `messages`.
fn take_while<'a>(
    messages: &mut &'a [Message],
    belongs: impl Fn(&Message) -> bool,
) -> &'a [Message] {
    let (front, rest) = messages.split_at(messages.partition_point(belongs));
    *messages = rest;
    front
}

/// The next version while it is built, chunk by chunk from the front.
struct Builder {
    directory: Directory,
    /// The end of the directory has changed, so the next chunk may have to be joined to it.
    is_changed_here: bool,
}

impl Builder {
    fn with_capacity(slots: usize) -> Self {
        Self {
            directory: Directory::with_capacity(slots),
            is_changed_here: false,
        }
    }

    fn share(&mut self, chunk: &Chunk) {
        if self.is_changed_here && self.is_crumb_with(chunk) {
            self.join(chunk);
        } else {
            self.directory.push(chunk.clone());
            self.is_changed_here = false;
        }
    }

    fn replace(&mut self, old: &Chunk, chunk: Chunk) {
        // A delta may repeat what is here: sharing the chunk keeps later comparisons cheap.
        if *old == chunk {
            return self.share(old);
        }
        if self.is_crumb_with(&chunk) {
            self.join(&chunk);
        } else {
            self.directory.push(chunk);
        }
        self.is_changed_here = true;
    }

    /// Fills the last chunk before it begins another.
    fn append<'m>(&mut self, messages: impl Iterator<Item = &'m Message>) {
        let mut messages = messages.peekable();
        if messages.peek().is_none() {
            return;
        }
        let has_room = self.directory.last_len() < CHUNK_MESSAGES_MAX;
        let mut draft = Draft::default();
        if let Some(last) = has_room.then(|| self.directory.pop()).flatten() {
            draft.extend(&last);
        }
        for message in messages {
            if draft.len() == CHUNK_MESSAGES_MAX {
                self.directory.push(draft.take());
            }
            draft.push(message.clone());
        }
        self.directory.push(draft.take());
    }

    fn is_crumb_with(&self, chunk: &Chunk) -> bool {
        self.directory.last_len() + chunk.len() <= NEIGHBOURS_MESSAGES_MIN
    }

    fn join(&mut self, chunk: &Chunk) {
        let mut draft = Draft::default();
        if let Some(last) = self.directory.pop() {
            draft.extend(&last);
        }
        draft.extend(chunk);
        self.directory.push(draft.take());
    }
}

#[cfg(test)]
mod tests {
    use mail::{ContentId, Flags, InternalDate, ModSeq, Uid, UidSet};

    use super::{CHUNK_MESSAGES_MAX, Delta, NEIGHBOURS_MESSAGES_MIN};
    use crate::{Image, Message};

    fn uid(number: usize) -> Uid {
        Uid::new(u32::try_from(number).unwrap()).unwrap()
    }

    fn message(number: usize, modseq: u64) -> Message {
        Message {
            uid: uid(number),
            modseq: ModSeq::new(modseq).unwrap(),
            flags: Flags::NONE,
            content: ContentId(i64::try_from(number).unwrap()),
            size: 1,
            date: InternalDate {
                unix_seconds: 0,
                offset_minutes: 0,
            },
        }
    }

    fn image(messages: usize) -> Image {
        let all = (1..=messages).map(|number| message(number, 1));
        Image::from_messages(all, ModSeq::new(1).unwrap(), Uid::MIN).unwrap()
    }

    fn delta(upserts: Vec<Message>, expunged: UidSet) -> Delta {
        Delta {
            modseq: ModSeq::new(2).unwrap(),
            uid_next: Uid::MIN,
            upserts,
            expunged,
        }
    }

    /// Whether `old` has the same chunk, for each chunk of `new`.
    fn shared(old: &Image, new: &Image) -> Vec<bool> {
        let is_old = |chunk| old.slots().iter().any(|slot| slot.chunk.is(chunk));
        new.slots().iter().map(|slot| is_old(&slot.chunk)).collect()
    }

    #[test]
    fn only_touched_chunks_are_copied() {
        let old = image(5 * CHUNK_MESSAGES_MAX);
        let in_second = message(CHUNK_MESSAGES_MAX + 7, 2);
        let in_fourth = UidSet::from_iter([uid(3 * CHUNK_MESSAGES_MAX + 1)]);
        let new = old.apply(&delta(vec![in_second], in_fourth));
        assert_eq!(shared(&old, &new), [true, false, true, false, true]);

        let arrival = message(5 * CHUNK_MESSAGES_MAX + 1, 2);
        let new = old.apply(&delta(vec![arrival.clone()], UidSet::new()));
        assert_eq!(shared(&old, &new), [true, true, true, true, true, false]);
        let next = new.apply(&delta(vec![arrival], UidSet::new()));
        assert_eq!(shared(&new, &next), [true; 6], "said twice");
    }

    #[test]
    fn a_mailbox_that_shrinks_does_not_end_in_crumbs() {
        let keep_every = |image: &Image, nth: u32| {
            let gone = image.iter().filter(|(number, _)| number.get() % nth != 0);
            let gone: UidSet = gone.map(|(_, message)| message.uid).collect();
            image.apply(&delta(Vec::new(), gone))
        };
        let mut image = image(40 * CHUNK_MESSAGES_MAX);
        for nth in [2, 3, 5, 7] {
            image = keep_every(&image, nth);
            for pair in image.slots().windows(2) {
                assert!(pair[0].chunk.len() + pair[1].chunk.len() > NEIGHBOURS_MESSAGES_MIN);
            }
        }
        assert_eq!(
            image.len(),
            u32::try_from(40 * CHUNK_MESSAGES_MAX / 210).unwrap()
        );
        let middle = UidSet::from_ranges([(uid(1000), uid(30_000))]);
        assert!(image.apply(&delta(Vec::new(), middle)).slots().len() == 1);
    }
}
