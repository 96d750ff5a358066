//! Digests: what SEARCH and SORT need of many messages of a mailbox, packed together.
//!
//! To read ten thousand search texts row by row takes longer than to look through them. So texts are
//! packed by the megabyte, and beside them stands which trigrams are in which of them. A digest is
//! written in the background once a search had to read many texts singly, holds what is immutable,
//! and may be missing: whoever asks reads what no digest has from the messages themselves.

mod digesting;
mod pack;
mod read;
mod trigrams;
mod write;

pub use read::{Digest, DigestId, DigestedDates, DigestedSortKeys};

pub(crate) use digesting::Digesting;

/// Messages of one digest; a place in it is a number of two bytes.
const DIGEST_MESSAGES_MAX: usize = 4096;
/// Search texts of one digest, in bytes.
const DIGEST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Of fewer messages no digest is made: they are read singly.
pub const DIGEST_MESSAGES_MIN: usize = 500;
