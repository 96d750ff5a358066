//! What an idle connection costs.

use super::Connection;

/// Two kilobytes, and what it takes to give way to the uploads of others and to remember a certificate.
const BYTES_MAX: usize = 2048 + 72;

/// The future that `start` would return, without calling it.
fn future_bytes<A, F>(_start: impl FnOnce(A) -> F) -> usize {
    size_of::<F>()
}

/// Beside it there are the socket, TLS and what the session has selected. A single array in any
/// branch would show here, and cost every idle client as much.
#[test]
fn an_idle_connection_is_small() {
    let bytes = size_of::<Connection>() + future_bytes(Connection::run);
    assert!(bytes < BYTES_MAX, "{bytes} bytes");
}
