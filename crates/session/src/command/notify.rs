//! NOTIFY (RFC 5465, 3.1).

use wire::Notify;

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};
use crate::notify::notified::{Beginning, Notified};
use crate::notify::scope::Scope;
use crate::out::Out;

pub(crate) async fn run(session: &mut Session, notify: Notify, out: &mut Out<'_>) -> Outcome {
    match notify {
        Notify::None => session.notified = Notified::Nothing,
        Notify::Unsupported => return Err(Refused::BadEvent.into()),
        Notify::Set {
            tells_status,
            selected,
            groups,
        } => {
            let beginning = if tells_status {
                Beginning::Status
            } else {
                Beginning::Silent
            };
            session
                .notify(selected, Scope::new(&groups), beginning, out)
                .await?;
        }
    }
    Ok(Done::completed())
}
