//! LOGIN (RFC 9051, 6.2.3).

use wire::Secret;

use crate::conversation::session::Session;
use crate::ending::{Outcome, Refused};
use crate::login::enter;

pub(crate) async fn run(session: &mut Session, user: &str, password: &Secret) -> Outcome {
    if !session.peer.security.may_login() {
        return Err(Refused::PrivacyRequired.into());
    }
    enter(session, user, password, None).await
}
