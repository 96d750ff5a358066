//! STATUS (RFC 9051, 6.3.11), with SIZE (RFC 8438), MAILBOXID (RFC 8474) and APPENDLIMIT
//! (RFC 7889).

use acl::Deed;
use mail::MailboxId;
use store::Status;
use wire::say::StatusValue;
use wire::{MailboxArg, StatusItem, say};

use crate::ending::{Done, Outcome, Refused};
use crate::names::Missing;
use crate::node::Node;
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
    let told = told(&session.node, items, permit.mailbox(), status);
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
    node: &Node,
    items: &[StatusItem],
    mailbox: MailboxId,
    status: &Status,
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
            StatusItem::AppendLimit => node.message_bytes_max as u64,
            StatusItem::MailboxId => {
                return StatusValue::ObjectId(node.store.object_ids().mailbox(mailbox));
            }
        })
    };
    items.iter().map(|&item| (item, value(item))).collect()
}
