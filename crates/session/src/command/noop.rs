//! NOOP (RFC 9051, 6.1.2).

use crate::ending::Done;

/// What is new is told at the end of every command, so there is nothing left to do.
pub(crate) fn run() -> Done {
    Done::completed()
}
