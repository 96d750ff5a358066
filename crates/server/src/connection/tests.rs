//! What an idle connection costs.

use super::Connection;

/// The future that `start` would return, without calling it.
fn future_bytes<A, F>(_start: impl FnOnce(A) -> F) -> usize {
    size_of::<F>()
}

/// Beside it there are the socket, TLS and what the session has selected. A single array in any
/// branch would show here, and cost every idle client as much.
#[test]
fn an_idle_connection_is_small() {
    let bytes = size_of::<Connection>() + future_bytes(Connection::run);
    assert!(bytes < 2048, "{bytes} bytes");
}
