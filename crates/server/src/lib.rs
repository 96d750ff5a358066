//! Everything that touches the outside world: sockets, TLS, signals, the clock, configuration,
//! telemetry, and the verbs of the command line.
//!
//! Decisions about mail never live here.

mod authenticator;
pub mod cli;
pub mod config;
mod connection;
mod connection_slots;
mod database;
mod drain;
mod frontend;
mod http;
mod listen;
mod metrics;
mod outside;
mod registry;
mod stats_collector;
mod telemetry;
mod tls;
mod trouble;
mod upkeep;

pub use frontend::{Addresses, Frontend};
pub use tls::TlsTrouble;
pub use trouble::Trouble;
