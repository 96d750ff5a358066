//! Which lines LIST and LSUB write: names, patterns, parents. Pure.

use std::collections::{BTreeMap, BTreeSet};

use acl::Rights;
use mail::{MailboxId, MailboxName};

/// A mailbox that may be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedMailbox {
    pub(crate) id: MailboxId,
    pub(crate) rights: Rights,
    pub(crate) rights_version: i64,
    /// What is told of its special use, which is nothing outside the personal namespace.
    pub(crate) special_use: Option<String>,
}

/// Everything that one user may be told of, by name; parents that only lead somewhere included.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<MailboxName, TreeNode>,
    /// The names of the namespaces, which are told wherever they match and lead somewhere.
    roots: BTreeSet<MailboxName>,
}

/// One name of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeNode {
    /// `None` for a name that only leads to others, or is only subscribed to.
    pub(crate) mailbox: Option<ListedMailbox>,
    pub(crate) has_children: bool,
    pub(crate) is_subscribed: bool,
    /// Something below is subscribed to.
    pub(crate) leads_to_subscribed: bool,
}

/// Reference and pattern of a LIST, put together.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<char>);

impl Tree {
    /// Of what is visible and what is subscribed to.
    pub(crate) fn new(
        mailboxes: impl IntoIterator<Item = (MailboxName, ListedMailbox)>,
        subscriptions: impl IntoIterator<Item = MailboxName>,
    ) -> Self {
        let mut tree = Self::default();
        for (name, mailbox) in mailboxes {
            tree.mark_parents(&name, |parent| parent.has_children = true);
            tree.nodes.entry(name).or_default().mailbox = Some(mailbox);
        }
        for name in subscriptions {
            tree.mark_parents(&name, |parent| parent.leads_to_subscribed = true);
            tree.nodes.entry(name).or_default().is_subscribed = true;
        }
        tree
    }

    /// With namespaces whose prefixes, each with its separator, are these.
    pub(crate) fn with_namespaces<'p>(self, prefixes: impl IntoIterator<Item = &'p str>) -> Self {
        let root = |prefix: &str| {
            let name = prefix.strip_suffix(MailboxName::SEPARATOR)?;
            MailboxName::parse(name).ok()
        };
        let roots = prefixes.into_iter().filter_map(root).collect();
        Self { roots, ..self }
    }

    /// What is known of one name.
    pub(crate) fn node(&self, name: &MailboxName) -> Option<&TreeNode> {
        self.nodes.get(name)
    }

    fn mark_parents(&mut self, name: &MailboxName, mark: impl Fn(&mut TreeNode)) {
        let mut above = name.parent();
        while let Some(parent) = above {
            above = parent.parent();
            mark(self.nodes.entry(parent).or_default());
        }
    }

    /// Every name, in order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&MailboxName, &TreeNode)> {
        self.nodes.iter()
    }

    /// Names that exist or lead to some that do, and match; in order. A name that only leads
    /// is left out where what it leads to is told anyway, unless it is that of a namespace: Evolution shows nothing of
    /// a namespace whose own name was not told.
    pub(crate) fn existing(&self, patterns: &[Pattern]) -> Vec<(&MailboxName, &TreeNode)> {
        let matching = self.matching(patterns, |node| node.mailbox.is_some() || node.has_children);
        let told: BTreeSet<&MailboxName> = matching
            .iter()
            .filter(|(_, node)| node.mailbox.is_some())
            .map(|(name, _)| *name)
            .collect();
        let leads_to_told =
            |name: &MailboxName| self.below(name).any(|(below, _)| told.contains(below));
        matching
            .iter()
            .filter(|(name, node)| {
                node.mailbox.is_some() || self.roots.contains(name) || !leads_to_told(name)
            })
            .copied()
            .collect()
    }

    /// Names that are subscribed to, whether they exist or not, and match. With `parents`, also
    /// those that match and lead to a subscribed name that is not told (RFC 9051, 6.3.9.6).
    pub(crate) fn subscribed(
        &self,
        patterns: &[Pattern],
        parents: bool,
    ) -> Vec<(&MailboxName, &TreeNode)> {
        let matching = self.matching(patterns, |node| {
            node.is_subscribed || (parents && node.leads_to_subscribed)
        });
        let told: BTreeSet<&MailboxName> = matching
            .iter()
            .filter(|(_, node)| node.is_subscribed)
            .map(|(name, _)| *name)
            .collect();
        let leads_to_untold = |name: &MailboxName| {
            self.below(name)
                .any(|(below, node)| node.is_subscribed && !told.contains(below))
        };
        matching
            .iter()
            .filter(|(name, node)| node.is_subscribed || leads_to_untold(name))
            .copied()
            .collect()
    }

    /// What is below a name follows it in order, after names that continue its last level.
    fn below<'t>(
        &'t self,
        name: &'t MailboxName,
    ) -> impl Iterator<Item = (&'t MailboxName, &'t TreeNode)> {
        self.nodes
            .range(name..)
            .take_while(|(other, _)| other.as_str().starts_with(name.as_str()))
            .filter(|(other, _)| other.is_below(name))
    }

    fn matching(
        &self,
        patterns: &[Pattern],
        is_listed: impl Fn(&TreeNode) -> bool,
    ) -> Vec<(&MailboxName, &TreeNode)> {
        self.nodes
            .iter()
            .filter(|(name, node)| {
                is_listed(node)
                    && patterns
                        .iter()
                        .any(|pattern| pattern.matches(name.as_str()))
            })
            .collect()
    }
}

