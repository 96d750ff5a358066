//! One mail transfer agent's LMTP conversation (RFC 2033 on RFC 5321), without its socket.
//!
//! Bytes go in; replies and questions come out: whether a recipient exists, whether a letter was delivered. Whoever
//! has the socket and the store answers them. What is added to a letter, what tells junk and what makes two letters
//! the same is here as well. Here are no sockets, clocks, rights or SQL, and nothing is ever sent on to others.
//!
//! Begin reading at [`Conversation`].

#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod command;
mod conversation;
mod dots;
mod duplicates;
mod forwarded;
mod input;
mod junk;
mod parameters;
mod path;
mod reply;
#[cfg(test)]
mod tests;
mod trace;
mod transaction;

pub use command::host_name;
pub use conversation::{Conversation, Step, Terms};
pub use duplicates::Duplicates;
pub use junk::{BadJunkRule, JunkRule, is_junk};
pub use reply::Reply;
pub use trace::{Arrival, Naming, letter_to_store};
pub use transaction::{AcceptedRecipient, MailTransaction};
