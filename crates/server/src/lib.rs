//! The server: sockets, TLS, signals, the clock, configuration, telemetry, and the verbs of the command
//! line.
//!
//! Decisions about mail never live here.

mod agents;
mod authenticator;
mod bus_link;
mod certificate_files;
pub mod cli;
mod client_certificates;
pub mod config;
mod connection;
mod connection_slots;
mod database;
mod database_link;
mod directory_sync;
mod drain;
mod environment;
mod error;
mod failures;
mod frontend;
mod http;
mod identities;
mod identity_provider;
mod lease;
mod listen;
mod listener;
mod lmtp;
mod lock;
mod memory;
mod metrics;
mod new_password;
mod panics;
mod proxied;
mod registry;
mod telemetry;
mod tls;
mod trust;
mod upkeep;
mod validity;
mod web;

pub use error::ServerError;
pub use frontend::{Addresses, Frontend};
pub use tls::TlsError;

// For the tests of whole frontends.
#[cfg(test)]
use base64 as _;
