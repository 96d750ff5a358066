//! Panics on request: how tests see what a panic takes with it. A release build has none of it.

/// Panics when `message` begins with the header field `X-Postroom-Panic` and names this place. Only in builds with
/// debug assertions.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "the purpose")]
pub fn panic_if_asked(place: &str, message: &[u8]) {
    let asked = message.strip_prefix(b"X-Postroom-Panic: ");
    if asked.is_some_and(|asked| asked.starts_with(place.as_bytes())) {
        panic!("a test asked for this");
    }
}

/// Does nothing in a release.
#[cfg(not(debug_assertions))]
pub const fn panic_if_asked(_place: &str, _message: &[u8]) {}
