//! GETQUOTA (RFC 9208, 4.1.1). Takes no right, but how much others have is not for everybody (8).

use store::Quota;
use wire::say;

use crate::ending::{Done, Outcome, Refused};
use crate::out::Out;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session, root: &str, out: &mut Out<'_>) -> Outcome {
    let account = session.logged_in()?.id;
    let Some(quota) = session.store.quota(account, root).await? else {
        return Err(Refused::NoSuchQuotaRoot.into());
    };
    tell(session, &quota, out);
    Ok(Done::completed())
}

pub(super) fn tell(session: &Session, quota: &Quota, out: &mut Out<'_>) {
    say::quota(
        &mut out.buffer,
        session.speech(),
        &quota.root,
        &quota.usages,
    );
}
