//! LOGIN (RFC 9051, 6.2.3).

use wire::Secret;

use crate::conversation::session::Session;
use crate::ending::{Outcome, Refused};
use crate::login::enter;

pub(crate) async fn run(session: &mut Session, user: &str, password: &Secret) -> Outcome {
    if !session.peer.security.may_login() {
        return Err(Refused::PrivacyRequired.into());
    }
    if !session.circumstances().takes_passwords() {
        return Err(Refused::Cannot("Passwords are not taken").into());
    }
    enter(session, user, password, None).await
}
