//! Bytes to commands, responses to bytes.
//!
//! Framing with literals, the command grammar, the response writer, modified UTF-7 and the base64
//! lines of SASL live here, without a socket. I/O, rights, and what the session knows or is
//! allowed never do: a command that this room understands may still be refused above.
//!
//! [`Framer`] cuts bytes into [`Frame`]s and announces literals before they are read; [`parse()`]
//! makes a [`Command`] of a frame; [`say`] appends responses to a buffer. Each command has one
//! grammar, either here or in `imap-codec` ([`GRAMMARS`] says which); outside the tests only
//! `parse/codec.rs` names that crate.

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod announcement;
mod chars;
mod command;
mod frame;
mod head;
mod lex;
mod mode;
mod parse;
mod partial;
mod sasl;
pub mod say;
#[cfg(test)]
mod tests;
mod url;
mod utf7;

pub use announcement::{FrameFault, LiteralMode};
pub use command::{
    AddressField, AppendContent, AppendMessage, BinarySection, Body, BodySection, CatPart, Command,
    DateTest, Direction, Esearch, EventGroup, Fetch, FetchItem, GetMetadata, List, ListReturn,
    ListSelect, MailboxArg, MailboxFilter, MessageEvents, MessageSet, Notify, NotifyEvents,
    NumberEnd, NumberRange, NumberSet, Numbering, Qresync, Search, SearchKey, SearchReturn, Secret,
    SectionText, Select, SelectedEvents, Sort, SortCriterion, SortKey, Sources, Spelling,
    StatusItem, StoreOperation, StoreRequest, Tag, ThreadAlgorithm,
};
pub use frame::{Announced, Expect, Frame, Framer, FramerStep, GivenUp, Limits, UploadProgress};
pub use mode::Mode;
pub use parse::{GRAMMARS, Grammar, Malformed, is_filter_name, parse, parse_criteria};
pub use partial::{PartialRange, ResultEnd};
pub use sasl::{SaslLine, sasl_decode};
pub use say::{Code, Speech, Verdict};
pub use url::MessageUrl;
pub use utf7::{mutf7_decode, mutf7_encode};
