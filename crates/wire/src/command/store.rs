//! STORE (RFC 9051, 6.4.6; RFC 7162, 3.1.3).

use mail::{Flag, ModSeq};

use crate::command::numbers::{MessageSet, Numbering};

/// STORE.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreRequest {
    /// Whether the set is of UIDs or sequence numbers.
    pub numbering: Numbering,
    /// The messages.
    pub set: MessageSet,
    /// What to do with the flags.
    pub operation: StoreOperation,
    /// The flags; there may be none.
    pub flags: Vec<Flag>,
    /// `.SILENT`
    pub silent: bool,
    /// `(UNCHANGEDSINCE n)`
    pub unchanged_since: Option<ModSeq>,
}

/// `FLAGS`, `+FLAGS`, `-FLAGS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOperation {
    /// The message has these flags and no other.
    Replace,
    /// These too.
    Add,
    /// No longer these.
    Remove,
}
