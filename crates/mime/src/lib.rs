//! Message parsing in the terms of IMAP: ENVELOPE, BODYSTRUCTURE, sections, search text, and the
//! keys of SORT and THREAD.
//!
//! Pure functions from bytes to bytes; storage, sessions and protocol responses never live here.
//! Any bytes have an answer: mail is stored unchanged, however broken, and described as well as
//! possible. Time is linear in the message, and depth, parts and text are bounded by
//! [`mail::limits`].
//!
//! The split between us and `mail-parser`: IMAP numbers and slices the *raw* octets of parts (RFC
//! 3501, 6.4.5) and sends header strings still encoded (7.4.2), while `mail-parser` returns decoded
//! values and has its own rules for broken boundaries. So splitting, header fields and addresses
//! are ours (`tree`, `header`, `address`), and `mail-parser` decodes charsets, transfer encodings,
//! encoded words and dates. Only `decode` uses it.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod address;
mod base_subject;
mod binary;
mod body;
mod body_structure;
mod casemap;
mod decode;
mod envelope;
mod fold;
mod fuzzy;
mod header;
mod identify;
mod injected;
mod message_id;
mod parameter;
mod preview;
mod search;
mod section;
mod sort_keys;
#[cfg(test)]
mod tests;
mod thread;
mod threading;
mod tree;
mod write;

pub use binary::{Decoded, binary, encode_binary};
pub use body::body_without_extensions;
pub use fold::fold;
pub use fuzzy::Fuzzy;
pub use header::{Keep, header_fields, header_values};
pub use identify::{Ids, identify};
pub use injected::panic_if_asked;
pub use preview::preview;
pub use search::{Field, SearchText};
pub use section::{Section, Sections, section};
pub use sort_keys::{SortKeys, SortKeysUse, SortText, sort_keys};
pub use thread::thread_root;
pub use threading::{Threaded, Threader, Threading, thread};

use mail::NaiveDate;

/// What is stored beside a message so that it need not be parsed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The ENVELOPE, ready to send.
    pub envelope: Vec<u8>,
    /// The BODYSTRUCTURE, ready to send; [`body_without_extensions`] makes BODY of it.
    pub body_structure: Vec<u8>,
    /// The length of the header block with its empty line; the rest is TEXT.
    pub header_bytes: usize,
    /// The day in the Date field as it is written there, whatever its zone (RFC 3501, SENTON).
    pub sent: Option<NaiveDate>,
    /// What [`search_text`] makes, where that is much shorter than the message; `None` where at least a third of the
    /// message is text, so that it can be made again about as fast as it is read.
    pub search_text: Option<Vec<u8>>,
}

/// The text for SEARCH, which [`SearchText`] reads; UTF-8 without NUL, at most [`mail::limits::FOLDED_BYTES_MAX`].
#[must_use]
pub fn search_text(message: &[u8]) -> Vec<u8> {
    panic_if_asked("search-text", message);
    search::search_text(message, &tree::Part::parse(message))
}

/// The addresses of To, Cc and Bcc, as `mailbox@host`, for who is given a letter and no recipients.
#[must_use]
pub fn recipients(message: &[u8]) -> Vec<Vec<u8>> {
    let root = tree::Part::parse(message);
    envelope::recipients(root.header(message))
}

/// Parses a message. It never fails: what cannot be understood is described as plain text.
#[must_use]
pub fn parse(message: &[u8]) -> Parsed {
    panic_if_asked("parse", message);
    let root = tree::Part::parse(message);
    let header = root.header(message);
    Parsed {
        envelope: envelope::envelope(header),
        body_structure: body_structure::body_structure(message, &root),
        header_bytes: header.len(),
        sent: header::find(header, "Date").and_then(decode::day),
        search_text: (!search::is_mostly_text(message, &root))
            .then(|| search::search_text(message, &root)),
    }
}
