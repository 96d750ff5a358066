//! Which lines LIST and LSUB write: names, patterns, parents. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use acl::Rights;
use mail::limits::{LIST_PATTERN_SIGNS_MAX, NAME_BYTES_MAX};
use mail::{MailboxId, MailboxName};
use store::Readable;
use wire::MailboxArg;

use crate::ending::Refused;

/// A mailbox that may be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedMailbox {
    pub(crate) id: MailboxId,
    pub(crate) rights: Rights,
    pub(crate) rights_version: i64,
    /// What is told of its special use, which is nothing outside the personal namespace.
    pub(crate) special_use: Option<String>,
}

impl ListedMailbox {
    /// What its rights, where they suffice to read, were judged by.
    pub(crate) fn judged(&self) -> Readable {
        Readable {
            mailbox: self.id,
            rights_version: self.rights_version,
        }
    }
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

/// Reference and pattern of a LIST, put together. A place is that of a sign; the one behind the last is the end.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// All signs, wildcards among them.
    signs: usize,
    literals: usize,
    any: Places,
    within_level: Places,
    literal: HashMap<char, Places>,
}

/// Places of a pattern, a bit for each.
#[derive(Clone, Debug)]
struct Places(Vec<u64>);

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

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
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
    /// All patterns of one command; each is compared with every name.
    /// What cannot be decoded matches nothing.
    pub(crate) fn all(
        reference: &MailboxArg,
        patterns: &[MailboxArg],
    ) -> Result<Vec<Self>, Refused> {
        let pattern = |pattern: &MailboxArg| Some(Self::new(reference.text()?, pattern.text()?));
        let patterns: Vec<Self> = patterns.iter().filter_map(pattern).collect();
        if patterns.iter().map(Self::cost).sum::<usize>() > LIST_PATTERN_SIGNS_MAX {
            return Err(Refused::Limit("The patterns are too long".into()));
        }
        Ok(patterns)
    }

    fn new(reference: &str, pattern: &str) -> Self {
        let whole = MailboxName::normalised(&format!("{reference}{pattern}"));
        // INBOX is INBOX in any case (RFC 9051, 5.1).
        let first = whole
            .split(MailboxName::SEPARATOR)
            .next()
            .map_or(0, str::len);
        let is_inbox = whole
            .get(..first)
            .is_some_and(|level| level.eq_ignore_ascii_case(MailboxName::INBOX));
        let rest = whole.get(first..).unwrap_or_default();
        Self::of(&if is_inbox {
            signs(MailboxName::INBOX.chars().chain(rest.chars()))
        } else {
            signs(whole.chars())
        })
    }

    fn of(signs: &[char]) -> Self {
        let mut pattern = Self {
            signs: signs.len(),
            literals: 0,
            any: Places::of(signs.len()),
            within_level: Places::of(signs.len()),
            literal: HashMap::new(),
        };
        for (place, &sign) in signs.iter().enumerate() {
            match sign {
                '*' => pattern.any.insert(place),
                '%' => pattern.within_level.insert(place),
                literal => {
                    pattern.literals += 1;
                    let places = pattern.literal.entry(literal);
                    places
                        .or_insert_with(|| Places::of(signs.len()))
                        .insert(place);
                }
            }
        }
        pattern
    }

    /// What comparing it with a name costs, in signs; nothing for one that is longer than any name.
    pub(crate) fn cost(&self) -> usize {
        if self.literals > NAME_BYTES_MAX {
            0
        } else {
            self.signs
        }
    }

    /// `*` stands for anything, `%` for anything within one level (RFC 9051, 6.3.9).
    ///
    /// Every place of the pattern that what was read of the name can lead to is a bit, so the time is the length of
    /// the name times that of the pattern, 64 places at once.
    fn matches(&self, name: &str) -> bool {
        if self.literals > name.len() {
            return false;
        }
        let mut reached = Places::of(self.signs);
        reached.insert(0);
        reached.pass(&self.any);
        reached.pass(&self.within_level);
        for c in name.chars() {
            let level = (c != MailboxName::SEPARATOR).then_some(&self.within_level);
            reached.read(self.literal.get(&c), &self.any, level);
            reached.pass(&self.any);
            reached.pass(&self.within_level);
        }
        reached.contains(self.signs)
    }
}

impl Places {
    /// None of the places of so many signs, nor the one behind them.
    fn of(signs: usize) -> Self {
        Self(vec![0; signs / 64 + 1])
    }

    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn contains(&self, place: usize) -> bool {
        let word = self.0.get(place / 64).copied().unwrap_or_default();
        word >> (place % 64) & 1 == 1
    }

