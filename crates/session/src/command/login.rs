//! LOGIN (RFC 9051, 6.2.3), and what AUTHENTICATE has in common with it.

use tracing::info;
use wire::Secret;

use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::node::LoginVerdict;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, user: &str, password: &Secret) -> Outcome {
    if !session.peer.security.may_login() {
        return Err(Refused::PrivacyRequired.into());
    }
    enter(session, user, password).await
}

/// Opens the door, or says why not without telling which of the two was wrong.
pub(crate) async fn enter(session: &mut Session, user: &str, password: &Secret) -> Outcome {
    let address = session.peer.address.ip();
    match session.node.door.login(user, password, address).await {
        LoginVerdict::Welcome(account) => {
            let guests = session.node.live.guests();
            let stay = guests.welcome(account.id, account.password_version);
            session.stay = Some(stay.await?);
            info!(user.id = %account.id, "logged in");
            session.begin(account);
            let names = session.capabilities();
            Ok(Done {
                code: Some(DoneCode::Capability(names)),
                text: "Logged in",
            })
        }
        LoginVerdict::Refused => {
            session.store.note_refusal(user, address.to_canonical());
            Err(Refused::LoginFailed.into())
        }
        LoginVerdict::TooMany => Err(Refused::TooManyLogins.into()),
        LoginVerdict::Unavailable => Err(Ending::Refused(Refused::Unavailable(
            "Logins cannot be checked right now",
        ))),
    }
}
