//! COMPRESS (RFC 4978). The connection compresses from the end of the answer on.

use super::Step;
use crate::dispatch::Next;
use crate::ending::{Done, Ending};
use crate::session::Session;

pub(crate) fn run(session: &mut Session) -> Result<Step, Ending> {
    if session.is_compressed {
        return Err(Ending::malformed("DEFLATE is already active"));
    }
    session.is_compressed = true;
    let done = Done {
        code: None,
        text: "DEFLATE is active",
    };
    Ok(Step::Last(done, Next::Compress))
}
