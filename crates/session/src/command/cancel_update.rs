//! CANCELUPDATE (RFC 5267, 4.3.5).

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};

pub(crate) fn run(session: &mut Session, tags: &[String]) -> Outcome {
    if session.selected()?.contexts.cancel(tags) {
        Ok(Done::completed())
    } else {
        Err(Refused::NoSuchContext.into())
    }
}
