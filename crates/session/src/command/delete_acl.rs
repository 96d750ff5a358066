//! DELETEACL (RFC 4314, 3.2).

use acl::{Operation, Subject};
use wire::MailboxArg;

use super::set_acl::malformed;
use crate::ending::{Done, Outcome};
use crate::names::Missing;
use crate::session::Session;

/// To delete an entry that is not there is no error: afterwards it is not there.
pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg, identifier: &str) -> Outcome {
    let subject = Subject::parse(identifier).map_err(malformed)?;
    let (_, permit) = session
        .permit(mailbox, Operation::Administer, Missing::Mailbox)
        .await?;
    session.store.delete_rights(&permit, &subject).await?;
    Ok(Done::completed())
}