    /// Reads a character: a literal leads to the next place, a wildcard to itself.
    fn read(&mut self, literal: Option<&Self>, any: &Self, level: Option<&Self>) {
        let mut carry = 0;
        for (index, word) in self.0.iter_mut().enumerate() {
            let of = |places: &Self| places.0.get(index).copied().unwrap_or_default();
            let advancing = *word & literal.map_or(0, of);
            let staying = *word & (of(any) | level.map_or(0, of));
            *word = advancing << 1 | carry | staying;
            carry = advancing >> 63;
        }
    }

    /// A wildcard may stand for nothing. No two are neighbours, so one step is enough.
    fn pass(&mut self, wildcards: &Self) {
        let mut carry = 0;
        for (word, wildcards) in self.0.iter_mut().zip(&wildcards.0) {
            let passing = *word & wildcards;
            *word |= passing << 1 | carry;
            carry = passing >> 63;
        }
    }
}

/// The signs of a pattern; of neighbouring wildcards the one that takes most.
fn signs(pattern: impl Iterator<Item = char>) -> Vec<char> {
    let mut signs: Vec<char> = Vec::new();
    for sign in pattern {
        match (signs.last_mut(), sign) {
            (Some(last @ ('*' | '%')), '*') => *last = '*',
            (Some('*' | '%'), '%') => {}
            _ => signs.push(sign),
        }
    }
    signs
}

#[cfg(test)]
mod tests {
    use acl::Rights;
    use mail::{MailboxId, MailboxName};
    use wire::MailboxArg;

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
            ("%%%%a", "a", true),
            ("a%*%b", "a/x/b", true),
            ("a%%b", "a/b", false),
            ("*a%b", "a/ab", true),
            ("%a%b", "a/ab", false),
            ("*ä%/ö", "x/ääé/ö", true),
            ("nfd e\u{301}*", "nfd \u{e9}/x", true),
        ] {
            assert_eq!(
                Pattern::new("", pattern).matches(name),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(Pattern::new("a/", "%").matches("a/b"));
    }

    /// The definition of RFC 9051, 6.3.9, as it stands there.
    fn by_definition(pattern: &[char], name: &[char]) -> bool {
        let within = |sign: char| sign == '*' || (sign == '%' && name.first() != Some(&'/'));
        match pattern {
            [] => name.is_empty(),
            [sign @ ('*' | '%'), rest @ ..] => {
                by_definition(rest, name)
                    || (!name.is_empty() && within(*sign) && by_definition(pattern, &name[1..]))
            }
            [literal, rest @ ..] => {
                name.first() == Some(literal) && by_definition(rest, &name[1..])
            }
        }
    }

    #[test]
    fn every_short_pattern_matches_as_defined() {
        let of_length = |signs: &[char], length: u32| -> Vec<Vec<char>> {
            let count = signs.len().pow(length);
            let nth = |n: usize| (0..length).map(move |at| n / signs.len().pow(at) % signs.len());
            (0..count)
                .map(|n| nth(n).map(|sign| signs[sign]).collect())
                .collect()
        };
        let names: Vec<_> = (0..5)
            .flat_map(|length| of_length(&['a', '/'], length))
            .collect();
        for pattern in (0..6).flat_map(|length| of_length(&['a', '/', '*', '%'], length)) {
            let text: String = pattern.iter().collect();
            let compiled = Pattern::new("", &text);
            for name in &names {
                let name_text: String = name.iter().collect();
                let expected = by_definition(&pattern, name);
                assert_eq!(compiled.matches(&name_text), expected, "{text} {name_text}");
            }
        }
    }

    /// These took 94 s (20,000 wildcards) when they were compared sign by sign.
    #[test]
    fn long_patterns_cost_what_a_name_can_match() {
        assert_eq!(Pattern::new("", &"%".repeat(20_000)).cost(), 1);
        assert_eq!(Pattern::new("", &"%*".repeat(20_000)).cost(), 1);
        assert_eq!(Pattern::new("", &"a%".repeat(20_000)).cost(), 0);
        assert!(!Pattern::new("", &"a%".repeat(20_000)).matches(&"a".repeat(1000)));
        let long = Pattern::new("", &"a%".repeat(999));
        assert!(long.matches(&"a".repeat(1000)) && !long.matches(&"a".repeat(998)));
        let no_reference = MailboxArg::default();
        let many = |count| vec![MailboxArg::Text("a%".repeat(500)); count];
        let are_taken = |count| Pattern::all(&no_reference, &many(count)).is_ok();
        assert!(are_taken(4) && !are_taken(5));
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
