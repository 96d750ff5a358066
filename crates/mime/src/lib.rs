//! What a message is made of, in the words of IMAP: ENVELOPE, BODYSTRUCTURE, sections, search text,
//! and what SORT and THREAD compare.
//!
//! Pure functions from bytes to bytes; storage, sessions and protocol responses never live here.
//! Any bytes have an answer: mail is stored as it came, however broken, and described as well as
//! it can be. Time is linear in the message, and depth, parts and text are bounded by
//! [`mail::limits`].
//!
//! Who does what: IMAP numbers and slices the *raw* octets of parts (RFC 3501, 6.4.5) and sends
//! header strings still encoded (7.4.2), while `mail-parser` hands out decoded values and sets its
//! own rules for broken boundaries. So the splitting, the header fields and the addresses are ours
//! (`tree`, `header`, `address`), and `mail-parser` decodes: charsets, transfer encodings,
//! encoded words and dates. Only `decode` knows it.

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
pub use header::{Keep, header_fields};
pub use preview::preview;
pub use search::{Field, SearchText};
pub use section::{Section, section};
pub use sort_keys::{SortKeys, SortText, sort_keys};
pub use thread::thread_root;
pub use threading::{Threaded, Threading, thread};

use mail::NaiveDate;

/// What is stored beside a message so that it need not be taken apart again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// ENVELOPE, ready to send.
    pub envelope: Vec<u8>,
    /// BODYSTRUCTURE, ready to send; BODY comes from it by [`body_without_extensions`].
    pub body_structure: Vec<u8>,
    /// Length of the header block with its empty line; the rest is TEXT.
    pub header_bytes: usize,
    /// The day in the Date field as written there, whatever its zone (RFC 3501, SENTON).
    pub sent: Option<NaiveDate>,
    /// What SEARCH looks through, to be read by [`SearchText`]; UTF-8 without NUL.
    pub search_text: Vec<u8>,
}

/// Takes a message apart. Never fails: what cannot be understood is described as plain text.
#[must_use]
pub fn parse(message: &[u8]) -> Parsed {
    let root = tree::Part::parse(message);
    let header = root.header(message);
    Parsed {
        envelope: envelope::envelope(header),
        body_structure: body_structure::body_structure(message, &root),
        header_bytes: header.len(),
        sent: header::find(header, "Date").and_then(decode::day),
        search_text: search::search_text(message, &root),
    }
}
