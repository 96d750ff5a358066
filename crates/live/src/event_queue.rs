//! What happened for one session that watches for NOTIFY, until it takes it. What is not taken yet
//! becomes one: nothing queues up but names of annotations.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

use mail::limits::NOTIFY_ENTRIES_MAX;
use mail::{AccountId, EntryName, MailboxId, ModSeq};
use store::{DirectoryChange, MailboxSummary, Status};
use tokio::sync::Notify;

use crate::lock::lock;

/// What happened since events were taken last.
#[derive(Debug, Default)]
pub struct PendingEvents {
    /// The events of mailboxes that are watched.
    pub mailboxes: HashMap<MailboxId, MailboxEvent>,
    /// Names, rights or subscriptions that concern this account may be others.
    pub has_names: bool,
    /// Annotations that changed; those of the server have no mailbox.
    pub entries: BTreeSet<(Option<MailboxId>, EntryName)>,
    /// There was more than is kept, or than could be read.
    pub has_overflowed: bool,
}

/// What happened in one mailbox, and how it is now.
#[derive(Clone, Debug)]
pub struct MailboxEvent {
    /// As everybody sees it: `unseen` is not the account's own.
    pub status: Status,
    /// How much the account has not seen, where that is the same for all.
    pub unseen: Option<u64>,
    /// Which version of the mailbox's rights is in force.
    pub rights_version: i64,
    /// Messages arrived, or were expunged.
    pub has_messages: bool,
    /// Flags changed that the account sees.
    pub has_flags: bool,
    /// The account's own flags are among them.
    pub has_own_flags: bool,
    /// All of it happened after this.
    pub since: ModSeq,
}

/// Where the events of one session are left.
#[derive(Debug)]
pub(crate) struct EventQueue {
    pub(crate) id: QueueId,
    pub(crate) account: AccountId,
    pending_events: Mutex<PendingEvents>,
    /// The mailboxes that it watches.
    pub(crate) watched: Mutex<HashSet<MailboxId>>,
    /// Mailboxes whose names and rights concern it.
    seen: Mutex<HashSet<MailboxId>>,
    arrived: Notify,
}

/// Tells the queues of one node apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueId(pub(crate) u64);

impl EventQueue {
    pub(crate) fn new(id: QueueId, account: AccountId) -> Self {
        Self {
            id,
            account,
            pending_events: Mutex::default(),
            watched: Mutex::default(),
            seen: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    /// Hears of the names and rights of these mailboxes from now on.
    pub(crate) fn set_seen(&self, seen: impl IntoIterator<Item = MailboxId>) {
        *lock(&self.seen) = seen.into_iter().collect();
    }

    /// Resolves when there is something to take. May be dropped at any time.
    ///
    /// Nothing is missed between the look and the wait: `note` leaves a permit in `arrived`, which the
    /// wait finds. A permit that is left over only makes for one more look.
    pub(crate) async fn arrived(&self) {
        while lock(&self.pending_events).is_empty() {
            self.arrived.notified().await;
        }
    }

    pub(crate) fn take(&self) -> PendingEvents {
        std::mem::take(&mut *lock(&self.pending_events))
    }

    pub(crate) fn add_summary(&self, summary: &MailboxSummary, since: ModSeq) {
        let has_own_flags = summary.has_flags_of(self.account);
        let mailbox_event = MailboxEvent {
            status: summary.status,
            unseen: summary.unseen(self.account),
            rights_version: summary.rights_version,
            has_messages: summary.has_arrivals || summary.has_losses,
            has_flags: summary.has_flags || has_own_flags,
            has_own_flags,
            since,
        };
        self.note(
            |pending_events| match pending_events.mailboxes.entry(summary.mailbox) {
                Entry::Vacant(vacant) => {
                    vacant.insert(mailbox_event);
                }
                Entry::Occupied(mut known) => {
                    let mailbox_event = mailbox_event.after(known.get());
                    known.insert(mailbox_event);
                }
            },
        );
    }

    /// Adds all changes at once, so that they are told together.
    pub(crate) fn add_changes(&self, changes: &[DirectoryChange]) {
        self.note(|pending_events| {
            for change in changes {
                self.add_change(pending_events, change);
            }
        });
    }

    fn add_change(&self, pending_events: &mut PendingEvents, change: &DirectoryChange) {
        match change {
            DirectoryChange::Mailbox { mailbox, viewers } => {
                pending_events.has_names |= viewers.contains(&self.account) || self.sees(*mailbox);
            }
            DirectoryChange::Subscriptions(account) => {
                pending_events.has_names |= *account == self.account;
            }
            DirectoryChange::Annotation {
                mailbox,
                account,
                entry,
            } => {
                let is_mine = account.is_none_or(|account| account == self.account);
                if is_mine && mailbox.is_none_or(|mailbox| self.sees(mailbox)) {
                    pending_events.add_entry(*mailbox, entry.clone());
                }
            }
        }
    }

    fn sees(&self, mailbox: MailboxId) -> bool {
        lock(&self.seen).contains(&mailbox)
    }

    pub(crate) fn note(&self, write: impl FnOnce(&mut PendingEvents)) {
        let mut pending_events = lock(&self.pending_events);
        write(&mut pending_events);
        if !pending_events.is_empty() {
            self.arrived.notify_one();
        }
    }
}

impl PendingEvents {
    fn is_empty(&self) -> bool {
        self.mailboxes.is_empty()
            && !self.has_names
            && self.entries.is_empty()
            && !self.has_overflowed
    }

    fn add_entry(&mut self, mailbox: Option<MailboxId>, entry: EntryName) {
        if self.entries.len() < NOTIFY_ENTRIES_MAX {
            self.entries.insert((mailbox, entry));
        } else {
            self.has_overflowed = true;
        }
    }
}

impl MailboxEvent {
    /// This event and the one before it as one.
    fn after(self, before: &Self) -> Self {
        Self {
            has_messages: self.has_messages || before.has_messages,
            has_flags: self.has_flags || before.has_flags,
            has_own_flags: self.has_own_flags || before.has_own_flags,
            since: before.since,
            ..self
        }
    }
}
