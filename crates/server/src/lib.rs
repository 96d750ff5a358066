//! Everything that touches the outside world: sockets, TLS, signals, the clock, configuration,
//! telemetry, and the verbs of the command line.
//!
//! Decisions about mail never live here.

pub mod cli;
pub mod config;
mod http;
mod metrics;
mod outside;
mod seats;
mod telemetry;
mod tls;
