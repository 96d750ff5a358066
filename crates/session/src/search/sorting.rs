//! The order that SORT asks for (RFC 5256).

use std::cmp::Ordering;

use bytes::Bytes;
use image::{Image, Message};
use live::Live;
use mail::{MailboxId, Uid};
use mime::{SortKeys, SortKeysUse, SortText};
use store::{Compute, DIGEST_MESSAGES_MIN};
use wire::{Direction, SortCriterion, SortKey};

use crate::ending::Ending;
use crate::search::criteria::RELEVANCY_MAX;
use crate::search::finding::{Finding, messages_of};
use crate::search::slices::{PLACES_PER_SLICE, sorted};

/// Where sort keys are read, and where what is made of them is computed.
#[derive(Clone, Copy)]
pub(crate) struct KeyReader<'r> {
    pub(crate) live: &'r Live,
    pub(crate) compute: &'r Compute,
}

/// Puts what was found in the order of `criteria`; what they do not tell apart stays in the order of
/// the mailbox.
pub(crate) async fn sort(
    key_reader: KeyReader<'_>,
    found: &mut Finding,
    criteria: &[SortCriterion],
) -> Result<(), Ending> {
    let compares_text = criteria
        .iter()
        .any(|criterion| !compares_number(criterion.key));
    let places = if compares_text {
        places_by_keys(key_reader, found, criteria).await?
    } else {
        places_by_numbers(key_reader, found, criteria).await?
    };
    let bytes = found.bytes_to_look_through();
    let reordering = || found.reorder(&places);
    key_reader.compute.run(bytes, reordering).await;
    Ok(())
}

/// The places of all in order, where texts are compared, too.
async fn places_by_keys(
    key_reader: KeyReader<'_>,
    found: &Finding,
    criteria: &[SortCriterion],
) -> Result<Vec<usize>, Ending> {
    let compute = key_reader.compute;
    let bytes = found.bytes_to_look_through();
    let messages = compute.run(bytes, || messages_of(found)).await;
    let written = key_reader.load(found.mailbox, &messages, criteria).await?;
    let bytes = bytes_to_compare(&written, found.messages.len());
    let all = compute.run(bytes, || sortable(found, &written)).await;
    let leading = compute.run(bytes, || leading(&all, criteria)).await;
    let others = match &leading {
        Some(_) => criteria.get(1..).unwrap_or_default(),
        None => criteria,
    };
    let lead = |place: usize| leading.as_ref().and_then(|numbers| numbers.get(place));
    let compare = |one: usize, other: usize| {
        let ordering = lead(one).cmp(&lead(other));
        if ordering.is_ne() || others.is_empty() {
            return ordering;
        }
        match (all.get(one), all.get(other)) {
            (Some(one), Some(other)) => one.compare(other, others),
            (one, other) => one.is_some().cmp(&other.is_some()),
        }
    };
    Ok(sorted(all.len(), PLACES_PER_SLICE, compare, compute).await)
}

