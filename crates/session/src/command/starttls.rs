//! STARTTLS (RFC 9051, 6.2.1). The connection shakes hands once the answer is written.

use crate::conversation::session::Session;
use crate::ending::{Done, Ending};
use crate::node::Security;
use crate::report::{CommandStep, Next};

pub(crate) fn run(session: &Session) -> Result<CommandStep, Ending> {
    match session.peer.security {
        Security::Plain {
            may_starttls: true, ..
        } => {
            let done = Done {
                code: None,
                text: "Begin TLS now",
            };
            Ok(CommandStep::Last(done, Next::StartTls))
        }
        Security::Plain {
            may_starttls: false,
            ..
        } => Err(Ending::malformed("TLS is not configured")),
        Security::Tls => Err(Ending::malformed("TLS is already active")),
    }
}
