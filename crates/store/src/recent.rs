//! Up to where the sessions of an account were told of a mailbox, for `\Recent` (RFC 3501, 2.3.2).

use acl::Permit;
use mail::Uid;

use crate::argument::ActorRow;
use crate::{Cause, Fault, Store};

impl Store {
    /// Notes that a session is told of all messages below `uid_next`. From the returned UID on they are recent to that
    /// session, and to none that claims them later. What is claimed already is not written once more.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when the mailbox is; [`Fault::Denied`] when the login has ended.
    #[tracing::instrument(name = "db.claim_recent", skip_all)]
    pub async fn claim_recent(&self, permit: &Permit, uid_next: Uid) -> Result<Uid, Fault> {
        let claimed = sqlx::query_scalar!(
            r#"select claim_recent(_actor => $1, _mailbox => $2, _uid_next => $3) as "claimed!""#,
            self.actor(permit.account()) as ActorRow,
            permit.mailbox().0,
            i64::from(uid_next),
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        read(claimed)
    }
}

fn read(uid: i64) -> Result<Uid, Fault> {
    Uid::from_i64(uid).ok_or_else(|| Fault::Broken(Cause::new("a UID out of range")))
}
