//! What was done in a mailbox, in words for those who administer it. Pure.

use mail::limits::ACTIVITY_LINE_BYTES_MAX;
use store::Activity;

/// `2026-11-22T23:01:02.003Z ada expunge 4:7`
///
/// From where somebody works is for the site's administrators to know, and so is the other mailbox of
/// a copy, a move or a rename: the reader may not know of it.
pub(crate) fn line(done: &Activity) -> String {
    let mut words = vec![done.at.clone()];
    words.push(match (&done.actor, &done.login) {
        (Some(actor), Some(login)) => format!("{login} as {actor}"),
        (Some(actor), None) => actor.clone(),
        (None, _) => "-".to_owned(),
    });
    words.push(done.kind.word().to_owned());
    if !done.uids.is_empty() {
        words.push(done.uids.to_string());
    }
    words.extend(done.flags_set.iter().map(|flag| format!("+{flag}")));
    words.extend(done.flags_cleared.iter().map(|flag| format!("-{flag}")));
    words.extend(done.detail.clone());
    cut(words.join(" "))
}

fn cut(mut line: String) -> String {
    if line.len() > ACTIVITY_LINE_BYTES_MAX {
        line.truncate(line.floor_char_boundary(ACTIVITY_LINE_BYTES_MAX - CUT.len()));
        line.push_str(CUT);
    }
    line
}

/// Ends a line that was too long.
const CUT: &str = "…";

#[cfg(test)]
mod tests {
    use mail::limits::ACTIVITY_LINE_BYTES_MAX;
    use mail::{MailboxId, Place, Uid, UidSet};
    use store::{Activity, ActivityKind};

    use super::line;

    fn moved() -> Activity {
        Activity {
            number: 1,
            at: "2026-11-22T23:01:02.003Z".to_owned(),
            kind: ActivityKind::Move,
            actor: Some("ada".to_owned()),
            token: None,
            login: None,
            session: None,
            node: Some("north".to_owned()),
            address: Some("192.0.2.1".to_owned()),
            client: Some("Mutt".to_owned()),
            mailbox: Some(MailboxId(7)),
            place: Some(Place::Shared("support".to_owned())),
            other_place: Some(Place::Shared("board".to_owned())),
            uids: [4, 5, 9]
                .into_iter()
                .filter_map(Uid::new)
                .collect::<UidSet>(),
            flags_set: Vec::new(),
            flags_cleared: Vec::new(),
            detail: None,
        }
    }

    #[test]
    fn a_line_tells_neither_from_where_nor_of_other_mailboxes() {
        assert_eq!(line(&moved()), "2026-11-22T23:01:02.003Z ada move 4:5,9");
    }

    #[test]
    fn a_line_says_who_acts_as_whom_and_which_flags() {
        let flagged = Activity {
            kind: ActivityKind::Flags,
            login: Some("zoe".to_owned()),
            flags_set: vec!["\\Flagged".to_owned()],
            flags_cleared: vec!["todo".to_owned()],
            ..moved()
        };
        assert_eq!(
            line(&flagged),
            "2026-11-22T23:01:02.003Z zoe as ada flags 4:5,9 +\\Flagged -todo"
        );
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        for odd in ["", "x"] {
            let long = Activity {
                detail: Some(format!("{odd}{}", "ä".repeat(ACTIVITY_LINE_BYTES_MAX))),
                ..moved()
            };
            let told = line(&long);
            assert!(told.len() <= ACTIVITY_LINE_BYTES_MAX, "{}", told.len());
            assert!(told.ends_with("ä…"), "{told}");
        }
    }
}
