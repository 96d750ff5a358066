//! SETACL (RFC 4314, 3.1).

use acl::{Identifier, Modification, Operation, Rights, Subject, domain_of};
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
    let is_unknown = modification.gives() != Rights::NONE && is_nobody(session, &subject).await?;
    Ok(Done {
        code: None,
        text: if is_unknown {
            "Completed, but nobody has that name yet"
        } else {
            "Completed"
        },
    })
}

/// Whether no user or group has the name, which is told within one domain only: who is there elsewhere is not for this
/// user to know.
async fn is_nobody(session: &Session, subject: &Subject) -> Result<bool, Ending> {
    let (Identifier::User(name) | Identifier::Group(name)) = &subject.identifier else {
        return Ok(false);
    };
    if domain_of(name) != domain_of(&session.logged_in()?.name) {
        return Ok(false);
    }
    let nobodies = session.store.nobodies([&subject.identifier]).await?;
    Ok(!nobodies.is_empty())
}
