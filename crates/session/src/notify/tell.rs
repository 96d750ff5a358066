//! A NOTIFY begins, and events of mailboxes that are not selected are told.

use std::collections::BTreeSet;

use mail::MailboxName;
use wire::{Code, NotifyEvents, SelectedEvents, Verdict, say};

use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::notify::knowledge::{ClientKnowledge, ListUpdate, ListUpdates};
use crate::notify::notified::{Beginning, Notified, NotifySet, Others};
use crate::notify::own::OwnChanges;
use crate::notify::scope::Scope;
use crate::out::Out;

impl Session {
    /// Begins to tell what NOTIFY SET asks for and, with [`Beginning::Status`], tells the counters as they are.
    pub(crate) async fn notify(
        &mut self,
        selected: Option<SelectedEvents>,
        scope: Scope,
        beginning: Beginning,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let account = self.logged_in()?.id;
        let others = if scope.is_empty() {
            None
        } else {
            let mut others = Others {
                scope,
                notify_watcher: self.node.live.notify_watchers().open(account).await?,
                knowledge: ClientKnowledge::default(),
                lost: BTreeSet::new(),
                own: OwnChanges::default(),
            };
            self.begin_with(&mut others, beginning, out).await?;
            Some(others)
        };
        self.notified = Notified::AsAsked(Box::new(NotifySet { selected, others }));
        Ok(())
    }

    /// Says what is new of mailboxes that are not selected.
    ///
    /// # Errors
    ///
    /// When the rights of this user could not be read.
    pub(crate) async fn tell_others(&mut self, out: &mut Out<'_>) -> Result<(), Ending> {
        // Taken out while it is told, because telling borrows the whole session.
        let mut notified = std::mem::take(&mut self.notified);
        let told = match notified.others() {
            None => Ok(()),
            Some(others) => self.tell_pending(others, out).await,
        };
        self.notified = notified;
        if let Err(Ending::Refused(Refused::NotificationOverflow)) = told {
            self.notified = Notified::Nothing;
            let text = "Too many events; notifications are switched off";
            let code = Some(Code::NotificationOverflow);
            say::untagged(&mut out.buffer, Verdict::Ok, code, text);
            return Ok(());
        }
        told
    }

    async fn begin_with(
        &self,
        others: &mut Others,
        beginning: Beginning,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let (tree, knowledge) = self.look_around(others).await?;
        others.knowledge = knowledge;
        others.watch().await?;
        let out_of_reach = others.knowledge.mailboxes.values();
        let lines: ListUpdates = out_of_reach
            .filter(|known| known.is_out_of_reach())
            .map(|known| (known.name.clone(), ListUpdate::default()))
            .collect();
        self.tell_lines(&tree, &lines, out);
        if beginning == Beginning::Status {
            let watched = others.knowledge.watched();
            self.tell_statuses(others, &watched, out).await?;
        }
        Ok(())
    }

    async fn tell_pending(&self, others: &mut Others, out: &mut Out<'_>) -> Result<(), Ending> {
        let pending_events = others.notify_watcher.take();
        if pending_events.has_overflowed {
            return Err(Refused::NotificationOverflow.into());
        }
        if pending_events.has_names || others.is_outdated(&pending_events) {
            self.look_again(others, out).await?;
        }
        self.tell_events(others, &pending_events, out).await?;
        self.tell_entries(others, pending_events.entries, out).await
    }

    pub(super) fn events(
        &self,
        scope: &Scope,
        name: &MailboxName,
        is_subscribed: bool,
    ) -> NotifyEvents {
        scope.events(self.candidate(name, is_subscribed))
    }
}