impl Pattern {
    pub(crate) fn new(reference: &str, pattern: &str) -> Self {
        let whole = format!("{reference}{pattern}");
        // INBOX is INBOX in any case (RFC 9051, 5.1).
        let first = whole
            .split(MailboxName::SEPARATOR)
            .next()
            .map_or(0, str::len);
        let is_inbox = whole
            .get(..first)
            .is_some_and(|level| level.eq_ignore_ascii_case(MailboxName::INBOX));
        let rest = whole.get(first..).unwrap_or_default();
        Self(if is_inbox {
            MailboxName::INBOX.chars().chain(rest.chars()).collect()
        } else {
            whole.chars().collect()
        })
    }

    /// `*` stands for anything, `%` for anything within one level (RFC 9051, 6.3.9).
    fn matches(&self, name: &str) -> bool {
        // reached[i]: the first i signs of the pattern can match what was read of the name.
        let mut reached = vec![false; self.0.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        self.skip_wildcards(&mut reached);
        for c in name.chars() {
            let mut next = vec![false; reached.len()];
            for (index, &sign) in self.0.iter().enumerate() {
                if !reached.get(index).is_some_and(|is_reached| *is_reached) {
                    continue;
                }
                let (stays, advances) = match sign {
                    '*' => (true, false),
                    '%' => (c != MailboxName::SEPARATOR, false),
                    literal => (false, literal == c),
                };
                if let Some(here) = next.get_mut(index) {
                    *here |= stays;
                }
                if let Some(after) = next.get_mut(index + 1) {
                    *after |= advances;
                }
            }
            self.skip_wildcards(&mut next);
            reached = next;
        }
        reached.last().is_some_and(|is_reached| *is_reached)
    }

    /// A wildcard may stand for nothing.
    fn skip_wildcards(&self, reached: &mut [bool]) {
        for (index, sign) in self.0.iter().enumerate() {
            let is_open = matches!(sign, '*' | '%') && reached.get(index) == Some(&true);
            if let (true, Some(after)) = (is_open, reached.get_mut(index + 1)) {
                *after = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use acl::Rights;
    use mail::{MailboxId, MailboxName};

    use super::{ListedMailbox, Pattern, Tree};

    fn name(text: &str) -> MailboxName {
        MailboxName::parse(text).unwrap()
    }

    fn tree(mailboxes: &[&str], subscriptions: &[&str]) -> Tree {
        let mailbox = ListedMailbox {
            id: MailboxId(1),
            rights: Rights::ALL,
            rights_version: 1,
            special_use: None,
        };
        Tree::new(
            mailboxes.iter().map(|text| (name(text), mailbox.clone())),
            subscriptions.iter().map(|text| name(text)),
        )
    }

    fn existing(tree: &Tree, pattern: &str) -> Vec<String> {
        let listed = tree.existing(&[Pattern::new("", pattern)]);
        listed
            .into_iter()
            .map(|(name, _)| name.to_string())
            .collect()
    }

    #[test]
    fn patterns_match_as_the_rfc_says() {
        for (pattern, name, expected) in [
            ("*", "a/b/c", true),
            ("%", "a/b", false),
            ("%", "a", true),
            ("a/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("%/%", "a/b", true),
            ("*/c", "a/b/c", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("inbox", "INBOX", true),
            ("InBox/%", "INBOX/x", true),
            ("", "a", false),
            ("*%*", "", true),
            ("Arch%", "Archive", true),
        ] {
            assert_eq!(
                Pattern::new("", pattern).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(Pattern::new("a/", "%").matches("a/b"));
    }

    #[test]
    fn a_parent_that_only_leads_is_told_where_its_children_are_not() {
        let tree = tree(&["INBOX", "Shared Folders/support/Sent"], &[]);
        assert_eq!(
            existing(&tree, "*"),
            ["INBOX", "Shared Folders/support/Sent"]
        );
        assert_eq!(existing(&tree, "%"), ["INBOX", "Shared Folders"]);
        let tree = tree.with_namespaces(["Other Users/", "Shared Folders/"]);
        assert_eq!(
            existing(&tree, "*"),
            ["INBOX", "Shared Folders", "Shared Folders/support/Sent"]
        );
        assert_eq!(
            existing(&tree, "Shared Folders/%"),
            ["Shared Folders/support"]
        );
    }

    #[test]
    fn a_subscription_outlives_its_mailbox() {
        let tree = tree(&["a/b"], &["a/b", "gone", "x/y"]);
        let names = |patterns, parents| {
            let listed = tree.subscribed(patterns, parents);
            listed
                .into_iter()
                .map(|(name, _)| name.to_string())
                .collect::<Vec<_>>()
        };
        let all = [Pattern::new("", "*")];
        assert_eq!(names(&all, false), ["a/b", "gone", "x/y"]);
        let top = [Pattern::new("", "%")];
        assert_eq!(names(&top, false), ["gone"]);
        assert_eq!(names(&top, true), ["a", "gone", "x"]);
        assert_eq!(names(&all, true), ["a/b", "gone", "x/y"]);
        assert!(existing(&tree, "gone").is_empty() && existing(&tree, "x").is_empty());
    }
}
