//! By which Message IDs a message is known, and which messages it answers.

use mail::limits::ANSWERED_IDS_MAX;

use crate::header::known_fields;
use crate::message_id::message_ids;

/// The Message IDs of a message, without brackets and quoting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// Its own.
    pub own: Option<Vec<u8>>,
    /// Those of the messages that it answers: of In-Reply-To, then of References from the last one on; each once, and no more
    /// than [`ANSWERED_IDS_MAX`].
    pub answered: Vec<Vec<u8>>,
}

/// Reads the Message IDs of the message with this header. Of each field the first occurrence counts.
#[must_use]
pub fn identify(header: &[u8]) -> Ids {
    let (mut own, mut in_reply_to, mut references) = (None, None, None);
    for field in known_fields(header) {
        let place = if field.name.eq_ignore_ascii_case(b"message-id") {
            &mut own
        } else if field.name.eq_ignore_ascii_case(b"in-reply-to") {
            &mut in_reply_to
        } else if field.name.eq_ignore_ascii_case(b"references") {
            &mut references
        } else {
            continue;
        };
        *place = place.or(Some(field.value));
    }
    let all = |value: Option<&[u8]>| message_ids(value.unwrap_or_default()).collect::<Vec<_>>();
    let mut answered: Vec<Vec<u8>> = Vec::new();
    for id in all(in_reply_to)
        .into_iter()
        .chain(all(references).into_iter().rev())
    {
        if answered.len() == ANSWERED_IDS_MAX {
            break;
        }
        if !answered.contains(&id) {
            answered.push(id);
        }
    }
    Ids {
        own: all(own).into_iter().next(),
        answered,
    }
}

#[cfg(test)]
mod tests {
    use mail::limits::ANSWERED_IDS_MAX;

    use super::{Ids, identify};

    #[test]
    fn ids_of_messages() {
        for (header, own, answered) in [
            ("", None, &[][..]),
            ("Message-ID: <a@b>", Some("a@b"), &[]),
            ("Message-ID: <a@b>\r\nMessage-ID: <c@d>", Some("a@b"), &[]),
            ("Message-ID: none", None, &[]),
            ("In-Reply-To: <a@b>", None, &["a@b"]),
            (
                "References: <a@b> <c@d>\r\n <e@f>\r\nin-reply-to: <c@d>",
                None,
                &["c@d", "e@f", "a@b"],
            ),
        ] {
            let ids = Ids {
                own: own.map(Into::into),
                answered: answered.iter().map(|id| (*id).into()).collect(),
            };
            let message = format!("{header}\r\n\r\n");
            assert_eq!(identify(message.as_bytes()), ids, "{header}");
        }
    }

    #[test]
    fn so_many_are_answered_and_no_more() {
        let references: String = (0..100).map(|n| format!(" <{n}@example.org>")).collect();
        let ids = identify(format!("References:{references}\r\n\r\n").as_bytes());
        assert_eq!(ids.answered.len(), ANSWERED_IDS_MAX);
        assert_eq!(ids.answered[0], b"99@example.org");
    }
}
