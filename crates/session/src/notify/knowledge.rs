//! What a client that uses NOTIFY knows of names and rights, and what it has to be told when they change.
//! Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use acl::{Operation, Rights};
use mail::limits::NOTIFY_MAILBOXES_MAX;
use mail::{MailboxId, MailboxName, ModSeq};
use store::Readable;
use wire::NotifyEvents;

/// Everything in the scope of one NOTIFY, as the client was told last or did itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientKnowledge {
    pub(crate) mailboxes: HashMap<MailboxId, KnownMailbox>,
    pub(crate) subscribed: BTreeSet<MailboxName>,
}

/// A mailbox that the client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KnownMailbox {
    pub(crate) name: MailboxName,
    /// The events that the client asked for.
    pub(crate) events: NotifyEvents,
    pub(crate) rights: Rights,
    /// The version of `rights`, which is 0 before they were read for the first time.
    pub(crate) rights_version: i64,
    /// The mod-sequence up to which the client was told by STATUS.
    pub(crate) told: ModSeq,
}

/// A LIST response to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListUpdate {
    /// The name that the mailbox had before, if it was renamed.
    pub(crate) old_name: Option<MailboxName>,
    /// The client watches the mailbox, and has lost the right to (RFC 5465, 5.9).
    pub(crate) is_access_lost: bool,
}

/// LIST responses by name.
pub(crate) type ListUpdates = BTreeMap<MailboxName, ListUpdate>;

impl KnownMailbox {
    /// What says that it may be read, if it may; it is `mailbox`.
    pub(crate) fn judged(&self, mailbox: MailboxId) -> Option<Readable> {
        self.rights.contains(Rights::READ).then_some(Readable {
            mailbox,
            rights_version: self.rights_version,
        })
    }

    /// Whether its messages are watched: all events of messages take `r` (RFC 5465, 5).
    pub(crate) fn is_watched(&self) -> bool {
        self.events.messages.is_some() && self.rights.contains(Rights::READ)
    }

    /// The client asked for events that its rights do not allow.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        self.events.messages.is_some() && !self.rights.contains(Rights::READ)
    }

    /// Whether changes of its annotations are told.
    pub(crate) fn tells_metadata(&self) -> bool {
        let is_readable = self.rights.contains(Rights::READ);
        self.events.metadata && is_readable && acl::suffices(self.rights, Operation::Annotate)
    }
}

impl ClientKnowledge {
    /// Adds a mailbox that is not known yet; false when there is no room.
    pub(crate) fn add(&mut self, mailbox: MailboxId, known: KnownMailbox) -> bool {
        let is_room = self.mailboxes.len() < NOTIFY_MAILBOXES_MAX;
        if is_room {
            self.mailboxes.insert(mailbox, known);
        }
        is_room
    }

    /// The mailboxes whose messages are watched.
    pub(crate) fn watched(&self) -> Vec<MailboxId> {
        let watched = self
            .mailboxes
            .iter()
            .filter(|(_, known)| known.is_watched());
        watched.map(|(id, _)| *id).collect()
    }

    /// The LIST responses after which the client knows `now`. `events` returns what it asked for of a name.
    pub(crate) fn lines(
        &self,
        now: &Self,
        events: impl Fn(&MailboxName) -> NotifyEvents,
    ) -> ListUpdates {
        let mut lines = ListUpdates::new();
        let mut came_or_went = Vec::new();
        let mut renamed = Vec::new();
        for (id, after) in &now.mailboxes {
            match self.mailboxes.get(id) {
                None if after.events.names => came_or_went.push(&after.name),
                Some(before) if before.name != after.name && after.events.names => {
                    renamed.push((&before.name, &after.name));
                }
                Some(before) if before.is_out_of_reach() != after.is_out_of_reach() => {
                    lines.entry(after.name.clone()).or_default();
                }
                None | Some(_) => {}
            }
        }
        for (id, before) in &self.mailboxes {
            if now.mailboxes.contains_key(id) {
                continue;
            }
            if before.events.names {
                came_or_went.push(&before.name);
            } else if before.is_watched() {
                // A mailbox that was deleted and one that is hidden now are told alike.
                lines.entry(before.name.clone()).or_default().is_access_lost = true;
            }
        }
        for name in came_or_went {
            lines.entry(name.clone()).or_default();
            // The parent is affected, whether it is a mailbox or not (RFC 5465, 5.4).
            if let Some(parent) = name.parent().filter(|parent| events(parent).names) {
                lines.entry(parent).or_default();
            }
        }
        for (old, new) in without_children(&renamed) {
            lines.entry(new.clone()).or_default().old_name = Some(old.clone());
        }
        for name in self.subscribed.symmetric_difference(&now.subscribed) {
            if events(name).subscriptions {
                lines.entry(name.clone()).or_default();
            }
        }
        lines
    }

    /// The client has renamed what is called `from`, with all below it.
    pub(crate) fn rename(
        &mut self,
        from: &MailboxName,
        to: &MailboxName,
        events: impl Fn(&MailboxName) -> NotifyEvents,
    ) {
        for known in self.mailboxes.values_mut() {
            let rest = known.name.as_str().strip_prefix(from.as_str());
            let is_moved = known.name == *from || known.name.is_below(from);
            let Some(rest) = rest.filter(|_| is_moved) else {
                continue;
            };
            if let Ok(name) = MailboxName::parse(&format!("{to}{rest}")) {
                known.events = events(&name);
                known.name = name;
            }
        }
        self.mailboxes
            .retain(|_, known| known.events != NotifyEvents::default());
    }
}

