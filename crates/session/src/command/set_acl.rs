//! SETACL (RFC 4314, 3.1).

use acl::{Modification, Operation, Subject};
use tracing::info;
use wire::MailboxArg;

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome, Refused};
use crate::names::named::Missing;

/// What is wrong with the identifier or the rights is wrong for every mailbox: BAD, and nothing
/// is looked up.
pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    identifier: &str,
    rights: &str,
) -> Outcome {
    let subject = Subject::parse(identifier).map_err(Ending::malformed_as)?;
    let modification = Modification::parse(rights).map_err(Ending::malformed_as)?;
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
    info!(mailbox.id = %permit.mailbox(), user.id = %permit.account(), "changed rights");
    Ok(Done::completed())
}
