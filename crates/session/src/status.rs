//! The counters of mailboxes, as STATUS, LIST and NOTIFY tell them.

use std::collections::HashMap;

use mail::{AccountId, MailboxId};
use store::{Readable, Status, Store};
use wire::StatusItem;
use wire::say::StatusValue;

use crate::ending::Ending;
use crate::names::named::Named;
use crate::node::Node;

/// The counters of one mailbox.
pub(crate) struct Counted {
    status: Status,
    /// The size of deleted messages, if it was asked for.
    deleted_bytes: u64,
}

/// The counters where DELETED-STORAGE was not asked for.
impl From<Status> for Counted {
    fn from(status: Status) -> Self {
        Self {
            status,
            deleted_bytes: 0,
        }
    }
}

/// The counters of a mailbox, where the statement that found it read all of them.
pub(crate) fn known(store: &Store, items: &[StatusItem], named: &Named) -> Option<Counted> {
    let Named {
        found, counters, ..
    } = named;
    if items.contains(&StatusItem::DeletedStorage) {
        return None;
    }
    let recent = if items.contains(&StatusItem::Recent) {
        counters.recent()?
    } else {
        0
    };
    store
        .status_known(found, counters, recent)
        .map(Counted::from)
}

/// The counters of each mailbox that is still there and may still be read, in one query, or in two where DELETED-STORAGE is asked for.
pub(crate) async fn count(
    store: &Store,
    account: AccountId,
    items: &[StatusItem],
    mailboxes: &[Readable],
) -> Result<HashMap<MailboxId, Counted>, Ending> {
    let deleted_bytes: HashMap<_, _> = if items.contains(&StatusItem::DeletedStorage) {
        let ids: Vec<_> = mailboxes.iter().map(|judged| judged.mailbox).collect();
        store.deleted_bytes(&ids).await?.into_iter().collect()
    } else {
        HashMap::new()
    };
    let counted = if items.contains(&StatusItem::Recent) {
        store.status_with_recent(account, mailboxes).await?
    } else {
        store.status(account, mailboxes).await?
    };
    let with_bytes = |(mailbox, status)| {
        let counted = Counted {
            status,
            deleted_bytes: deleted_bytes.get(&mailbox).copied().unwrap_or(0),
        };
        (mailbox, counted)
    };
    Ok(counted.into_iter().map(with_bytes).collect())
}

/// The items that were asked for, in their order.
pub(crate) fn told(
    node: &Node,
    items: &[StatusItem],
    mailbox: MailboxId,
    counted: &Counted,
) -> Vec<(StatusItem, StatusValue)> {
    let Counted {
        status,
        deleted_bytes,
    } = counted;
    let value = |item| {
        StatusValue::Number(match item {
            StatusItem::Messages => status.messages,
            StatusItem::Recent => status.recent,
            StatusItem::UidNext => u64::from(status.uid_next.get()),
            StatusItem::UidValidity => u64::from(status.uid_validity.get()),
            StatusItem::Unseen => status.unseen,
            StatusItem::Deleted => status.deleted,
            StatusItem::DeletedStorage => *deleted_bytes,
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
