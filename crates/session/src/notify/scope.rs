//! Which events a NOTIFY asks for of which mailbox, by its name alone (RFC 5465, 6). Pure.

use mail::MailboxName;
use wire::{EventGroup, MailboxArg, MessageEvents, NotifyEvents, NotifyFilter};

/// The groups of one NOTIFY SET, those for the selected mailbox excepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope(Vec<Group>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    filter: Filter,
    events: NotifyEvents,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Filter {
    Personal,
    Subscribed,
    Subtree(Vec<MailboxName>),
    Mailboxes(Vec<MailboxName>),
}

/// A name, as far as filters ask about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'n> {
    pub(crate) name: &'n MailboxName,
    pub(crate) is_personal: bool,
    pub(crate) is_subscribed: bool,
}

impl Scope {
    /// Names that no mailbox can have are passed over, as those that none has (RFC 5465, 3.1).
    pub(crate) fn new(groups: &[EventGroup]) -> Self {
        let group = |group: &EventGroup| Group {
            filter: match &group.filter {
                NotifyFilter::Personal => Filter::Personal,
                NotifyFilter::Subscribed => Filter::Subscribed,
                NotifyFilter::Subtree(args) => Filter::Subtree(names(args)),
                NotifyFilter::Mailboxes(args) => Filter::Mailboxes(names(args)),
            },
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

impl Filter {
    fn means(&self, candidate: Candidate<'_>) -> bool {
        let name = candidate.name;
        match self {
            Self::Personal => candidate.is_personal,
            Self::Subscribed => candidate.is_subscribed,
            Self::Subtree(roots) => roots.iter().any(|root| name == root || name.is_below(root)),
            Self::Mailboxes(names) => names.contains(name),
        }
    }
}

fn names(args: &[MailboxArg]) -> Vec<MailboxName> {
    let names = args.iter().map(|arg| MailboxName::parse(&arg.0));
    names.filter_map(Result::ok).collect()
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
    use wire::{EventGroup, MailboxArg, MessageEvents, NotifyEvents, NotifyFilter};

    use super::{Candidate, Scope};

    const NAMES: NotifyEvents = NotifyEvents {
        messages: None,
        names: true,
        subscriptions: false,
        metadata: false,
        server_metadata: false,
    };

    fn scope(filter: NotifyFilter) -> Scope {
        Scope::new(&[EventGroup {
            filter,
            events: NAMES,
        }])
    }

    fn args(names: &[&str]) -> Vec<MailboxArg> {
        names
            .iter()
            .map(|name| MailboxArg((*name).to_owned()))
            .collect()
    }

    fn means(scope: &Scope, name: &str, is_personal: bool, is_subscribed: bool) -> bool {
        let events = scope.events(Candidate {
            name: &MailboxName::parse(name).unwrap(),
            is_personal,
            is_subscribed,
        });
        events == NAMES
    }

    #[test]
    fn each_filter_means_what_the_rfc_says() {
        let personal = scope(NotifyFilter::Personal);
        assert!(means(&personal, "INBOX", true, false));
        assert!(!means(&personal, "Shared Folders/x", false, true));
        let subscribed = scope(NotifyFilter::Subscribed);
        assert!(means(&subscribed, "Shared Folders/x", false, true));
        assert!(!means(&subscribed, "INBOX", true, false));
        let subtree = scope(NotifyFilter::Subtree(args(&["Lists", "b/c", "*"])));
        for (name, expected) in [
            ("Lists", true),
            ("Lists/a/b", true),
            ("Lists2", false),
            ("b", false),
            ("b/c/d", true),
            ("x", false),
        ] {
            assert_eq!(means(&subtree, name, true, true), expected, "{name}");
        }
        let mailboxes = scope(NotifyFilter::Mailboxes(args(&["inbox", "Lists", "a*"])));
        for (name, expected) in [
            ("INBOX", true),
            ("Lists", true),
            ("Lists/a", false),
            ("ab", false),
        ] {
            assert_eq!(means(&mailboxes, name, true, true), expected, "{name}");
        }
    }

    #[test]
    fn groups_that_mean_the_same_mailbox_add_up() {
        let messages = |has_flags| NotifyEvents {
            messages: Some(MessageEvents { has_flags }),
            ..NotifyEvents::default()
        };
        let group = |filter, events| EventGroup { filter, events };
        let scope = Scope::new(&[
            group(NotifyFilter::Mailboxes(args(&["INBOX"])), messages(true)),
            group(NotifyFilter::Personal, messages(false)),
            group(NotifyFilter::Subtree(args(&["INBOX"])), NAMES),
            group(NotifyFilter::Subscribed, NotifyEvents::default()),
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
