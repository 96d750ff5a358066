//! One client's conversation, without its socket: commands in, responses out.
//!
//! A handler resolves, permits, commits, learns, tells. No clock, no socket, no task is started
//! here: a handler may await the store, the open mailboxes and the authenticator, and nothing else.
//!
//! From below to above, and no file uses one that is above it:
//!
//! 1. `node`, `out`, `ending` and `report`: what a session is given, and how a command ends.
//! 2. `view`, `context`, `search`, the pure files of `names` and of `notify`: the parts that a session holds.
//! 3. `conversation`: the [`Session`] that holds them.
//! 4. What several commands need of a session: `names`, `search`, `fetch`, `arrival`, `notify`, `login`, `opened_by` and single files.
//! 5. `command`: a file each, and the table of them. Commands do not use each other.
//! 6. `dispatch`, `admission` and `unsolicited`: which command it is, and what is said without one.

mod activity;
mod admission;
mod annotations;
mod arrival;
mod capability;
mod command;
mod context;
mod conversation;
mod dispatch;
mod ending;
mod exchange;
mod fetch;
mod flags;
mod held;
mod lacking;
mod login;
mod message_limit;
mod names;
mod news;
mod node;
mod notify;
mod opened_by;
mod out;
mod quota;
mod race;
mod report;
mod search;
mod status;
mod unsolicited;
mod view;

pub use admission::Admission;
pub use conversation::session::Session;
pub use dispatch::Input;
pub use message_limit::MessageLimit;
pub use names::naming::split_login;
pub use names::trees::Trees;
pub use node::{
    Authenticator, BearerHint, BoxFuture, Challenged, ClientCertificate, LoginVerdict,
    MessageMemory, NoRoom, Node, Now, Peer, Reuse, Security, SubscribeOnGrant,
};
pub use opened_by::{Opened, opened_by};
pub use out::{Hangup, Out, Sink};
pub use report::{Next, Report};
pub use unsolicited::{ConnectionLimit, Goodbye, turn_away};
