//! One client's conversation, without its socket: commands in, responses out.
//!
//! A handler resolves, permits, commits, learns, tells. No clock, no socket, no task is started
//! here: a handler may await the store, the open mailboxes and the door, and nothing else.

mod activity;
mod admission;
mod capability;
mod command;
mod commands;
mod context;
mod create_permit;
mod criteria;
mod digested;
mod dispatch;
mod enabled;
mod ending;
mod filter;
mod filters;
mod finding;
mod listing;
mod loaded_messages;
mod message_limit;
mod names;
mod naming;
mod node;
mod notifications;
mod notify;
mod out;
mod search_state;
mod search_target;
mod selected;
mod session;
mod sorting;
mod sources;
mod unsolicited;
mod view;

pub use admission::Admission;
pub use create_permit::create_permit;
pub use dispatch::{Input, Next, Report};
pub use message_limit::MessageLimit;
pub use node::{
    Authenticator, BoxFuture, LoginVerdict, Node, Now, Peer, Reuse, Security, SubscribeOnGrant,
};
pub use out::{Hangup, Out, Sink};
pub use session::Session;
pub use unsolicited::Goodbye;
