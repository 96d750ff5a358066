//! SETACL (RFC 4314, 3.1).

use std::fmt;

use acl::{Modification, Operation, Subject};
use wire::MailboxArg;

use crate::ending::{Done, Ending, Outcome, Refused};
use crate::names::Missing;
use crate::session::Session;

/// What is wrong with the identifier or the rights is wrong for every mailbox: BAD, and nothing
/// is looked up.
pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    identifier: &str,
    rights: &str,
) -> Outcome {
    let subject = Subject::parse(identifier).map_err(malformed)?;
    let modification = Modification::parse(rights).map_err(malformed)?;
    let (named, permit) = session
        .permit(mailbox, Operation::Administer, Missing::Mailbox)
        .await?;
    let grantable = acl::grantable(&subject, &named.found.who, session.node.everybody);
    if !grantable.contains(modification.gives()) {
        return Err(Refused::ForSiteAdministrators.into());
    }
    session
        .store
        .set_rights(&permit, &subject, modification)
        .await?;
    Ok(Done::completed())
}

pub(super) fn malformed(why: impl fmt::Display) -> Ending {
    Ending::Malformed(why.to_string().into())
}
