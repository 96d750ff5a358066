//! What one search may take of the server, filters included. Pure but for where it computes.

use std::cell::Cell;

use mail::limits::{
    SEARCH_KEYS_TIMES_MESSAGES_MAX, SEARCH_STRINGS_MAX, SEARCH_STRINGS_TIMES_BYTES_MAX,
};
use store::Compute;
use wire::{MessageSet, SearchKey};

use crate::ending::Refused;

/// What a search takes, in all its mailboxes together.
pub(crate) struct Effort<'e> {
    compute: &'e Compute,
    /// Bytes that were looked through, once for each string.
    bytes: u64,
}

impl<'e> Effort<'e> {
    /// Nothing is done yet.
    pub(crate) fn none(compute: &'e Compute) -> Self {
        Self { compute, bytes: 0 }
    }

    pub(crate) fn compute(&self) -> &'e Compute {
        self.compute
    }

    /// Counts bytes that are about to be looked through.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Refused> {
        let more = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(more);
        if self.bytes > SEARCH_STRINGS_TIMES_BYTES_MAX {
            let text = "Too many strings are looked for in too much text; search in parts";
            return Err(Refused::Limit(text.into()));
        }
        Ok(())
    }
}

/// Refuses what would take too long in so many messages.
pub(crate) fn admit_key(key: &SearchKey, messages: usize) -> Result<(), Refused> {
    if strings(key) > SEARCH_STRINGS_MAX {
        let text = format!("More than {SEARCH_STRINGS_MAX} strings are not looked for at once");
        return Err(Refused::Limit(text.into()));
    }
    if keys(key).saturating_mul(messages) > SEARCH_KEYS_TIMES_MESSAGES_MAX {
        let text = "There are too many keys for so many messages; search in parts";
        return Err(Refused::Limit(text.into()));
    }
    Ok(())
}

/// About what a search holds of each message that it may find, in bytes: the message among those found or undecided, its
/// number, its place. What SORT and THREAD compare comes to as much again.
const HELD_PER_MESSAGE_BYTES: u64 = 192;
/// What is read of texts at one time, in bytes: so much of each message, and all together.
const TEXT_PER_MESSAGE_BYTES: u64 = 16 * 1024;
const TEXTS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// About what a search that may find so many messages holds until its answer is made, in bytes.
pub(crate) fn bytes_to_hold(key: &SearchKey, messages: u64) -> u64 {
    let texts = if strings(key) > 0 {
        let texts = messages.saturating_mul(TEXT_PER_MESSAGE_BYTES);
        texts.min(TEXTS_BYTES_MAX)
    } else {
        0
    };
    let held = messages.saturating_mul(HELD_PER_MESSAGE_BYTES);
    held.saturating_add(texts)
}

/// How many keys it is.
pub(crate) fn keys(key: &SearchKey) -> usize {
    sum(key, |_| 1)
}

/// How many keys and parts of sets it is, all of which are resolved for each mailbox.
pub(crate) fn parts(key: &SearchKey) -> usize {
    sum(key, |key| match key {
        SearchKey::Sequence(MessageSet::Listed(set)) | SearchKey::Uid(MessageSet::Listed(set)) => {
            set.0.len()
        }
        _ => 1,
    })
}

fn strings(key: &SearchKey) -> usize {
    sum(key, |key| match key {
        SearchKey::Address(..)
        | SearchKey::Subject(_)
        | SearchKey::Header(..)
        | SearchKey::Body(_)
        | SearchKey::Text(_) => 1,
        _ => 0,
    })
}

fn sum(key: &SearchKey, count: impl Fn(&SearchKey) -> usize) -> usize {
    let total = Cell::new(0_usize);
    let add = |key: &SearchKey| {
        total.set(total.get().saturating_add(count(key)));
        false
    };
    key.any(&add);
    total.get()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mail::limits::{SEARCH_KEYS_TIMES_MESSAGES_MAX, SEARCH_STRINGS_TIMES_BYTES_MAX};
    use store::Compute;
    use wire::SearchKey;

    use super::{Effort, HELD_PER_MESSAGE_BYTES, TEXTS_BYTES_MAX, admit_key, bytes_to_hold};

    #[test]
    fn the_more_keys_the_fewer_messages() {
        let keys = |count| SearchKey::And(vec![SearchKey::All; count - 1]);
        for count in [1, 2, 15_000, 400_000] {
            let messages = SEARCH_KEYS_TIMES_MESSAGES_MAX / count;
            assert!(admit_key(&keys(count), messages).is_ok(), "{count}");
            assert!(admit_key(&keys(count), messages + 1).is_err(), "{count}");
        }
    }

    #[test]
    fn what_a_search_holds_grows_with_the_messages() {
        let text = SearchKey::Body("x".to_owned());
        for messages in [0, 10, 1_048_576] {
            let held = messages * HELD_PER_MESSAGE_BYTES;
            assert_eq!(bytes_to_hold(&SearchKey::All, messages), held);
            let with_texts = bytes_to_hold(&text, messages);
            assert!((held..=held + TEXTS_BYTES_MAX).contains(&with_texts));
            assert!(messages == 0 || with_texts > held);
        }
        assert_eq!(bytes_to_hold(&text, u64::MAX), u64::MAX);
    }

    #[test]
    fn strings_count_wherever_they_are() {
        let string = || SearchKey::Not(Box::new(SearchKey::Body("x".to_owned())));
        let either = SearchKey::Or(
            Box::new(SearchKey::And(vec![string(); 250])),
            Box::new(SearchKey::And(vec![string(); 250])),
        );
        assert!(admit_key(&either, 1).is_ok());
        let one_more = SearchKey::And(vec![either, string()]);
        assert!(admit_key(&one_more, 1).is_err());
    }

    #[test]
    fn text_is_counted_up() {
        let compute = Compute::new(1, Arc::new(|work| work()));
        let mut effort = Effort::none(&compute);
        let half = usize::try_from(SEARCH_STRINGS_TIMES_BYTES_MAX / 2).unwrap();
        assert!(effort.add(half).is_ok());
        assert!(effort.add(half).is_ok());
        assert!(effort.add(1).is_err());
    }
}
