//! LOGIN (RFC 9051, 6.2.3).

use wire::Secret;

use crate::conversation::session::Session;
use crate::ending::{Outcome, Refused};
use crate::login::{Role, enter};
use crate::names::naming::split_login;

pub(crate) async fn run(session: &mut Session, user: &str, password: &Secret) -> Outcome {
    if !session.peer.security.may_login() {
        return Err(Refused::PrivacyRequired.into());
    }
    let (user, tree) = split_login(user);
    enter(
        session,
        user,
        password,
        tree.map_or(Role::Oneself, Role::Tree),
    )
    .await
}
