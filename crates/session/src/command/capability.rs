//! CAPABILITY (RFC 9051, 6.1.1).

use wire::say;

use crate::conversation::session::Session;
use crate::ending::Done;
use crate::out::Out;

pub(crate) fn run(session: &Session, out: &mut Out<'_>) -> Done {
    say::capability(&mut out.buffer, &session.capabilities());
    Done::completed()
}
