//! Wake-ups as text: `id:modseq,id:modseq`.

use std::fmt::Write as _;

use mail::{MailboxId, ModSeq};

use crate::Wakeup;

/// The longest NOTIFY payload, in bytes: PostgreSQL wants fewer than 8,000.
pub const PAYLOAD_BYTES_MAX: usize = 7_999;

/// The text from another node is not a list of wake-ups.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a wake-up: {0:?}")]
pub struct BadPayload(pub String);

/// Packs wake-ups into as few payloads as possible, each of at most [`PAYLOAD_BYTES_MAX`] bytes. No
/// wake-ups make no payload.
#[must_use]
pub fn pack(wakeups: &[Wakeup]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    let mut word = String::new();
    for Wakeup { mailbox, modseq } in wakeups {
        word.clear();
        // Writing to a string does not fail.
        let _ = write!(word, "{mailbox}:{modseq}");
        match payloads.last_mut() {
            Some(payload) if payload.len() + 1 + word.len() <= PAYLOAD_BYTES_MAX => {
                payload.push(',');
                payload.push_str(&word);
            }
            Some(_) | None => payloads.push(word.clone()),
        }
    }
    payloads
}

/// The wake-ups of one payload.
///
/// # Errors
///
/// [`BadPayload`] with the first word that is not a wake-up. Then some other program writes to our
/// channel, and nothing of the payload counts.
pub fn unpack(payload: &str) -> Result<Vec<Wakeup>, BadPayload> {
    payload
        .split(',')
        .map(|word| parse(word).ok_or_else(|| BadPayload(word.to_owned())))
        .collect()
}

fn parse(word: &str) -> Option<Wakeup> {
    let (mailbox, modseq) = word.split_once(':')?;
    let mailbox = MailboxId(mailbox.parse().ok()?);
    let modseq = ModSeq::new(modseq.parse().ok()?)?;
    Some(Wakeup { mailbox, modseq })
}

#[cfg(test)]
mod tests {
    use mail::{MailboxId, ModSeq};
    use proptest::prelude::{Strategy, any, prop, proptest};

    use super::{PAYLOAD_BYTES_MAX, pack, unpack};
    use crate::Wakeup;

    fn wakeups() -> impl Strategy<Value = Vec<Wakeup>> {
        let wakeup =
            (any::<i64>(), 0..=i64::MAX.cast_unsigned()).prop_map(|(mailbox, modseq)| Wakeup {
                mailbox: MailboxId(mailbox),
                modseq: ModSeq::new(modseq).unwrap(),
            });
        prop::collection::vec(wakeup, 0..1000)
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(wakeups in wakeups()) {
            let payloads = pack(&wakeups);
            assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD_BYTES_MAX));
            let again: Vec<Wakeup> =
                payloads.iter().flat_map(|payload| unpack(payload).unwrap()).collect();
            assert_eq!(again, wakeups);
        }
    }

    #[test]
    fn a_payload_is_filled_before_the_next_begins() {
        // Each takes 8 bytes with its comma: 1,000 of them are one byte less than that.
        let wakeups = |count: i64| -> Vec<Wakeup> {
            let wakeup = |id| Wakeup {
                mailbox: MailboxId(1000 + id),
                modseq: ModSeq::new(77).unwrap(),
            };
            (0..count).map(wakeup).collect()
        };
        let full = pack(&wakeups(1000));
        assert_eq!(
            full.iter().map(String::len).collect::<Vec<_>>(),
            [PAYLOAD_BYTES_MAX]
        );
        assert_eq!(pack(&wakeups(1001)).last().unwrap(), "2000:77");
        assert!(pack(&[]).is_empty());
    }

    #[test]
    fn strangers_are_recognised() {
        for (payload, culprit) in [
            ("", ""),
            ("hello", "hello"),
            ("1:2,", ""),
            ("1:2;3:4", "1:2;3:4"),
            ("1:2,3:-4", "3:-4"),
            ("1:9223372036854775808", "1:9223372036854775808"),
            ("9223372036854775808:1", "9223372036854775808:1"),
            ("1:2:3", "1:2:3"),
        ] {
            assert_eq!(unpack(payload).unwrap_err().0, culprit, "{payload}");
        }
    }
}
