//! Verbs by the HTTP API of a frontend, with `--server`: no configuration, no database. What a verb asks and what it prints is in its
//! own file, for both ways; here is how the API is asked for it.

mod activity;
mod addresses;
mod client;
mod groups;
mod lists;
mod mailboxes;
mod options;
mod quotas;
mod refusal;
mod sessions;
mod tokens;
mod users;

pub(super) use client::Remote;
pub(super) use options::{Options, ServerChoice};
