//! Which mailboxes NOTIFY watches and ESEARCH searches, by their names alone (RFC 5465, 6; RFC 7377, 2.2).
//! Pure.

use mail::MailboxName;
use wire::{MailboxArg, MailboxFilter};

/// A mailbox filter whose names were parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameFilter {
    Personal,
    Subscribed,
    Subtree(Vec<MailboxName>),
    SubtreeOne(Vec<MailboxName>),
    Mailboxes(Vec<MailboxName>),
}

/// A name, as far as filters ask about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'n> {
    pub(crate) name: &'n MailboxName,
    pub(crate) is_personal: bool,
    pub(crate) is_subscribed: bool,
}

impl NameFilter {
    pub(crate) fn means(&self, candidate: Candidate<'_>) -> bool {
        let name = candidate.name;
        match self {
            Self::Personal => candidate.is_personal,
            Self::Subscribed => candidate.is_subscribed,
            Self::Subtree(roots) => roots.iter().any(|root| name == root || name.is_below(root)),
            Self::SubtreeOne(roots) => {
                let parent = name.parent();
                roots.contains(name) || parent.is_some_and(|parent| roots.contains(&parent))
            }
            Self::Mailboxes(names) => names.contains(name),
        }
    }
}

/// Names that no mailbox can have are passed over, like names that no mailbox has (RFC 5465, 3.1).
impl From<&MailboxFilter> for NameFilter {
    fn from(filter: &MailboxFilter) -> Self {
        match filter {
            MailboxFilter::Personal => Self::Personal,
            MailboxFilter::Subscribed => Self::Subscribed,
            MailboxFilter::Subtree(args) => Self::Subtree(names(args)),
            MailboxFilter::SubtreeOne(args) => Self::SubtreeOne(names(args)),
            MailboxFilter::Mailboxes(args) => Self::Mailboxes(names(args)),
        }
    }
}

fn names(args: &[MailboxArg]) -> Vec<MailboxName> {
    let names = args.iter().map(MailboxArg::name);
    names.filter_map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use mail::MailboxName;
    use wire::{MailboxArg, MailboxFilter};

    use super::{Candidate, NameFilter};

    fn args(names: &[&str]) -> Vec<MailboxArg> {
        names
            .iter()
            .map(|name| MailboxArg::Text((*name).to_owned()))
            .collect()
    }

    fn means(filter: &MailboxFilter, name: &str, is_personal: bool, is_subscribed: bool) -> bool {
        NameFilter::from(filter).means(Candidate {
            name: &MailboxName::parse(name).unwrap(),
            is_personal,
            is_subscribed,
        })
    }

    #[test]
    fn each_filter_means_what_the_rfcs_say() {
        let personal = MailboxFilter::Personal;
        assert!(means(&personal, "INBOX", true, false));
        assert!(!means(&personal, "Shared Folders/x", false, true));
        let subscribed = MailboxFilter::Subscribed;
        assert!(means(&subscribed, "Shared Folders/x", false, true));
        assert!(!means(&subscribed, "INBOX", true, false));
        let roots = args(&["Lists", "b/c", "*"]);
        let subtree = MailboxFilter::Subtree(roots.clone());
        let subtree_one = MailboxFilter::SubtreeOne(roots);
        for (name, is_below, is_next_below) in [
            ("Lists", true, true),
            ("Lists/a", true, true),
            ("Lists/a/b", true, false),
            ("Lists2", false, false),
            ("b", false, false),
            ("b/c/d", true, true),
            ("x", false, false),
        ] {
            assert_eq!(means(&subtree, name, true, true), is_below, "{name}");
            let is_meant = means(&subtree_one, name, true, true);
            assert_eq!(is_meant, is_next_below, "{name}");
        }
        let mailboxes = MailboxFilter::Mailboxes(args(&["inbox", "Lists", "a*"]));
        for (name, expected) in [
            ("INBOX", true),
            ("Lists", true),
            ("Lists/a", false),
            ("ab", false),
        ] {
            assert_eq!(means(&mailboxes, name, true, true), expected, "{name}");
        }
    }
}
