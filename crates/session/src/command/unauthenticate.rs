//! UNAUTHENTICATE (RFC 8437). Whatever a login brought ends with it; TLS and ID stay.

use crate::conversation::session::Session;
use crate::ending::{Done, Ending};
use crate::node::Reuse;
use crate::report::{CommandStep, Next};

pub(crate) async fn run(session: &mut Session) -> Result<CommandStep, Ending> {
    if session.node.reuse == Reuse::Refused {
        return Err(Ending::malformed("There is no such command"));
    }
    session.leave_selected().await;
    session.end_login();
    Ok(CommandStep::Last(Done::completed(), Next::StartOver))
}
