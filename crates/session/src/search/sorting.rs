//! The order that SORT asks for (RFC 5256).

use std::cmp::Ordering;

use bytes::Bytes;
use image::{Image, Message};
use live::Live;
use mail::{MailboxId, Uid};
use mime::{SortKeys, SortKeysUse, SortText};
use store::Compute;
use wire::{Direction, SortCriterion, SortKey};

use crate::ending::Ending;
use crate::search::criteria::RELEVANCY_MAX;
use crate::search::finding::{Finding, messages_of};

/// Puts what was found in the order of `criteria`; what they do not tell apart stays in the order of
/// the mailbox.
pub(crate) async fn sort(
    live: &Live,
    compute: &Compute,
    found: &mut Finding,
    criteria: &[SortCriterion],
) -> Result<(), Ending> {
    let written = load_keys(live, found.mailbox, &messages_of(found), criteria).await?;
    let bytes = bytes_to_compare(&written, found.messages.len());
    let sorting = || {
        let sorted = in_order(found, &written, criteria);
        let places: Vec<usize> = sorted.iter().map(|sorted| sorted.place).collect();
        found.reorder(&places);
    };
    compute.run(bytes, sorting).await;
    Ok(())
}

/// For each of `found`, the place in `order` before which it comes, from zero and ascending: `order` is sorted by
/// `criteria`,
/// and what they do not tell apart stands in the order of the mailbox, which is that of UIDs.
pub(crate) async fn places(
    live: &Live,
    found: &Finding,
    order: &[Uid],
    image: &Image,
    criteria: &[SortCriterion],
) -> Result<Vec<(usize, Uid)>, Ending> {
    let written = load_keys(live, found.mailbox, &messages_of(found), criteria).await?;
    let mut places = Vec::with_capacity(found.messages.len());
    let mut low = 0;
    for new in in_order(found, &written, criteria) {
        let mut high = order.len();
        while low < high {
            let middle = low.midpoint(high);
            let there = order.get(middle).and_then(|&uid| image.find(uid));
            if let Some((_, there)) = there
                && new
                    .comes_after(live, found.mailbox, there, criteria)
                    .await?
            {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        places.push((low, new.message.uid));
    }
    Ok(places)
}

/// About what sorting looks through.
fn bytes_to_compare(written: &[Bytes], messages: usize) -> usize {
    let bytes: usize = written.iter().map(Bytes::len).sum();
    bytes + messages * size_of::<Sorted<'_>>()
}

/// What was found, in the order of `criteria` by what is `written` in each.
fn in_order<'k>(
    found: &Finding,
    written: &'k [Bytes],
    criteria: &[SortCriterion],
) -> Vec<Sorted<'k>> {
    let mut sorted: Vec<Sorted<'_>> = found
        .messages
        .iter()
        .enumerate()
        .map(|(place, (_, message))| Sorted {
            place,
            message: message.clone(),
            relevancy: found.relevancy(message.uid),
            keys: SortKeys::new(written.get(place).map_or(&[], |keys| keys)),
        })
        .collect();
    sorted.sort_by(|one, other| one.compare(other, criteria));
    sorted
}

/// Reads the sort keys, unless all that is compared is known without them.
async fn load_keys(
    live: &Live,
    mailbox: MailboxId,
    messages: &[Message],
    criteria: &[SortCriterion],
) -> Result<Vec<Bytes>, Ending> {
    let is_at_hand = |criterion: &SortCriterion| {
        matches!(
            criterion.key,
            SortKey::Arrival | SortKey::Size | SortKey::Relevancy
        )
    };
    if criteria.iter().all(is_at_hand) {
        return Ok(Vec::new());
    }
    Ok(live
        .contents()
        .sort_keys(mailbox, messages, SortKeysUse::Sort)
        .await?)
}

struct Sorted<'k> {
    /// The place of the message among what was found.
    place: usize,
    message: Message,
    relevancy: u8,
    keys: SortKeys<'k>,
}

impl Sorted<'_> {
    /// Whether it stands behind a message of the same mailbox, of which it reads what is compared.
    async fn comes_after(
        &self,
        live: &Live,
        mailbox: MailboxId,
        there: Message,
        criteria: &[SortCriterion],
    ) -> Result<bool, Ending> {
        let written = load_keys(live, mailbox, std::slice::from_ref(&there), criteria).await?;
        let there = Sorted {
            place: 0,
            message: there,
            // Results by relevancy are not kept up to date.
            relevancy: RELEVANCY_MAX,
            keys: SortKeys::new(written.first().map_or(&[], |keys| keys)),
        };
        let by_uid = self.message.uid.cmp(&there.message.uid);
        Ok(self.compare(&there, criteria).then(by_uid) == Ordering::Greater)
    }

    fn compare(&self, other: &Self, criteria: &[SortCriterion]) -> Ordering {
        let by = |criterion: &SortCriterion| {
            let ordering = self.compare_by(other, criterion.key);
            match criterion.direction {
                Direction::Ascending => ordering,
                Direction::Descending => ordering.reverse(),
            }
        };
        criteria
            .iter()
            .fold(Ordering::Equal, |ordering, criterion| {
                ordering.then_with(|| by(criterion))
            })
    }

    fn compare_by(&self, other: &Self, key: SortKey) -> Ordering {
        let text = |which| self.keys.text(which).cmp(other.keys.text(which));
        match key {
            SortKey::Relevancy => other.relevancy.cmp(&self.relevancy),
            SortKey::Arrival => self.arrived().cmp(&other.arrived()),
            SortKey::Date => self.sent().cmp(&other.sent()),
            SortKey::Size => self.message.size.cmp(&other.message.size),
            SortKey::Subject => text(SortText::Subject),
            SortKey::From => text(SortText::From),
            SortKey::To => text(SortText::To),
            SortKey::Cc => text(SortText::Cc),
            SortKey::DisplayFrom => text(SortText::DisplayFrom),
            SortKey::DisplayTo => text(SortText::DisplayTo),
        }
    }

    fn arrived(&self) -> i64 {
        self.message.date.unix_seconds
    }

    /// The time of sending, or else that of arrival (RFC 5256, 2.2).
    fn sent(&self) -> i64 {
        self.keys.sent().unwrap_or_else(|| self.arrived())
    }
}
