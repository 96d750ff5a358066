//! UNAUTHENTICATE (RFC 8437). Whatever a login brought ends with it; TLS and ID stay.

use crate::conversation::session::Session;
use crate::ending::{Done, Ending};
use crate::node::Reuse;
use crate::report::{Next, Step};

pub(crate) fn run(session: &mut Session) -> Result<Step, Ending> {
    if session.node.reuse == Reuse::Refused {
        return Err(Ending::malformed("There is no such command"));
    }
    session.end_login();
    Ok(Step::Last(Done::completed(), Next::StartOver))
}
