//! Whole frontends over real sockets, on a real PostgreSQL.

#![expect(
    unused_crate_dependencies,
    reason = "the room's, and not all of its tests'"
)]
#![expect(
    clippy::unwrap_used,
    reason = "in tests, and in the helpers that are not marked as such"
)]

mod addresses;
mod agents;
mod applying;
mod certificates;
mod client;
mod client_certificates;
mod doctor;
mod imports;
mod letters;
mod lifecycle;
mod limits;
mod lmtp;
mod logins;
mod metrics;
mod otlp;
mod pages;
mod pooler;
mod process;
mod progress;
mod proxied;
mod remote;
mod remote_refusals;
mod settings;
mod setup;
mod teams;
mod tokens;
mod top;
mod verbs;
mod world;
