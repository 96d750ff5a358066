//! A quota and what is used of it, as GETQUOTA tells it (RFC 9208).

use store::Quota;
use wire::say;

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};
use crate::out::Out;

/// Tells the quota of `root`, if this user may know it.
pub(crate) async fn tell_root(session: &Session, root: &str, out: &mut Out<'_>) -> Outcome {
    let account = session.logged_in()?.id;
    let Some(quota) = session.store.quota(account, root).await? else {
        return Err(Refused::NoSuchQuotaRoot.into());
    };
    tell(session, &quota, out);
    Ok(Done::completed())
}

pub(crate) fn tell(session: &Session, quota: &Quota, out: &mut Out<'_>) {
    say::quota(
        &mut out.buffer,
        session.speech(),
        &quota.root,
        &quota.usages,
    );
}
