//! CHECK (RFC 3501, 6.4.1).

use crate::ending::Done;

/// What was answered OK is durable already: there is no housekeeping that a client could ask for.
pub(crate) fn run() -> Done {
    Done::completed()
}
