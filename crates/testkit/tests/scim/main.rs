//! SCIM over real sockets: a directory brings people and groups, changes them and takes them away.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod groups;
mod refusals;
mod scene;
mod users;
