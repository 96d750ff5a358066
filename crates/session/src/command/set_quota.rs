//! SETQUOTA (RFC 9208, 4.1.3), for site administrators.

use mail::{QuotaLimits, QuotaRoot, Resource};
use store::Fault;

use crate::conversation::session::Session;
use crate::ending::{Ending, Outcome, Refused};
use crate::out::Out;
use crate::quota;

pub(crate) async fn run(
    session: &mut Session,
    root: &str,
    limits: &[(String, u64)],
    out: &mut Out<'_>,
) -> Outcome {
    let account = session.logged_in()?;
    if !account.is_admin {
        return Err(Refused::NoPermission.into());
    }
    let actor = account.id;
    let root = QuotaRoot::parse(root)
        .map_err(|_| Refused::Cannot("A quota root is called user/NAME or shared/MAILBOX"))?;
    if let Some(right) = root.without_prefix(session.node.namespaces.shared()) {
        return Err(Refused::QuotaRootCalled(right).into());
    }
    let limits = limits
        .iter()
        .map(|(name, limit)| Some((Resource::parse(name)?, *limit)))
        .collect::<Option<QuotaLimits>>()
        .ok_or(Refused::Cannot(
            "Only STORAGE, MESSAGE and MAILBOX are limited",
        ))?;
    match session.store.set_quota(actor, &root, limits).await {
        Ok(()) => {}
        Err(Fault::Gone) => return Err(Refused::NoSuchQuotaRoot.into()),
        Err(fault) => return Err(Ending::from(fault)),
    }
    quota::tell_root(session, &root.to_string(), out).await
}
