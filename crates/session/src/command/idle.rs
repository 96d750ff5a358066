//! IDLE (RFC 2177): the connection wakes the session whenever there is news.

use wire::{Tag, say};

use crate::conversation::session::{Awaiting, Session};
use crate::ending::{Done, Ending, Outcome};
use crate::out::Out;
use crate::report::CommandStep;

pub(crate) async fn run(session: &mut Session, tag: &Tag, out: &mut Out<'_>) -> CommandStep {
    say::continuation(&mut out.buffer, "idling");
    session.awaiting = Awaiting::Idle { tag: tag.clone() };
    session.tell_unsolicited(out).await;
    CommandStep::Later
}

/// The line that ends it.
pub(crate) fn done(line: &[u8]) -> Outcome {
    if line.eq_ignore_ascii_case(b"DONE") {
        Ok(Done::completed())
    } else {
        Err(Ending::malformed("Expected DONE"))
    }
}
