//! APPEND, and what other commands make messages of (RFC 9051, 6.3.12; RFC 4469).

use bytes::Bytes;
use mail::{Flag, InternalDate};

/// One message of an APPEND.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendMessage {
    /// The flags to set on arrival.
    pub flags: Vec<Flag>,
    /// The date of arrival, if the client gave one.
    pub date: Option<InternalDate>,
    /// The content of the message.
    pub data: AppendContent,
}

/// `append-data`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendContent {
    /// The message as it will be stored, byte for byte.
    Whole(Bytes),
    /// The parts of which the message is put together (RFC 4469).
    Catenate(Vec<CatPart>),
}

/// `cat-part` (RFC 4469)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatPart {
    /// TEXT: these octets.
    Text(Bytes),
    /// URL: what this points to, as sent.
    Url(String),
}
