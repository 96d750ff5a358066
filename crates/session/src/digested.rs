//! Searching many texts at once: those that the store has packed together.

use image::Message;
use mail::{ContentId, SeqNum, Uid, UidSet};
use mime::SearchText;
use store::{Digest, Store};

use crate::criteria::{Criteria, Evidence};
use crate::ending::Ending;
use crate::finding::Numbered;
use crate::selected::Selected;

/// Of a digest with this many messages a candidate, all texts are read: they are packed together.
const CANDIDATES_READ_SINGLY_MAX: usize = 100;

/// What digests decide of `undecided`, and what is left to be decided in another way. Messages that
/// are in no digest will be, if they are many.
pub(crate) async fn find_in_digests(
    store: &Store,
    selected: &Selected,
    criteria: &Criteria,
    undecided: Vec<Numbered>,
) -> Result<(Vec<Numbered>, Vec<Numbered>), Ending> {
    let mailbox = selected.found.id;
    let digests = store.find_digests(mailbox, &criteria.needles()).await?;
    let mut split = Split::default();
    let mut members: Vec<Vec<Numbered>> = vec![Vec::new(); digests.len()];
    let mut last = 0;
    for (seq, message) in undecided {
        let has = |digest: &Digest| digest.uids.contains(message.uid);
        // Neighbours are in one digest.
        if !digests.get(last).is_some_and(has) {
            last = digests.iter().position(has).unwrap_or(digests.len());
        }
        let place = members.get_mut(last).unwrap_or(&mut split.loose);
        place.push((seq, message));
    }
    let loose: Vec<(Uid, ContentId)> = split
        .loose
        .iter()
        .map(|(_, message)| (message.uid, message.content))
        .collect();
    store.write_digests_later(mailbox, loose);
    for (digest, members) in digests.iter().zip(members) {
        let candidates: Vec<Numbered> = members
            .into_iter()
            .filter(|(_, message)| digest.candidates.contains(message.uid))
            .collect();
        if candidates.len() <= CANDIDATES_READ_SINGLY_MAX {
            split.loose.extend(candidates);
        } else {
            split
                .scan(store, selected, criteria, digest, &candidates)
                .await?;
        }
    }
    Ok((split.found, split.loose))
}

#[derive(Default)]
struct Split {
    found: Vec<Numbered>,
    /// Still undecided.
    loose: Vec<Numbered>,
}

impl Split {
    async fn scan(
        &mut self,
        store: &Store,
        selected: &Selected,
        criteria: &Criteria,
        digest: &Digest,
        candidates: &[Numbered],
    ) -> Result<(), Ending> {
        let mut left = candidates.iter().copied().peekable();
        let shown = store
            .scan_digest(digest, |uid, text| {
                while left.next_if(|(_, message)| message.uid < uid).is_some() {}
                if let Some((seq, message)) = left.next_if(|(_, message)| message.uid == uid) {
                    self.decide(selected, criteria, seq, message, text);
                }
            })
            .await?;
        self.loose.extend(unseen(candidates, &shown));
        Ok(())
    }

    fn decide(
        &mut self,
        selected: &Selected,
        criteria: &Criteria,
        seq: SeqNum,
        message: Message,
        text: &[u8],
    ) {
        let evidence = Evidence {
            text: Some(SearchText::new(text)),
            ..Evidence::NONE
        };
        match criteria.holds(seq, &message, selected.view.shown(&message), &evidence) {
            Some(true) => self.found.push((seq, message)),
            Some(false) => {}
            None => self.loose.push((seq, message)),
        }
    }
}

/// The digest was deleted before they were reached.
fn unseen(candidates: &[Numbered], shown: &UidSet) -> Vec<Numbered> {
    let is_unseen = |(_, message): &&Numbered| !shown.contains(message.uid);
    candidates.iter().filter(is_unseen).copied().collect()
}
