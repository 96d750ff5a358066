//! COMPRESS (RFC 4978). The connection compresses from the end of the answer on.

use crate::conversation::session::Session;
use crate::ending::{Done, Ending};
use crate::report::{CommandStep, Next};

pub(crate) fn run(session: &mut Session) -> Result<CommandStep, Ending> {
    if session.is_compressed {
        return Err(Ending::malformed("DEFLATE is already active"));
    }
    session.is_compressed = true;
    let done = Done {
        code: None,
        text: "DEFLATE is active",
    };
    Ok(CommandStep::Last(done, Next::Compress))
}
