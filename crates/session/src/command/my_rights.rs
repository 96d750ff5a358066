//! MYRIGHTS (RFC 4314, 3.5): the rights by which everything else is decided.

use acl::Operation;
use wire::{MailboxArg, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::names::named::Missing;
use crate::out::Out;

pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg, out: &mut Out<'_>) -> Outcome {
    let (named, _) = session
        .permit(mailbox, Operation::ReadMyRights, Missing::Mailbox)
        .await?;
    let rights = named.found.access.rights.to_string();
    say::my_rights(
        &mut out.buffer,
        session.speech(),
        named.name.as_str(),
        &rights,
    );
    Ok(Done::completed())
}
