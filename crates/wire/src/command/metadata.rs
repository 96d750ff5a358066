//! GETMETADATA (RFC 5464, 4.2).

use mail::{Depth, EntryName};

use crate::command::mailbox::MailboxArg;

/// GETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// Whose; `None` for the server's.
    pub mailbox: Option<MailboxArg>,
    /// `MAXSIZE n`: no value that is larger.
    pub max_size: Option<u32>,
    /// `DEPTH`: how far below the names.
    pub depth: Depth,
    /// At least one, each once.
    pub entries: Vec<EntryName>,
}
