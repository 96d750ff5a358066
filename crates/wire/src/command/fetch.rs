//! FETCH (RFC 9051, 6.4.5) and its extensions.

use mail::ModSeq;

use crate::command::numbers::{MessageSet, Numbering};
use crate::partial::PartialRange;

/// The arguments of FETCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    /// Whether the set is of UIDs or sequence numbers.
    pub numbering: Numbering,
    /// The messages.
    pub set: MessageSet,
    /// The items, with macros taken apart. Never empty.
    pub items: Vec<FetchItem>,
    /// `(CHANGEDSINCE n)`; 0 is accepted and means everything
    pub changed_since: Option<ModSeq>,
    /// `(CHANGEDSINCE n VANISHED)`
    pub vanished: bool,
    /// `(PARTIAL a:b)`: which of the messages of the set (RFC 9394, 3.3); only by UID
    pub partial: Option<PartialRange>,
}

/// What FETCH tells of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// UID
    Uid,
    /// FLAGS
    Flags,
    /// INTERNALDATE
    InternalDate,
    /// RFC822.SIZE
    Size,
    /// ENVELOPE
    Envelope,
    /// BODYSTRUCTURE
    BodyStructure,
    /// BODY without a section: BODYSTRUCTURE without extension data
    Body,
    /// MODSEQ
    ModSeq,
    /// EMAILID (RFC 8474)
    EmailId,
    /// THREADID (RFC 8474)
    ThreadId,
    /// SAVEDATE (RFC 8514)
    SaveDate,
    /// PREVIEW (RFC 8970)
    Preview {
        /// `(LAZY)`: only what costs nothing.
        lazy: bool,
    },
    /// `BODY[…]<…>`, and the RFC822 items in their own spelling
    Section(BodySection),
    /// `BINARY[…]<…>` (RFC 3516)
    Binary(BinarySection),
    /// `BINARY.SIZE[…]` (RFC 3516), with the part numbers
    BinarySize(Vec<u32>),
}

/// `BINARY[section-part]<first.count>`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinarySection {
    /// Part numbers, from 1; empty for the message itself.
    pub part: Vec<u32>,
    /// First octet and number of octets (never zero) of what was decoded.
    pub partial: Option<(u64, u64)>,
    /// `.PEEK`: do not set `\Seen`.
    pub peek: bool,
}

/// `BODY[section]<first.count>` or one of its older spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodySection {
    /// How the response names it.
    pub spelling: Spelling,
    /// Part numbers, from 1; empty for the message itself.
    pub part: Vec<u32>,
    /// The text of the part that is asked for.
    pub text: SectionText,
    /// First octet and number of octets (never zero).
    pub partial: Option<(u64, u64)>,
    /// `.PEEK`: do not set `\Seen`.
    pub peek: bool,
}

/// How an item was asked for, hence how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `BODY[…]`
    Body,
    /// `RFC822`
    Rfc822,
    /// `RFC822.HEADER`
    Rfc822Header,
    /// `RFC822.TEXT`
    Rfc822Text,
}

/// What of a part (RFC 3501, 6.4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// All of it.
    Whole,
    /// HEADER
    Header,
    /// `HEADER.FIELDS (…)`; names as sent
    HeaderFields(Vec<String>),
    /// `HEADER.FIELDS.NOT (…)`; names as sent
    HeaderFieldsNot(Vec<String>),
    /// TEXT
    Text,
    /// MIME, of a part only
    Mime,
}