/// Leaves out the children that were renamed with their parents: they are not told (RFC 5465, 5.4).
fn without_children<'n>(
    renamed: &[(&'n MailboxName, &'n MailboxName)],
) -> Vec<(&'n MailboxName, &'n MailboxName)> {
    let parents: HashMap<&MailboxName, &MailboxName> = renamed.iter().copied().collect();
    let is_implied = |old: &MailboxName, new: &MailboxName| {
        let mut above = old.parent();
        while let Some(parent) = above {
            let moved = parents.get(&parent);
            let rest = old.as_str().strip_prefix(parent.as_str());
            if let (Some(moved), Some(rest)) = (moved, rest)
                && new.as_str().strip_prefix(moved.as_str()) == Some(rest)
            {
                return true;
            }
            above = parent.parent();
        }
        false
    };
    let mut alone = renamed.to_vec();
    alone.retain(|(old, new)| !is_implied(old, new));
    alone
}

#[cfg(test)]
mod tests {
    use acl::Rights;
    use mail::limits::NOTIFY_MAILBOXES_MAX;
    use mail::{MailboxId, MailboxName, ModSeq};
    use wire::{MessageEvents, NotifyEvents};

    use super::{ClientKnowledge, KnownMailbox};

    const NAMES: NotifyEvents = NotifyEvents {
        messages: None,
        names: true,
        subscriptions: true,
        metadata: false,
        server_metadata: false,
    };
    const MESSAGES: NotifyEvents = NotifyEvents {
        messages: Some(MessageEvents { has_flags: false }),
        names: false,
        subscriptions: false,
        metadata: false,
        server_metadata: false,
    };

    fn name(text: &str) -> MailboxName {
        MailboxName::parse(text).unwrap()
    }

    fn knowledge(
        events: NotifyEvents,
        mailboxes: &[(i64, &str, &str)],
        subscribed: &[&str],
    ) -> ClientKnowledge {
        let known = |&(id, text, rights): &(i64, &str, &str)| {
            let known = KnownMailbox {
                name: name(text),
                events,
                rights: Rights::parse(rights).unwrap(),
                rights_version: 1,
                told: ModSeq::default(),
            };
            (MailboxId(id), known)
        };
        ClientKnowledge {
            mailboxes: mailboxes.iter().map(known).collect(),
            subscribed: subscribed.iter().map(|text| name(text)).collect(),
        }
    }

    fn lines(
        events: NotifyEvents,
        before: &ClientKnowledge,
        after: &ClientKnowledge,
    ) -> Vec<String> {
        let lines = before.lines(after, |_| events).into_iter();
        let text = |(name, line): (MailboxName, super::ListUpdate)| {
            let old = line.old_name.map(|old| format!(" was {old}"));
            let lost = if line.is_access_lost { " lost" } else { "" };
            format!("{name}{}{lost}", old.unwrap_or_default())
        };
        lines.map(text).collect()
    }

    #[test]
    fn what_came_went_or_was_renamed_is_told_by_name() {
        let before = knowledge(
            NAMES,
            &[
                (1, "a", "lr"),
                (2, "x/b", "lr"),
                (3, "c", "lr"),
                (4, "c/d", "lr"),
                (5, "c/e", "l"),
            ],
            &["a"],
        );
        let after = knowledge(
            NAMES,
            &[
                (1, "a", "l"),
                (3, "n", "lr"),
                (4, "n/d", "lr"),
                (5, "z", "l"),
                (6, "y/new", "l"),
            ],
            &["x"],
        );
        assert_eq!(
            lines(NAMES, &before, &after),
            ["a", "n was c", "x", "x/b", "y", "y/new", "z was c/e"]
        );
        assert!(lines(NAMES, &before, &before).is_empty());
    }

    #[test]
    fn what_is_watched_and_lost_is_told_however_it_was_lost() {
        let before = knowledge(
            MESSAGES,
            &[(1, "a", "lr"), (2, "b", "lr"), (3, "c", "l")],
            &["c"],
        );
        let after = knowledge(
            MESSAGES,
            &[(2, "b", "l"), (3, "c", "lr"), (4, "d", "lr")],
            &[],
        );
        assert_eq!(lines(MESSAGES, &before, &after), ["a lost", "b", "c"]);
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let one = knowledge(NAMES, &[(1, "a", "lr")], &[]);
        let known = &one.mailboxes[&MailboxId(1)];
        let mut full = ClientKnowledge::default();
        let mut ids = (1..).map(MailboxId);
        let added = ids.by_ref().take_while(|id| full.add(*id, known.clone()));
        assert_eq!(added.count(), NOTIFY_MAILBOXES_MAX);
        assert_eq!(full.mailboxes.len(), NOTIFY_MAILBOXES_MAX);
    }

    #[test]
    fn own_renames_are_known_with_all_below() {
        let mut knowledge = knowledge(
            NAMES,
            &[(1, "a", "lr"), (2, "a/b", "lr"), (3, "ab", "lr")],
            &[],
        );
        let inside = |at: &MailboxName| {
            if at.as_str() == "x/b" {
                NAMES
            } else {
                NotifyEvents::default()
            }
        };
        knowledge.rename(&name("a"), &name("x"), inside);
        let mut names: Vec<&str> = knowledge
            .mailboxes
            .values()
            .map(|known| known.name.as_str())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["ab", "x/b"]);
    }
}