/// The places of all in order, where nothing but numbers is compared: they are kept side by side, and of the messages
/// nothing else is needed.
async fn places_by_numbers(
    key_reader: KeyReader<'_>,
    found: &Finding,
    criteria: &[SortCriterion],
) -> Result<Vec<usize>, Ending> {
    let compute = key_reader.compute;
    // What a key does not tell apart the first time it does not tell apart the second time.
    let mut telling: Vec<SortCriterion> = Vec::new();
    for criterion in criteria {
        if !telling.iter().any(|other| other.key == criterion.key) {
            telling.push(*criterion);
        }
    }
    let asks_date = telling
        .iter()
        .any(|criterion| criterion.key == SortKey::Date);
    let sent = if asks_date {
        key_reader.sent_dates(found).await?
    } else {
        Vec::new()
    };
    let mut numbers: Vec<Vec<i64>> = Vec::new();
    for &criterion in &telling {
        let bytes = found.bytes_to_look_through();
        let making = || numbers_of(found, &sent, criterion);
        numbers.push(compute.run(bytes, making).await);
    }
    let compare = |one: usize, other: usize| {
        numbers
            .iter()
            .map(|numbers| numbers.get(one).cmp(&numbers.get(other)))
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    let count = found.messages.len();
    Ok(sorted(count, PLACES_PER_SLICE, compare, compute).await)
}

/// What a criterion compares of each that was found, as numbers that ascend. `sent` has the date of each, where that is
/// what is compared.
fn numbers_of(found: &Finding, sent: &[Option<i64>], criterion: SortCriterion) -> Vec<i64> {
    let messages = found.messages.iter().enumerate();
    let numbers = messages.map(|(place, (_, message))| {
        let of_message = OfMessage {
            message,
            relevancy: found.relevancy(message.uid),
            sent: sent.get(place).copied().flatten(),
        };
        let number = of_message.number(criterion.key).unwrap_or_default();
        ascending(number, criterion.direction)
    });
    numbers.collect()
}

/// A number that ascends where `number` goes in this direction.
fn ascending(number: i64, direction: Direction) -> i64 {
    match direction {
        Direction::Ascending => number,
        // The lowest becomes the highest, also where there is no such negative number.
        Direction::Descending => !number,
    }
}

/// Whether this key compares numbers, and no texts.
fn compares_number(key: SortKey) -> bool {
    match key {
        SortKey::Relevancy | SortKey::Arrival | SortKey::Date | SortKey::Size => true,
        SortKey::Subject
        | SortKey::From
        | SortKey::To
        | SortKey::Cc
        | SortKey::DisplayFrom
        | SortKey::DisplayTo => false,
    }
}

/// For each of `found`, the place in `order` before which it comes, from zero and ascending: `order` is sorted by
/// `criteria`,
/// and what they do not tell apart stands in the order of the mailbox, which is that of UIDs.
pub(crate) async fn places(
    key_reader: KeyReader<'_>,
    found: &Finding,
    order: &[Uid],
    image: &Image,
    criteria: &[SortCriterion],
) -> Result<Vec<(usize, Uid)>, Ending> {
    let messages = messages_of(found);
    let written = key_reader.load(found.mailbox, &messages, criteria).await?;
    let mut places = Vec::with_capacity(found.messages.len());
    let mut low = 0;
    let mut all = sortable(found, &written);
    all.sort_by(|one, other| one.compare(other, criteria));
    for new in all {
        let mut high = order.len();
        while low < high {
            let middle = low.midpoint(high);
            let there = order.get(middle).and_then(|&uid| image.find(uid));
            if let Some((_, there)) = there
                && new
                    .comes_after(key_reader, found.mailbox, there, criteria)
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

/// About what is looked through of all before they are sorted.
fn bytes_to_compare(written: &[Bytes], messages: usize) -> usize {
    let bytes: usize = written.iter().map(Bytes::len).sum();
    bytes + messages * size_of::<Sortable<'_>>()
}

/// What is compared of each that was found, with what is `written` in it.
fn sortable<'k>(found: &Finding, written: &'k [Bytes]) -> Vec<Sortable<'k>> {
    let messages = found.messages.iter().enumerate();
    messages
        .map(|(place, (_, message))| Sortable {
            message: message.clone(),
            relevancy: found.relevancy(message.uid),
            keys: SortKeys::new(written.get(place).map_or(&[], |keys| keys)),
        })
        .collect()
}

/// What the first criterion compares, as numbers that stand side by side, ascending; `None` where it compares texts.
fn leading(all: &[Sortable<'_>], criteria: &[SortCriterion]) -> Option<Vec<i64>> {
    let first = criteria.first()?;
    let numbers = all.iter().map(|sortable| {
        let number = sortable.of_message().number(first.key)?;
        Some(ascending(number, first.direction))
    });
    numbers.collect()
}

impl KeyReader<'_> {
    /// When each that was found was sent, in seconds since 1970: by the digests where there are many, else by its sort keys.
    /// They stand in the order of the mailbox.
    async fn sent_dates(self, found: &Finding) -> Result<Vec<Option<i64>>, Ending> {
        let contents = self.live.contents();
        let digested = if found.messages.len() >= DIGEST_MESSAGES_MIN {
            let dates = contents.digested_dates(found.mailbox, self.compute);
            dates.await?
        } else {
            Vec::new()
        };
        let looking = || {
            let mut digested = digested.iter().peekable();
            let mut sent = Vec::with_capacity(found.messages.len());
            let mut missing = (Vec::new(), Vec::new());
            for (place, (_, message)) in found.messages.iter().enumerate() {
                while digested.next_if(|(uid, _)| *uid < message.uid).is_some() {}
                let date = digested.next_if(|(uid, _)| *uid == message.uid);
                if date.is_none() {
                    missing.0.push(place);
                    missing.1.push(message.clone());
                }
                sent.push(date.and_then(|&(_, date)| date));
            }
            (sent, missing)
        };
        let bytes = found.bytes_to_look_through();
        let (mut sent, (places, missing)) = self.compute.run(bytes, looking).await;
        let keys = contents.sort_keys(found.mailbox, &missing, SortKeysUse::Sort, self.compute);
        for (place, keys) in places.into_iter().zip(keys.await?) {
            if let Some(date) = sent.get_mut(place) {
                *date = SortKeys::new(&keys).sent();
            }
        }
        Ok(sent)
    }

    /// Reads the sort keys, unless all that is compared is known without them.
    async fn load(
        self,
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
        let contents = self.live.contents();
        Ok(contents
            .sort_keys(mailbox, messages, SortKeysUse::Sort, self.compute)
            .await?)
    }
}

/// What of a message is a number.
struct OfMessage<'m> {
    message: &'m Message,
    relevancy: u8,
    /// The seconds since 1970 at which it was sent, where its header tells.
    sent: Option<i64>,
}

impl OfMessage<'_> {
    /// What is compared by a key that compares numbers.
    fn number(&self, key: SortKey) -> Option<i64> {
        let arrived = self.message.date.unix_seconds;
        match key {
            // The most relevant comes first.
            SortKey::Relevancy => Some(-i64::from(self.relevancy)),
            SortKey::Arrival => Some(arrived),
            // The time of sending, or else that of arrival (RFC 5256, 2.2).
            SortKey::Date => Some(self.sent.unwrap_or(arrived)),
            SortKey::Size => Some(i64::from(self.message.size)),
            SortKey::Subject
            | SortKey::From
            | SortKey::To
            | SortKey::Cc
            | SortKey::DisplayFrom
            | SortKey::DisplayTo => None,
        }
    }
}

