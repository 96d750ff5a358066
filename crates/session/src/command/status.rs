//! STATUS (RFC 9051, 6.3.11), with SIZE (RFC 8438) and MAILBOXID (RFC 8474).

use acl::Deed;
use mail::MailboxId;
use store::{ObjectIds, Status};
use wire::say::StatusValue;
use wire::{MailboxArg, StatusItem, say};

use crate::ending::{Done, Outcome, Refused};
use crate::names::Missing;
use crate::out::Out;
use crate::session::Session;

pub(crate) async fn run(
    session: &mut Session,
    mailbox: &MailboxArg,
    items: &[StatusItem],
    out: &mut Out<'_>,
) -> Outcome {
    let (named, permit) = session
        .permit(mailbox, Deed::Read, Missing::Mailbox)
        .await?;
    enable_condstore(session, items);
    let account = permit.account();
    let counted = session.store.status(account, &[permit.mailbox()]).await?;
    let Some((_, status)) = counted.first() else {
        return Err(Refused::NoSuchMailbox.into());
    };
    let told = told(items, permit.mailbox(), status, session.store.object_ids());
    say::status(
        &mut out.buffer,
        session.speech(),
        named.name.as_str(),
        &told,
    );
    Ok(Done::completed())
}

/// To ask for HIGHESTMODSEQ is to speak CONDSTORE (RFC 7162, 3.1.8).
pub(crate) fn enable_condstore(session: &mut Session, items: &[StatusItem]) {
    session.enabled.condstore |= items.contains(&StatusItem::HighestModSeq);
}

/// What was asked for, in its order.
pub(crate) fn told(
    items: &[StatusItem],
    mailbox: MailboxId,
    status: &Status,
    ids: &ObjectIds,
) -> Vec<(StatusItem, StatusValue)> {
    let value = |item| {
        StatusValue::Number(match item {
            StatusItem::Messages => status.messages,
            // `\Recent` is never set: nobody can be the first to see what many watch.
            StatusItem::Recent => 0,
            StatusItem::UidNext => u64::from(status.uid_next.get()),
            StatusItem::UidValidity => u64::from(status.uid_validity.get()),
            StatusItem::Unseen => status.unseen,
            StatusItem::Deleted => status.deleted,
            StatusItem::Size => status.size,
            StatusItem::HighestModSeq => status.modseq.get(),
            StatusItem::MailboxId => return StatusValue::ObjectId(ids.mailbox(mailbox)),
        })
    };
    items.iter().map(|&item| (item, value(item))).collect()
}
