//! CANCELUPDATE (RFC 5267, 4.3.5).

use crate::ending::{Done, Outcome, Refused};
use crate::session::Session;

pub(crate) fn run(session: &mut Session, tags: &[String]) -> Outcome {
    if session.selected()?.contexts.cancel(tags) {
        Ok(Done::completed())
    } else {
        Err(Refused::NoSuchContext.into())
    }
}
