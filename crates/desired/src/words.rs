//! A plan in lines, as `postroom apply` prints it: what comes, what changes, what goes.

use acl::{Rights, Role};
use mail::{FlagPolicy, QuotaLimits};

use crate::parse::LIMITS;
use crate::planned::{Plan, TreeChange, TreeStep};
use crate::wanted::{Addresses, List, TreeName};

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It comes.
    Add,
    /// It changes.
    Change,
    /// It goes.
    Remove,
}

/// One thing that becomes otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What becomes of it.
    pub sign: Sign,
    /// What it is.
    pub words: String,
}

impl Sign {
    /// As it stands before a line.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Remove => '-',
        }
    }

    /// In a word, for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
        }
    }
}

impl Plan {
    /// All of it, in the order in which it is done.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for account in &self.accounts {
            let admin = if account.is_admin {
                ", administers the site"
            } else {
                ""
            };
            lines.push(line(Sign::Add, format!("account {}{admin}", account.name)));
        }
        for group in &self.groups.made {
            lines.push(line(Sign::Add, format!("group {group}")));
        }
        for membership in &self.groups.memberships {
            let sign = if membership.is_in {
                Sign::Add
            } else {
                Sign::Remove
            };
            lines.push(line(
                sign,
                format!("group {}: {}", membership.group, membership.member),
            ));
        }
        for change in &self.trees {
            lines.extend(change.lines());
        }
        for step in &self.aliases.steps {
            let sign = if step.leads { Sign::Add } else { Sign::Remove };
            let words = format!("alias {}: {}", step.spelling, step.target_spelling);
            lines.push(line(sign, words));
        }
        for (account, is_disabled) in &self.switched {
            let word = if *is_disabled { "disabled" } else { "enabled" };
            lines.push(line(Sign::Change, format!("account {account}: {word}")));
        }
        for group in &self.ended_groups {
            let words = format!("group {group}, with its entries in lists");
            lines.push(line(Sign::Remove, words));
        }
        lines
    }
}

impl TreeChange {
    fn lines(&self) -> impl Iterator<Item = Line> {
        self.steps.iter().map(|step| match &self.tree {
            TreeName::Account(name) => step.line(&format!("account {name}")),
            TreeName::Shared(_) => step.line(&format!("mailbox {}", step.path())),
        })
    }
}

impl TreeStep {
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Delete { path, .. }
            | Self::Quota { path, .. }
            | Self::Make { path, .. }
            | Self::SpecialUse { path, .. }
            | Self::OwnList { path }
            | Self::InheritList { path, .. }
            | Self::Entry { path, .. }
            | Self::Policy { path, .. }
            | Self::Address { path, .. } => path,
        }
    }

    fn line(&self, place: &str) -> Line {
        match self {
            Self::Delete {
                message_count,
                addresses,
                ..
            } => line(
                Sign::Remove,
                format!("{place}{}", lost(*message_count, addresses)),
            ),
            Self::Quota { limits, before, .. } => {
                let words = format!(
                    "{place}: quota {}, was {}",
                    limits_in(limits),
                    limits_in(before)
                );
                line(Sign::Change, words)
            }
            Self::Make { special_use, .. } => {
                let word = special_use.as_ref().map(|word| format!(" ({word})"));
                line(Sign::Add, format!("{place}{}", word.unwrap_or_default()))
            }
            Self::SpecialUse {
                special_use,
                before,
                ..
            } => {
                let (word, old) = (
                    special_use.as_deref().unwrap_or(NONE),
                    before.as_deref().unwrap_or(NONE),
                );
                line(
                    Sign::Change,
                    format!("{place}: special use {word}, was {old}"),
                )
            }
            Self::OwnList { .. } => line(Sign::Change, format!("{place}: a list of its own")),
            Self::InheritList { before, .. } => {
                let words = format!(
                    "{place}: the list of the mailbox above, not its own ({})",
                    list_in(before)
                );
                line(Sign::Change, words)
            }
            Self::Entry {
                subject,
                rights,
                before,
                ..
            } => match (*rights, *before) {
                (rights, Rights::NONE) => line(
                    Sign::Add,
                    format!("{place}: {subject} {}", rights_in(rights)),
                ),
                (Rights::NONE, before) => line(
                    Sign::Remove,
                    format!("{place}: {subject} {}", rights_in(before)),
                ),
                (rights, before) => {
                    let (new, old) = (rights_in(rights), rights_in(before));
                    line(Sign::Change, format!("{place}: {subject} {new}, was {old}"))
                }
            },
            Self::Policy {
                private, before, ..
            } => {
                let old = before
                    .as_ref()
                    .map(|before| format!(", was {}", policy_in(before)));
                let sign = if old.is_some() {
                    Sign::Change
                } else {
                    Sign::Add
                };
                let old = old.unwrap_or_default();
                line(
                    sign,
                    format!("{place}: private flags {}{old}", policy_in(private)),
                )
            }
            Self::Address {
                spelling, leads, ..
            } => {
                let sign = if *leads { Sign::Add } else { Sign::Remove };
                line(sign, format!("{place}: address {spelling}"))
            }
        }
    }
}

const NONE: &str = "none";

fn line(sign: Sign, words: String) -> Line {
    Line { sign, words }
}

fn lost(message_count: u64, addresses: &Addresses) -> String {
    let messages = match message_count {
        0 => String::new(),
        1 => ", with 1 message".to_owned(),
        count => format!(", with {count} messages"),
    };
    let spellings = addresses
        .values()
        .map(|spelling| format!(", address {spelling}"));
    messages + &spellings.collect::<String>()
}

fn limits_in(limits: &QuotaLimits) -> String {
    let named = LIMITS
        .iter()
        .filter_map(|(name, resource)| Some(format!("{name} {}", limits.of(*resource)?)));
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        NONE.to_owned()
    } else {
        named.join(" ")
    }
}

/// A role where it is one, else letters: without `c` and `d`, which would be read as all of their members (RFC 4314, 2.1.1).
pub(crate) fn rights_in(rights: Rights) -> String {
    match Role::of(rights) {
        Some(role) => role.word().to_owned(),
        None => rights
            .letters()
            .filter(|letter| !matches!(letter, 'c' | 'd'))
            .collect(),
    }
}

fn list_in(list: &List) -> String {
    let entries = list
        .iter()
        .map(|(subject, rights)| format!("{subject} {}", rights_in(*rights)));
    let entries: Vec<String> = entries.collect();
    if entries.is_empty() {
        "empty".to_owned()
    } else {
        entries.join(", ")
    }
}

fn policy_in(policy: &FlagPolicy) -> String {
    let words = policy.to_string();
    if words.is_empty() {
        NONE.to_owned()
    } else {
        words
    }
}
