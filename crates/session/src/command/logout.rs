//! LOGOUT (RFC 9051, 6.1.3).

use wire::say;

use crate::conversation::session::Session;
use crate::ending::Done;
use crate::out::Out;
use crate::report::{CommandStep, Next};

pub(crate) async fn run(session: &mut Session, out: &mut Out<'_>) -> CommandStep {
    // A client that leaves is told no news any more.
    session.leave_selected().await;
    say::bye(&mut out.buffer, None, "Goodbye");
    CommandStep::Last(Done::completed(), Next::Close)
}
