//! The order that SORT asks for (RFC 5256).

use std::cmp::Ordering;

use bytes::Bytes;
use image::Message;
use live::Live;
use mime::{SortKeys, SortText};
use wire::{Direction, SortCriterion, SortKey};

use crate::ending::Ending;
use crate::finding::Finding;

/// Puts what was found in the order of `criteria`; what they do not tell apart stays in the order of
/// the mailbox.
pub(crate) async fn sort(
    live: &Live,
    found: &mut Finding,
    criteria: &[SortCriterion],
) -> Result<(), Ending> {
    let written = load_keys(live, found, criteria).await?;
    let mut sorted: Vec<Sorted<'_>> = found
        .messages
        .iter()
        .enumerate()
        .map(|(place, &(_, message))| Sorted {
            place,
            message,
            keys: SortKeys::new(written.get(place).map_or(&[], |keys| keys)),
        })
        .collect();
    sorted.sort_by(|one, other| one.compare(other, criteria));
    let places: Vec<usize> = sorted.iter().map(|sorted| sorted.place).collect();
    found.reorder(&places);
    Ok(())
}

/// Nothing where the image knows all that is compared.
async fn load_keys(
    live: &Live,
    found: &Finding,
    criteria: &[SortCriterion],
) -> Result<Vec<Bytes>, Ending> {
    let is_in_image =
        |criterion: &SortCriterion| matches!(criterion.key, SortKey::Arrival | SortKey::Size);
    if criteria.iter().all(is_in_image) {
        return Ok(Vec::new());
    }
    let entries = found.entries();
    Ok(live.contents().sort_keys(found.mailbox, &entries).await?)
}

struct Sorted<'k> {
    /// Among what was found.
    place: usize,
    message: Message,
    keys: SortKeys<'k>,
}

impl Sorted<'_> {
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

    /// RFC 5256, 2.2.
    fn sent(&self) -> i64 {
        self.keys.sent().unwrap_or_else(|| self.arrived())
    }
}
