//! People of a directory: Debian's `slapd`, over real sockets, in TLS.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod following;
mod logins;
mod world;
