//! GETMETADATA (RFC 5464, 4.2).

use mail::{Depth, EntryName};

use crate::command::mailbox::MailboxArg;

/// The arguments of GETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// The mailbox; `None` for the server.
    pub mailbox: Option<MailboxArg>,
    /// `MAXSIZE n`: no value that is larger.
    pub max_size: Option<u32>,
    /// `DEPTH`: how far below the names.
    pub depth: Depth,
    /// The entries that are asked for: at least one, each once.
    pub entries: Vec<EntryName>,
}
