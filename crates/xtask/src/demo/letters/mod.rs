//! The mail of the demo: what a small company and its customers wrote to one another in the last
//! three weeks. The texts are in `crates/xtask/letters`, a file for each conversation; this module
//! reads them and makes messages whose dates are counted back from now.

mod encoding;
mod message;
mod moment;
mod script;

use std::path::Path;

use self::moment::Moment;
use super::world;
use crate::tool::{ChoreError, root};

/// A finished message, and where it belongs.
#[derive(Debug)]
pub(super) struct Letter {
    /// What other letters of the same conversation call it.
    name: String,
    place: Place,
    moment: Moment,
    /// As APPEND takes them, between its parentheses.
    pub(super) flags: String,
    id: String,
    /// The Message-IDs of what it answers, the oldest first.
    references: Vec<String>,
    from: String,
    subject: String,
    pub(super) bytes: Vec<u8>,
}

impl Letter {
    /// Who appends it, and to which mailbox; none where it is only forwarded.
    pub(super) fn owner_and_mailbox(&self) -> Option<(&str, &str)> {
        match &self.place {
            Place::Team(mailbox) => Some((world::LEAD, mailbox)),
            Place::Inbox(person) => Some((person, "INBOX")),
            Place::Nowhere => None,
        }
    }

    /// INTERNALDATE, the same moment as in the field Date.
    pub(super) fn internal_date(&self) -> String {
        self.moment.internal_date()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The team's mailbox or one below it.
    Team(String),
    /// A person's own INBOX.
    Inbox(String),
    /// In no mailbox: another letter carries it as an attachment.
    Nowhere,
}

/// Every letter, the oldest first, as of `now` in seconds since 1970.
pub(super) fn load(now: i64) -> Result<Vec<Letter>, ChoreError> {
    let folder = root().join("crates/xtask/letters");
    let entries = std::fs::read_dir(&folder).map_err(ChoreError::at(folder.display()))?;
    let mut letters = Vec::new();
    for entry in entries {
        let path = entry.map_err(ChoreError::at(folder.display()))?.path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            letters.extend(load_conversation(&path, now)?);
        }
    }
    letters.sort_by(|a, b| (a.moment, &a.name).cmp(&(b.moment, &b.name)));
    Ok(letters)
}

/// The letters of one file. Each may answer or forward those above it.
fn load_conversation(path: &Path, now: i64) -> Result<Vec<Letter>, ChoreError> {
    let text = std::fs::read_to_string(path).map_err(ChoreError::at(path.display()))?;
    let drafts = script::parse(&text, now).map_err(ChoreError::at(path.display()))?;
    let attachments = path.with_file_name("attachments");
    let mut letters = Vec::new();
    for draft in drafts {
        let composed = message::compose(&draft, &letters, &attachments);
        letters.push(composed.map_err(ChoreError::at(format!(
            "{}: {}",
            path.display(),
            draft.name
        )))?);
    }
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const HOUR: i64 = 3600;
    const NOON: i64 = 1_794_225_600; // Monday, 9 November 2026, 12:00 UTC

    fn in_mailbox<'a>(letters: &'a [Letter], owner: &str, mailbox: &str) -> Vec<&'a Letter> {
        let wanted = Some((owner, mailbox));
        let here = letters
            .iter()
            .filter(|letter| letter.owner_and_mailbox() == wanted);
        here.collect()
    }

    #[test]
    fn everybody_finds_some_mail() {
        let letters = load(NOON).unwrap();
        let shared = in_mailbox(&letters, world::LEAD, world::SHARED);
        assert!((55..=70).contains(&shared.len()), "{}", shared.len());
        let answered = shared.iter().filter(|it| it.flags.contains("\\Answered"));
        assert!(answered.count() > 10);
        let unseen = shared.iter().filter(|it| !it.flags.contains("\\Seen"));
        assert!(unseen.count() > shared.len() / 2);
        for person in world::people(0) {
            let own = in_mailbox(&letters, &person, "INBOX");
            assert!((3..=5).contains(&own.len()), "{person}: {}", own.len());
        }
    }

    /// Whatever the hour: an answer is younger than what it answers, nothing is in the future,
    /// nothing is older than three weeks and a day.
    #[test]
    fn time_goes_on() {
        for hour in 0..24 {
            let now = NOON + hour * HOUR;
            let letters = load(now).unwrap();
            for letter in &letters {
                let age = now - letter.moment.unix_seconds();
                assert!((0..22 * 24 * HOUR).contains(&age), "{}: {age}", letter.name);
                let Some(parent) = letter.references.last() else {
                    continue;
                };
                let parent = letters.iter().find(|other| other.id == *parent).unwrap();
                assert!(parent.moment < letter.moment, "{}", letter.name);
            }
        }
    }

    #[test]
    fn every_letter_can_be_sent_through_anything() {
        let letters = load(NOON).unwrap();
        let ids: BTreeSet<_> = letters.iter().map(|letter| &letter.id).collect();
        assert_eq!(ids.len(), letters.len(), "a Message-ID is there twice");
        for Letter { name, bytes, .. } in &letters {
            let text = str::from_utf8(bytes).unwrap();
            let (head, _) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.is_ascii(), "{name}");
            assert!(!text.contains('\0'), "{name}");
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{name}");
            assert!(text.lines().all(|line| line.len() <= 998), "{name}");
            assert!(text.ends_with("\r\n"), "{name}");
        }
    }

    /// Nobody is written to who could exist (RFC 2606, 3).
    #[test]
    fn addresses_belong_to_nobody() {
        const NOBODYS: &[&str] = &["example.org", "example.com", "example.net"];
        for Letter { name, bytes, .. } in load(NOON).unwrap() {
            let text = String::from_utf8(bytes).unwrap();
            for (at, _) in text.match_indices('@') {
                let domain: String = text[at + 1..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
                    .collect();
                let domain = domain.trim_end_matches('.');
                assert!(
                    NOBODYS.iter().any(|nobodys| domain.ends_with(nobodys)),
                    "{name}: {domain}"
                );
            }
        }
    }
}
