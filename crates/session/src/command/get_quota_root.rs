//! GETQUOTAROOT (RFC 9208, 4.1.2). Takes `r` (6): what is used tells what is there.
//!
//! The RFC lets one ask for a mailbox that is not there. Here the answer is then that there is none, or it
//! would tell who looks for hidden mailboxes.

use acl::Operation;
use wire::{MailboxArg, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome};
use crate::names::named::Missing;
use crate::out::Out;
use crate::quota::tell;

pub(crate) async fn run(session: &mut Session, mailbox: &MailboxArg, out: &mut Out<'_>) -> Outcome {
    let (named, permit) = session
        .permit(mailbox, Operation::Read, Missing::Mailbox)
        .await?;
    let quota = session.store.quota_of(permit.mailbox()).await?;
    let root = quota.as_ref().map(|quota| quota.root.as_str());
    say::quota_root(&mut out.buffer, session.speech(), named.name.as_str(), root);
    if let Some(quota) = &quota {
        tell(session, quota, out);
    }
    Ok(Done::completed())
}
