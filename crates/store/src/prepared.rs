//! A message taken apart and packed, ready to be stored.

use mail::{InternalDate, NaiveDate};

use crate::packing::pack;

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
}

/// Takes a message apart and packs it.
#[must_use]
pub fn prepare(message: impl AsRef<[u8]>, date: InternalDate) -> Prepared {
    let message = message.as_ref();
    let parsed = mime::parse(message);
    let (header, body) = message.split_at(parsed.header_bytes.min(message.len()));
    Prepared {
        // The limit on messages is far below.
        size: i32::try_from(message.len()).unwrap_or(i32::MAX),
        sent: parsed.sent.and_then(sent_to_number),
        envelope: pack(&parsed.envelope),
        structure: pack(&parsed.body_structure),
        header: pack(header),
        body: pack(body),
        folded: pack(&parsed.search_text),
        date,
    }
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
