//! NOOP (RFC 9051, 6.1.2).

use crate::ending::Done;

/// What is new was learned before (see `asks` in the table of commands) and is told at the end, so there is nothing
/// left to do.
pub(crate) fn run() -> Done {
    Done::completed()
}
