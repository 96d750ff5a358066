//! A message taken apart and packed, ready to be stored.

use mail::{InternalDate, NaiveDate};
use sha2::{Digest as _, Sha256};

use crate::packing::pack;

/// Stands for a search text that is made of the message (ADR 0068); packed values begin with another byte.
pub(crate) const MADE_OF_MESSAGE: &[u8] = &[2];

/// A message as it will be stored. To make one is CPU work and nothing else.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) size: i32,
    pub(crate) sent: Option<i32>,
    pub(crate) envelope: Vec<u8>,
    pub(crate) structure: Vec<u8>,
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) folded: Vec<u8>,
    pub(crate) date: InternalDate,
    /// By what it is found when another one answers it.
    pub(crate) message_id: Option<i64>,
    /// The same of those that it answers.
    pub(crate) answers: Vec<i64>,
}

/// Takes a message apart and packs it.
#[must_use]
pub fn prepare(message: impl AsRef<[u8]>, date: InternalDate) -> Prepared {
    let message = message.as_ref();
    let parsed = mime::parse(message);
    let (header, body) = message.split_at(parsed.header_bytes.min(message.len()));
    let ids = mime::identify(header);
    Prepared {
        // The limit on messages is far below.
        size: i32::try_from(message.len()).unwrap_or(i32::MAX),
        sent: parsed.sent.and_then(sent_to_number),
        envelope: pack(&parsed.envelope),
        structure: pack(&parsed.body_structure),
        header: pack(header),
        body: pack(body),
        folded: parsed
            .search_text
            .map_or_else(|| MADE_OF_MESSAGE.to_vec(), |text| pack(&text)),
        date,
        message_id: ids.own.as_deref().map(number_of_id),
        answers: ids.answered.iter().map(|id| number_of_id(id)).collect(),
    }
}

/// Of a Message-ID as somebody types it.
pub(crate) fn number_of_text(text: &str) -> i64 {
    let inner = text.trim().trim_start_matches('<').trim_end_matches('>');
    let header = format!("Message-ID: <{inner}>\r\n");
    let own = mime::identify(header.as_bytes()).own;
    number_of_id(own.as_deref().unwrap_or(inner.as_bytes()))
}

/// The first 64 bits of the hash of a Message-ID.
pub(crate) fn number_of_id(id: &[u8]) -> i64 {
    let digest = Sha256::digest(id);
    let first = digest.first_chunk().copied().unwrap_or_default();
    i64::from_be_bytes(first)
}

impl Prepared {
    pub(crate) fn packed_bytes(&self) -> usize {
        self.envelope.len()
            + self.structure.len()
            + self.header.len()
            + self.body.len()
            + self.folded.len()
    }
}

/// A day as `yyyymmdd`, which a person can read in the database; `None` beyond four-digit years.
fn sent_to_number(day: NaiveDate) -> Option<i32> {
    let (year, month, day) = day.civil();
    let number = (0..=9999)
        .contains(&year)
        .then_some(year * 10_000 + month * 100 + day)?;
    i32::try_from(number).ok()
}

pub(crate) fn sent_from_number(number: i32) -> Option<NaiveDate> {
    let part = |part: i32| u32::try_from(part).ok();
    NaiveDate::from_ymd(
        number / 10_000,
        part(number / 100 % 100)?,
        part(number % 100)?,
    )
}

#[cfg(test)]
mod tests {
    use mail::NaiveDate;

    use super::{sent_from_number, sent_to_number};

    #[test]
    fn days_survive() {
        for (year, month, day) in [(1970, 1, 1), (2024, 2, 29), (1, 12, 31), (9999, 12, 31)] {
            let sent = NaiveDate::from_ymd(year, month, day);
            assert_eq!(
                sent.and_then(sent_to_number).and_then(sent_from_number),
                sent
            );
        }
        assert_eq!(
            NaiveDate::from_ymd(10_000, 1, 1).and_then(sent_to_number),
            None
        );
    }
}
