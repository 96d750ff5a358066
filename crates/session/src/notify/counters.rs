//! Messages that came, went or changed, told as STATUS responses (RFC 5465, 5.1 to 5.3).

use std::collections::BTreeMap;

use live::{MailboxEvent, PendingEvents};
use mail::{MailboxId, MailboxName};
use store::{Readable, Status};
use wire::{StatusItem, say};

use crate::conversation::session::Session;
use crate::ending::Ending;
use crate::notify::knowledge::KnownMailbox;
use crate::notify::notified::Others;
use crate::out::Out;
use crate::status;

impl Session {
    /// Tells the counters of `mailboxes` in the order of their names, with one query for all.
    pub(super) async fn tell_statuses(
        &self,
        others: &mut Others,
        mailboxes: &[MailboxId],
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let others_of = |id: &MailboxId| {
            let known = others.knowledge.mailboxes.get(id);
            known.filter(|_| self.mailbox() != Some(*id))?.judged(*id)
        };
        let judged: Vec<Readable> = mailboxes.iter().filter_map(others_of).collect();
        if judged.is_empty() {
            return Ok(());
        }
        let account = self.logged_in()?.id;
        let mut counted = self.store.status(account, &judged).await?;
        counted.sort_by_key(|(id, _)| others.knowledge.mailboxes.get(id).map(|known| &known.name));
        for (id, status) in counted {
            if let Some(known) = others.knowledge.mailboxes.get_mut(&id) {
                known.told = status.modseq;
                let items = self.items_to_begin_with(known);
                self.tell_status((id, &known.name), &items, &status, out);
                out.breathe().await?;
            }
        }
        Ok(())
    }

    /// The items of a STATUS that tells how a mailbox is to begin with (RFC 5465, 3.1).
    fn items_to_begin_with(&self, known: &KnownMailbox) -> Vec<StatusItem> {
        let has_flags = known.events.messages.is_some_and(|wanted| wanted.has_flags);
        let mut items = vec![
            StatusItem::Messages,
            StatusItem::UidNext,
            StatusItem::UidValidity,
        ];
        if has_flags {
            items.push(StatusItem::Unseen);
        }
        if has_flags || self.enabled.condstore {
            items.push(StatusItem::HighestModSeq);
        }
        items
    }

    pub(super) async fn tell_events(
        &self,
        others: &mut Others,
        pending_events: &PendingEvents,
        out: &mut Out<'_>,
    ) -> Result<(), Ending> {
        let mut moved = Vec::new();
        for (id, mailbox_event) in &pending_events.mailboxes {
            let (since, now) = (mailbox_event.since, mailbox_event.status.modseq);
            if others.own.take_filled(*id, since, now) {
                continue;
            }
            // What is selected is told by its own events (RFC 5465, 3.1).
            let known = others.knowledge.mailboxes.get_mut(id);
            let known = known.filter(|known| known.is_watched() && self.mailbox() != Some(*id));
            if let Some(known) = known
                && known.told < mailbox_event.status.modseq
            {
                known.told = mailbox_event.status.modseq;
                moved.push((*id, mailbox_event, known.clone()));
            }
        }
        let own_unseen = self.own_unseen(&moved).await?;
        moved.sort_by(|(.., one), (.., other)| one.name.cmp(&other.name));
        for (id, mailbox_event, known) in moved {
            let unseen = own_unseen.get(&id).copied().or(mailbox_event.unseen);
            let items = self.items_that_moved(mailbox_event, &known, unseen.is_some());
            let status = Status {
                unseen: unseen.unwrap_or_default(),
                ..mailbox_event.status
            };
            if !items.is_empty() {
                self.tell_status((id, &known.name), &items, &status, out);
                out.breathe().await?;
            }
        }
        Ok(())
    }

    /// The number of unseen messages in the mailboxes in which this account has marked some as seen in another session,
    /// with one query for all.
    async fn own_unseen(
        &self,
        moved: &[(MailboxId, &MailboxEvent, KnownMailbox)],
    ) -> Result<BTreeMap<MailboxId, u64>, Ending> {
        let is_own = |(_, mailbox_event, known): &&(MailboxId, &MailboxEvent, KnownMailbox)| {
            let has_flags = known.events.messages.is_some_and(|wanted| wanted.has_flags);
            has_flags && mailbox_event.has_own_flags && mailbox_event.unseen.is_none()
        };
        let own = moved.iter().filter(is_own);
        let judged: Vec<Readable> = own.filter_map(|(id, _, known)| known.judged(*id)).collect();
        if judged.is_empty() {
            return Ok(BTreeMap::new());
        }
        let account = self.logged_in()?.id;
        let counted = self.store.status(account, &judged).await?;
        let unseen = counted.into_iter().map(|(id, status)| (id, status.unseen));
        Ok(unseen.collect())
    }

    /// The items of a STATUS that tells what happened (RFC 5465, 5.1 to 5.3). UIDVALIDITY goes with all of them,
    /// because
    /// the name may be another mailbox's by now.
    fn items_that_moved(
        &self,
        mailbox_event: &MailboxEvent,
        known: &KnownMailbox,
        is_unseen_known: bool,
    ) -> Vec<StatusItem> {
        let wants_flags = known.events.messages.is_some_and(|wanted| wanted.has_flags);
        let tells_flags = wants_flags && mailbox_event.has_flags;
        let tells_unseen = tells_flags && is_unseen_known;
        let tells_modseq = self.enabled.condstore && (mailbox_event.has_messages || tells_flags);
        let mut items = Vec::new();
        if mailbox_event.has_messages {
            items.extend([StatusItem::Messages, StatusItem::UidNext]);
        }
        if mailbox_event.has_messages || tells_unseen || tells_modseq {
            items.push(StatusItem::UidValidity);
        }
        if tells_unseen {
            items.push(StatusItem::Unseen);
        }
        if tells_modseq {
            items.push(StatusItem::HighestModSeq);
        }
        items
    }

    fn tell_status(
        &self,
        (id, name): (MailboxId, &MailboxName),
        items: &[StatusItem],
        status: &Status,
        out: &mut Out<'_>,
    ) {
        let told = status::told(&self.node, items, id, &(*status).into());
        say::status(&mut out.buffer, self.speech(), name.as_str(), &told);
    }
}
