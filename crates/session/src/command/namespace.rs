//! NAMESPACE (RFC 2342).

use wire::say;

use crate::ending::Done;
use crate::out::Out;
use crate::session::Session;

pub(crate) fn run(session: &Session, out: &mut Out<'_>) -> Done {
    let spaces = &session.node.namespaces;
    let (others, shared) = ([spaces.others()], [spaces.shared()]);
    say::namespace(&mut out.buffer, session.speech(), &[""], &others, &shared);
    Done::completed()
}
