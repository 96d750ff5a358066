//! The HTTP API over real sockets: what somebody may do and learn by it, and how that ends.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test ends where it fails"
)]

mod administration;
mod client;
mod document;
mod hidden;
mod pages;
mod races;
mod scene;
mod teams;
mod tokens;
