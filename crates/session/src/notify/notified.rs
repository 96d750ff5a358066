//! What a client has asked for by NOTIFY, and what is kept so that it can be told.

use std::collections::BTreeSet;

use live::{NotifyWatcher, PendingEvents};
use mail::{MailboxId, MailboxName};
use wire::{FetchItem, SelectedEvents};

use crate::ending::Ending;
use crate::notify::knowledge::ClientKnowledge;
use crate::notify::own::OwnChanges;
use crate::notify::scope::Scope;

/// What the client has said by NOTIFY.
#[derive(Debug, Default)]
pub(crate) enum Notified {
    /// The client has not used NOTIFY: it is told of the selected mailbox, during commands.
    #[default]
    AsEver,
    /// The client said `NOTIFY NONE`, or there was too much to tell.
    Nothing,
    /// The client said `NOTIFY SET`.
    AsAsked(Box<NotifySet>),
}

/// A NOTIFY SET that is in force.
#[derive(Debug)]
pub(crate) struct NotifySet {
    pub(super) selected: Option<SelectedEvents>,
    pub(super) others: Option<Others>,
}

/// What it asks for of mailboxes that are not selected.
#[derive(Debug)]
pub(super) struct Others {
    pub(super) scope: Scope,
    pub(super) notify_watcher: NotifyWatcher,
    pub(super) knowledge: ClientKnowledge,
    /// Names of which the client was told that they are out of reach, and which `knowledge` no longer holds.
    pub(super) lost: BTreeSet<MailboxName>,
    pub(super) own: OwnChanges,
}

/// Whether a NOTIFY tells how things are to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// `SET STATUS`
    Status,
    /// `SET`
    Silent,
}

impl Notified {
    /// What was asked for of the selected mailbox; `None` where NOTIFY was not used.
    pub(crate) fn selected(&self) -> Option<Option<&SelectedEvents>> {
        match self {
            Self::AsEver => None,
            Self::Nothing => Some(None),
            Self::AsAsked(notify) => Some(notify.selected.as_ref()),
        }
    }

    /// Whether flags of the selected mailbox are told by NOTIFY, which names the UID (RFC 5465, 5.1).
    pub(crate) fn has_flags(&self) -> bool {
        matches!(self.selected(), Some(Some(selected)) if selected.has_flags)
    }

    /// What to tell of a message that arrives.
    pub(crate) fn attributes(&self) -> &[FetchItem] {
        match self.selected() {
            Some(Some(selected)) => &selected.attributes,
            Some(None) | None => &[],
        }
    }

    /// Whether something may be said between commands.
    pub(crate) fn is_set(&self) -> bool {
        matches!(self, Self::AsAsked(_))
    }

    /// Resolves when there is something to say of mailboxes that are not selected. May be dropped at
    /// any time.
    pub(crate) async fn rung(&self) {
        match self {
            Self::AsAsked(notify) if let Some(others) = &notify.others => {
                others.notify_watcher.arrived().await;
            }
            Self::AsEver | Self::Nothing | Self::AsAsked(_) => std::future::pending().await,
        }
    }

    pub(super) fn others(&mut self) -> Option<&mut Others> {
        match self {
            Self::AsAsked(notify) => notify.others.as_mut(),
            Self::AsEver | Self::Nothing => None,
        }
    }
}

impl Others {
    pub(super) fn is_subscribed(&self, name: &MailboxName) -> bool {
        self.knowledge.subscribed.contains(name)
    }

    /// Whether something happened in a mailbox by other rights than are known here.
    pub(super) fn is_outdated(&self, pending_events: &PendingEvents) -> bool {
        pending_events.mailboxes.iter().any(|(id, mailbox_event)| {
            let known = self.knowledge.mailboxes.get(id);
            known.is_some_and(|known| known.rights_version != mailbox_event.rights_version)
        })
    }

    /// The name by which changes of annotations are told, which is empty for those of the server.
    pub(super) fn metadata_name(&self, mailbox: Option<MailboxId>) -> Option<&str> {
        let Some(id) = mailbox else {
            return self.scope.has_server_metadata().then_some("");
        };
        let known = self.knowledge.mailboxes.get(&id)?;
        known.tells_metadata().then_some(known.name.as_str())
    }

    pub(super) async fn watch(&self) -> Result<(), Ending> {
        let seen: Vec<MailboxId> = self.knowledge.mailboxes.keys().copied().collect();
        Ok(self
            .notify_watcher
            .watch(&self.knowledge.watched(), seen)
            .await?)
    }
}
