//! What the client changes itself, by any command: it need not be told so (RFC 5465, 5).

use acl::Rights;
use mail::{MailboxId, MailboxName, ModSeq};
use store::NewValue;
use wire::NotifyEvents;

use crate::conversation::session::Session;
use crate::ending::Ending;
use crate::notify::knowledge::KnownMailbox;
use crate::notify::notified::Others;

impl Session {
    /// The client has made this mailbox, and need not be told so.
    pub(crate) async fn believe_created(
        &mut self,
        mailbox: MailboxId,
        name: MailboxName,
    ) -> Result<(), Ending> {
        // Taken out, because `events` borrows the whole session.
        let mut notified = std::mem::take(&mut self.notified);
        let watched = match notified.others() {
            None => Ok(()),
            Some(others) => {
                let events = self.events(&others.scope, &name, others.is_subscribed(&name));
                if events != NotifyEvents::default() {
                    let known = KnownMailbox {
                        name,
                        events,
                        rights: Rights::ALL,
                        rights_version: 0,
                        told: ModSeq::default(),
                    };
                    // Without room it is found, and told so, when the wake-up of this change arrives.
                    others.knowledge.add(mailbox, known);
                }
                others.watch().await
            }
        };
        self.notified = notified;
        watched
    }

    /// The client has deleted this mailbox.
    pub(crate) fn believe_deleted(&mut self, mailbox: MailboxId) {
        if let Some(others) = self.notified.others() {
            others.knowledge.mailboxes.remove(&mailbox);
        }
    }

    /// The client has renamed a mailbox, with all below it.
    pub(crate) fn believe_renamed(&mut self, from: &MailboxName, to: &MailboxName) {
        // Taken out, because `events` borrows the whole session.
        let mut notified = std::mem::take(&mut self.notified);
        if let Some(others) = notified.others() {
            let Others {
                scope,
                knowledge,
                lost: _,
                own: _,
                notify_watcher: _,
            } = others;
            let subscribed = knowledge.subscribed.clone();
            knowledge.rename(from, to, |name| {
                self.events(scope, name, subscribed.contains(name))
            });
        }
        self.notified = notified;
    }

    /// The client has put messages into this mailbox by a change of its own.
    pub(crate) fn believe_filled(&mut self, mailbox: MailboxId, modseq: ModSeq) {
        if let Some(others) = self.notified.others() {
            others.own.fill(mailbox, modseq);
        }
    }

    /// The client has set annotations of this mailbox, or of the server.
    pub(crate) fn believe_annotated(&mut self, mailbox: Option<MailboxId>, set: Vec<NewValue>) {
        let Some(others) = self.notified.others() else {
            return;
        };
        for (entry, value) in set {
            if others.metadata_name(mailbox).is_some() {
                others.own.annotate((mailbox, entry), value);
            }
        }
    }

    /// The client has subscribed to a name, or no longer is.
    pub(crate) fn believe_subscribed(&mut self, name: MailboxName, is_subscribed: bool) {
        if let Some(others) = self.notified.others() {
            if is_subscribed {
                others.knowledge.subscribed.insert(name);
            } else {
                others.knowledge.subscribed.remove(&name);
            }
        }
    }
}
