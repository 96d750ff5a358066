//! DELETEACL (RFC 4314, 3.2).

use acl::{Operation, Subject};
use tracing::info;
use wire::MailboxArg;

use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome};
use crate::names::named::Missing;

/// To delete an entry that is not there is no error: afterwards it is not there.
pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg, identifier: &str) -> Outcome {
    let subject = Subject::parse(identifier).map_err(Ending::malformed_as)?;
    let (_, permit) = session
        .permit(mailbox, Operation::Administer, Missing::Mailbox)
        .await?;
    session.store.delete_rights(&permit, &subject).await?;
    info!(mailbox.id = %permit.mailbox(), user.id = %permit.account(), "changed rights");
    Ok(Done::completed())
}
