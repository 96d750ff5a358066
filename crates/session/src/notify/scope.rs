//! Which events a NOTIFY asks for of which mailbox, by its name alone (RFC 5465, 6). Pure.

use wire::{EventGroup, MessageEvents, NotifyEvents};

use crate::names::filter::{Candidate, NameFilter};

/// The groups of one NOTIFY SET, those for the selected mailbox excepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope(Vec<Group>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    filter: NameFilter,
    events: NotifyEvents,
}

impl Scope {
    pub(crate) fn new(groups: &[EventGroup]) -> Self {
        let group = |group: &EventGroup| Group {
            filter: NameFilter::from(&group.filter),
            events: group.events,
        };
        Self(groups.iter().map(group).collect())
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0
            .iter()
            .all(|group| group.events == NotifyEvents::default())
    }

    /// What all groups that mean it ask for together.
    pub(crate) fn events(&self, candidate: Candidate<'_>) -> NotifyEvents {
        self.0
            .iter()
            .filter(|group| group.filter.means(candidate))
            .map(|group| group.events)
            .fold(NotifyEvents::default(), union)
    }

    /// Whether changes of the server's own annotations are asked for: by any group, for they are of
    /// no mailbox.
    pub(crate) fn has_server_metadata(&self) -> bool {
        self.0.iter().any(|group| group.events.server_metadata)
    }
}

fn union(one: NotifyEvents, other: NotifyEvents) -> NotifyEvents {
    let messages = match (one.messages, other.messages) {
        (Some(one), Some(other)) => Some(MessageEvents {
            has_flags: one.has_flags || other.has_flags,
        }),
        (one, other) => one.or(other),
    };
    NotifyEvents {
        messages,
        names: one.names || other.names,
        subscriptions: one.subscriptions || other.subscriptions,
        metadata: one.metadata || other.metadata,
        server_metadata: one.server_metadata || other.server_metadata,
    }
}

#[cfg(test)]
mod tests {
    use mail::MailboxName;
    use wire::{EventGroup, MailboxArg, MailboxFilter, MessageEvents, NotifyEvents};

    use super::Scope;
    use crate::names::filter::Candidate;

    const NAMES: NotifyEvents = NotifyEvents {
        messages: None,
        names: true,
        subscriptions: false,
        metadata: false,
        server_metadata: false,
    };

    fn inbox() -> Vec<MailboxArg> {
        vec![MailboxArg::Text("INBOX".to_owned())]
    }

    #[test]
    fn groups_that_mean_the_same_mailbox_add_up() {
        let messages = |has_flags| NotifyEvents {
            messages: Some(MessageEvents { has_flags }),
            ..NotifyEvents::default()
        };
        let group = |filter, events| EventGroup { filter, events };
        let scope = Scope::new(&[
            group(MailboxFilter::Mailboxes(inbox()), messages(true)),
            group(MailboxFilter::Personal, messages(false)),
            group(MailboxFilter::Subtree(inbox()), NAMES),
            group(MailboxFilter::Subscribed, NotifyEvents::default()),
        ]);
        let events = scope.events(Candidate {
            name: &MailboxName::parse("INBOX").unwrap(),
            is_personal: true,
            is_subscribed: true,
        });
        assert_eq!(
            events,
            NotifyEvents {
                names: true,
                ..messages(true)
            }
        );
        assert!(!scope.is_empty() && !scope.has_server_metadata());
    }
}
