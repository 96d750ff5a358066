//! What is told of mailboxes that are not selected, and without being asked each time (RFC 5465).
//!
//! `live` says that something happened; here it is decided what this client may and wants to hear of
//! it. Rights are asked again before anything is said of a mailbox whose rights changed.
//!
//! `knowledge`, `own` and `scope` are pure; `notified` keeps them for a session. Above the session, `tell` answers an
//! event with `names`, `counters` and `entries`, and `own_changes` takes note of what the client did itself.

pub(crate) mod counters;
pub(crate) mod entries;
pub(crate) mod knowledge;
pub(crate) mod names;
pub(crate) mod notified;
pub(crate) mod own;
pub(crate) mod own_changes;
pub(crate) mod scope;
pub(crate) mod tell;
