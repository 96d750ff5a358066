//! STATUS (RFC 9051, 6.3.11), with SIZE (RFC 8438), MAILBOXID (RFC 8474) APPENDLIMIT
//! (RFC 7889) and DELETED-STORAGE (RFC 9208).

use acl::Operation;
use store::Readable;
use wire::{MailboxArg, StatusItem, say};

use crate::conversation::session::Session;
use crate::ending::{Done, Outcome, Refused};
use crate::names::named::Missing;
use crate::out::Out;
use crate::status;

pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    items: &[StatusItem],
    out: &mut Out<'_>,
) -> Outcome {
    let (named, permit) = session
        .permit(mailbox, Operation::Read, Missing::Mailbox)
        .await?;
    session.note_status(items, &mut out.buffer);
    let known = status::known(&session.store, items, &named);
    let counted = match known {
        Some(counted) => counted,
        None => {
            let judged = Readable::from(&permit);
            let account = permit.account();
            let mut counted = status::count(&session.store, account, items, &[judged]).await?;
            let counted = counted.remove(&permit.mailbox());
            counted.ok_or(Refused::NoSuchMailbox)?
        }
    };
    let told = status::told(&session.node, items, permit.mailbox(), &counted);
    say::status(
        &mut out.buffer,
        session.speech(),
        named.name.as_str(),
        &told,
    );
    Ok(Done::completed())
}
