//! NAMESPACE (RFC 2342).

use wire::say;

use crate::conversation::session::Session;
use crate::ending::Done;
use crate::out::Out;

pub(crate) fn run(session: &Session, out: &mut Out<'_>) -> Done {
    let prefixes = session.naming.prefixes(&session.node.namespaces);
    say::namespace(
        &mut out.buffer,
        session.speech(),
        &[""],
        &prefixes.others,
        &prefixes.shared,
    );
    Done::completed()
}
