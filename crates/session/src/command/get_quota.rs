//! GETQUOTA (RFC 9208, 4.1.1). Takes no right, but how much others have is not for everybody (8).

use crate::conversation::session::Session;
use crate::ending::Outcome;
use crate::out::Out;
use crate::quota;

pub(crate) async fn run(session: &mut Session, root: &str, out: &mut Out<'_>) -> Outcome {
    quota::tell_root(session, root, out).await
}
