//! Searching many texts at once: those that the store has packed together.

use std::collections::HashMap;

use mail::{MailboxId, UidSet};
use mime::SearchText;
use store::{DIGEST_MESSAGES_MIN, Digest, Store};
use wire::SearchKey;

use crate::ending::Ending;
use crate::search::bounded::messages_max;
use crate::search::criteria::{Criteria, Evidence};
use crate::search::effort::Effort;
use crate::search::finding::{Numbered, entries};
use crate::search::state::SearchState;
use crate::search::target::SearchTarget;

/// The most candidates of one digest whose texts are read one by one. With more candidates the whole digest is read,
/// because its texts are packed together.
const CANDIDATES_READ_SINGLY_MAX: usize = 100;

/// The digests of each large mailbox in which a text that is sought has to be, before its messages are gone through:
/// most of them need not be looked at then.
pub(crate) async fn ask_digests_first(
    store: &Store,
    key: &SearchKey,
    targets: &[(SearchTarget<'_>, Criteria)],
) -> Result<HashMap<MailboxId, Vec<Digest>>, Ending> {
    // What has to be in a text is the same in all mailboxes.
    let needles = targets.first().map(|(_, criteria)| criteria.needles());
    let needles = needles.unwrap_or_default();
    let is_large = |target: &SearchTarget<'_>| {
        !needles.is_empty()
            && target.messages() >= DIGEST_MESSAGES_MIN
            && messages_max(key, *target) >= DIGEST_MESSAGES_MIN
    };
    let large = targets.iter().map(|(search_target, _)| search_target);
    let large = large.filter(|search_target| is_large(search_target));
    let mut digests: HashMap<MailboxId, Vec<Digest>> = large
        .map(|search_target| (search_target.mailbox, Vec::new()))
        .collect();
    if digests.is_empty() {
        return Ok(digests);
    }
    let mailboxes: Vec<MailboxId> = digests.keys().copied().collect();
    for digest in store.find_digests(&mailboxes, &needles).await? {
        digests.entry(digest.mailbox).or_default().push(digest);
    }
    Ok(digests)
}

/// Decides by digests what can be decided so, where much is undecided. Messages that are in no digest are put into
/// one later, if they are many.
pub(crate) async fn ask_digests(
    store: &Store,
    search_state: &mut [SearchState<'_>],
    effort: &mut Effort<'_>,
) -> Result<(), Ending> {
    let mut many: Vec<&mut SearchState<'_>> = search_state
        .iter_mut()
        .filter(|one| one.has_many_texts())
        .collect();
    // What has to be in a text is the same in all mailboxes.
    let needles = many.first().map(|one| one.criteria.needles());
    let Some(needles) = needles else {
        return Ok(());
    };
    let unasked = many.iter().filter(|one| one.digests.is_none());
    let mailboxes: Vec<MailboxId> = unasked.map(|one| one.search_target.mailbox).collect();
    let digests = if mailboxes.is_empty() {
        Vec::new()
    } else {
        store.find_digests(&mailboxes, &needles).await?
    };
    for one in &mut many {
        let mailbox = one.search_target.mailbox;
        let asked = one.digests.take();
        let own = asked.iter().flatten().chain(&digests);
        let own: Vec<&Digest> = own.filter(|digest| digest.mailbox == mailbox).collect();
        ask_digests_of_one(store, one, &own, effort).await?;
    }
    Ok(())
}

async fn ask_digests_of_one(
    store: &Store,
    search_state: &mut SearchState<'_>,
    digests: &[&Digest],
    effort: &mut Effort<'_>,
) -> Result<(), Ending> {
    let undecided = std::mem::take(&mut search_state.undecided);
    let bytes = undecided.len() * DIVIDING_COST_BYTES;
    let dividing = || {
        let divided = divide(undecided, digests);
        let undigested = entries(&divided.loose);
        (divided, undigested)
    };
    let (Divided { loose, members }, undigested) = store.compute().run(bytes, dividing).await;
    store.write_digests_later(search_state.search_target.mailbox, undigested);
    search_state.undecided = loose;
    for (digest, members) in digests.iter().zip(members) {
        let candidates: Vec<Numbered> = members
            .into_iter()
            .filter(|(_, message)| digest.candidates.contains(message.uid))
            .collect();
        if candidates.len() <= CANDIDATES_READ_SINGLY_MAX {
            search_state.undecided.extend(candidates);
        } else {
            scan(store, search_state, digest, &candidates, effort).await?;
        }
    }
    Ok(())
}

/// Messages by the digest that they are in.
struct Divided {
    /// Those in none.
    loose: Vec<Numbered>,
    /// Those of each digest.
    members: Vec<Vec<Numbered>>,
}

/// To find the digest of one message costs as much as to look through so many bytes.
const DIVIDING_COST_BYTES: usize = 64;

fn divide(messages: Vec<Numbered>, digests: &[&Digest]) -> Divided {
    let mut loose = Vec::new();
    let mut members: Vec<Vec<Numbered>> = vec![Vec::new(); digests.len()];
    let mut last = 0;
    for (seq, message) in messages {
        let has = |digest: &&Digest| digest.uids.contains(message.uid);
        // Neighbours are in one digest.
        if !digests.get(last).is_some_and(has) {
            last = digests.iter().position(has).unwrap_or(digests.len());
        }
        let place = members.get_mut(last).unwrap_or(&mut loose);
        place.push((seq, message));
    }
    Divided { loose, members }
}

async fn scan(
    store: &Store,
    search_state: &mut SearchState<'_>,
    digest: &Digest,
    candidates: &[Numbered],
    effort: &mut Effort<'_>,
) -> Result<(), Ending> {
    let mut left = candidates.iter().cloned().peekable();
    let mut shown = UidSet::new();
    let mut place = 0;
    loop {
        let texts = store.load_digested_texts(digest, place).await?;
        if texts.is_empty() {
            break;
        }
        place += texts.len();
        let mut read = Vec::new();
        for (uid, text) in &texts {
            shown.insert(*uid);
            while left.next_if(|(_, message)| message.uid < *uid).is_some() {}
            if let Some(numbered) = left.next_if(|(_, message)| message.uid == *uid) {
                let evidence = Evidence {
                    text: Some(SearchText::new(text)),
                    ..Evidence::NONE
                };
                read.push((numbered, evidence));
            }
        }
        search_state.decide_read(read.into_iter(), effort).await?;
    }
    search_state.undecided.extend(unseen(candidates, &shown));
    Ok(())
}

/// The candidates that were not read, because the digest was deleted meanwhile.
fn unseen(candidates: &[Numbered], shown: &UidSet) -> Vec<Numbered> {
    let is_unseen = |(_, message): &&Numbered| !shown.contains(message.uid);
    candidates.iter().filter(is_unseen).cloned().collect()
}
