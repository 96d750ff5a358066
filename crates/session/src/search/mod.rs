//! Searching: from a search key to the messages that it names, and to the order in which they are told.
//!
//! `target`, `criteria`, `state` and `finding` decide, and `effort` counts what that takes; `loaded_messages` and `digested` read what is needed to decide;
//! `searcher` puts both together for any mailboxes, `of_selected` for the selected one.

pub(crate) mod bounded;
pub(crate) mod counting;
pub(crate) mod criteria;
pub(crate) mod digested;
pub(crate) mod effort;
pub(crate) mod filters;
pub(crate) mod finding;
pub(crate) mod loaded_messages;
pub(crate) mod of_selected;
pub(crate) mod searcher;
pub(crate) mod slices;
pub(crate) mod sorting;
pub(crate) mod sources;
pub(crate) mod state;
pub(crate) mod target;