struct Sortable<'k> {
    message: Message,
    relevancy: u8,
    keys: SortKeys<'k>,
}

impl Sortable<'_> {
    /// Whether it stands behind a message of the same mailbox, of which it reads what is compared.
    async fn comes_after(
        &self,
        key_reader: KeyReader<'_>,
        mailbox: MailboxId,
        there: Message,
        criteria: &[SortCriterion],
    ) -> Result<bool, Ending> {
        let written = key_reader
            .load(mailbox, std::slice::from_ref(&there), criteria)
            .await?;
        let there = Sortable {
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
            SortKey::Relevancy | SortKey::Arrival | SortKey::Date | SortKey::Size => {
                let number = self.of_message().number(key);
                number.cmp(&other.of_message().number(key))
            }
            SortKey::Subject => text(SortText::Subject),
            SortKey::From => text(SortText::From),
            SortKey::To => text(SortText::To),
            SortKey::Cc => text(SortText::Cc),
            SortKey::DisplayFrom => text(SortText::DisplayFrom),
            SortKey::DisplayTo => text(SortText::DisplayTo),
        }
    }

    fn of_message(&self) -> OfMessage<'_> {
        OfMessage {
            message: &self.message,
            relevancy: self.relevancy,
            sent: self.keys.sent(),
        }
    }
}
