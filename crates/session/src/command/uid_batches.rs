//! UIDBATCHES (RFC 10022): ranges of UIDs with equally many messages, the newest first.
//!
//! The batches are those of the messages that this client knows, and they leave no UID out: each ends where the one
//! before it begins, and the oldest at 1.

use acl::Operation;
use image::Image;
use mail::limits::{UID_BATCH_MESSAGES_MIN, UID_BATCHES_MESSAGES_MAX};
use mail::{SeqNum, Uid};
use wire::{Tag, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};
use crate::out::Out;

pub(crate) fn run(
    session: &mut Session,
    tag: &Tag,
    size: u32,
    range: Option<(u32, u32)>,
    out: &mut Out<'_>,
) -> Outcome {
    let bound = session.node.message_limit.per_command();
    let selected = session.selected()?;
    selected.permit(Operation::Read)?;
    let image = &selected.view.known().image;
    if size < UID_BATCH_MESSAGES_MIN {
        return Err(Refused::BatchTooSmall.into());
    }
    // No command could be about such a batch.
    bound.admit_count(usize::try_from(size).unwrap_or(usize::MAX))?;
    if messages_in(image, size, range) > UID_BATCHES_MESSAGES_MAX {
        return Err(Refused::TooManyInBatches.into());
    }
    say::uid_batches(&mut out.buffer, tag, batches(image, size, range));
    Ok(Done::completed())
}

/// How many messages the batches have that are asked for, as far as the client can tell.
fn messages_in(image: &Image, size: u32, range: Option<(u32, u32)>) -> u64 {
    match range {
        None => u64::from(image.len()),
        Some((first, last)) => u64::from(size) * (u64::from(last - first) + 1),
    }
}

/// The highest and the lowest UID of each; nothing for those beyond the oldest.
fn batches(
    image: &Image,
    size: u32,
    range: Option<(u32, u32)>,
) -> impl Iterator<Item = (Uid, Uid)> {
    let last = image.len().div_ceil(size);
    let (from, to) = range.unwrap_or((1, last));
    (from..=to.min(last)).filter_map(move |batch| {
        let high = match end_of(image, size, batch - 1) {
            Some(newer) => Uid::new(newer.get() - 1)?,
            None => image.uid_max()?,
        };
        let low = if batch == last {
            Uid::MIN
        } else {
            end_of(image, size, batch)?
        };
        Some((high, low))
    })
}

/// The UID of the oldest message in this batch, which is full; `None` in front of the first.
fn end_of(image: &Image, size: u32, batch: u32) -> Option<Uid> {
    if batch == 0 {
        return None;
    }
    let before = image.len().checked_sub(size.checked_mul(batch)?)?;
    let message = image.get(SeqNum::new(before + 1)?)?;
    Some(message.uid)
}

#[cfg(test)]
mod tests {
    use image::{Image, Message};
    use mail::{ContentId, Flags, InternalDate, ModSeq, Uid};

    use super::{batches, messages_in};

    fn mailbox(uids: &[u32]) -> Image {
        let message = |&uid: &u32| Message {
            uid: Uid::new(uid).unwrap(),
            modseq: ModSeq::ZERO,
            flags: Flags::NONE,
            content: ContentId(1),
            size: 1,
            date: InternalDate {
                unix_seconds: 0,
                offset_minutes: 0,
            },
        };
        Image::from_messages(uids.iter().map(message), ModSeq::ZERO, Uid::MIN).unwrap()
    }

    #[test]
    fn batches_leave_no_uid_out() {
        for (uids, size, range, expected) in [
            (&[][..], 2, None, &[][..]),
            (&[7], 2, None, &[(7, 1)]),
            (&[1], 2, None, &[(1, 1)]),
            (&[3, 4, 9, 20], 2, None, &[(20, 9), (8, 1)]),
            (&[3, 4, 9, 20, 30], 2, None, &[(30, 20), (19, 4), (3, 1)]),
            (&[3, 4, 9, 20, 30], 2, Some((2, 3)), &[(19, 4), (3, 1)]),
            (&[3, 4, 9, 20, 30], 2, Some((2, 2)), &[(19, 4)]),
            (&[3, 4, 9, 20, 30], 2, Some((3, 900)), &[(3, 1)]),
            (&[3, 4, 9, 20, 30], 2, Some((4, 5)), &[]),
            (&[3, 4, 9], 3, None, &[(9, 1)]),
            (&[3, 4, 9], u32::MAX, Some((1, u32::MAX)), &[(9, 1)]),
        ] {
            let image = mailbox(uids);
            let told: Vec<(u32, u32)> = batches(&image, size, range)
                .map(|(high, low)| (high.get(), low.get()))
                .collect();
            assert_eq!(told, expected, "{uids:?} by {size}, {range:?}");
        }
    }

    #[test]
    fn all_batches_have_what_the_mailbox_has() {
        let image = mailbox(&[1, 2, 3]);
        assert_eq!(messages_in(&image, 500, None), 3);
        assert_eq!(messages_in(&image, 500, Some((3, 4))), 1000);
        let most = u64::from(u32::MAX) * u64::from(u32::MAX);
        assert_eq!(messages_in(&image, u32::MAX, Some((1, u32::MAX))), most);
    }
}
