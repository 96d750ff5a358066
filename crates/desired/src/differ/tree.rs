//! Shared mailboxes, a tree at a time.

use std::collections::{BTreeMap, BTreeSet};

use acl::{Identifier, Rights, Subject};
use mail::FlagPolicy;

use super::Prune;
use crate::current::{CurrentMailbox, CurrentState};
use crate::key::Section;
use crate::planned::{Plan, TreeChange, TreeStep};
use crate::wanted::{Addresses, DesiredList, DesiredMailbox, DesiredState, List, TreeName};

pub(super) fn shared(
    desired: &DesiredState,
    current: &CurrentState,
    prune: Prune,
    plan: &mut Plan,
) {
    let mut trees: BTreeMap<TreeName, Vec<(&String, &DesiredMailbox)>> = BTreeMap::new();
    for (path, wanted) in &desired.mailboxes {
        trees
            .entry(TreeName::of_shared(path))
            .or_default()
            .push((path, wanted));
    }
    if prune != Prune::Nothing && desired.complete.contains(&Section::Mailboxes) {
        for path in current.mailboxes.keys() {
            trees.entry(TreeName::of_shared(path)).or_default();
        }
    }
    let mut nobodies = BTreeSet::new();
    for (tree, wanted) in trees {
        let mut work = Work::new(&tree, current);
        if prune != Prune::Nothing {
            work.remove_others(desired, prune, plan);
        }
        for (path, wanted) in &wanted {
            work.limit(path, wanted, current);
        }
        for (path, wanted) in &wanted {
            work.settle(path, wanted, plan);
        }
        let steps = work.into_steps();
        for step in &steps {
            nobodies.extend(nobody(step, desired, current));
        }
        plan.trees.extend(change(tree, steps, current));
    }
    let nobodies = nobodies.into_iter();
    plan.notes
        .extend(nobodies.map(|name| format!("there is no {name} yet, who is named in lists")));
}

/// The change of a tree, if something changes.
pub(super) fn change(
    tree: TreeName,
    steps: Vec<TreeStep>,
    current: &CurrentState,
) -> Option<TreeChange> {
    let version = current.versions.get(&tree).cloned().unwrap_or_default();
    (!steps.is_empty()).then_some(TreeChange {
        tree,
        version,
        steps,
    })
}

/// Those that go, and those that come.
pub(super) fn addresses(
    path: &str,
    wanted: &Addresses,
    known: &Addresses,
) -> (Vec<TreeStep>, Vec<TreeStep>) {
    let only_in = |these: &Addresses, those: &Addresses, leads| {
        let these = these
            .iter()
            .filter(|(address, _)| !those.contains_key(*address));
        let steps = these.map(|(address, spelling)| TreeStep::Address {
            path: path.to_owned(),
            address: address.clone(),
            spelling: spelling.clone(),
            leads,
        });
        steps.collect()
    };
    (only_in(known, wanted, false), only_in(wanted, known, true))
}

/// Who gets rights and is not there.
fn nobody(step: &TreeStep, desired: &DesiredState, current: &CurrentState) -> Option<String> {
    let TreeStep::Entry {
        subject, rights, ..
    } = step
    else {
        return None;
    };
    let is_there = match &subject.identifier {
        Identifier::User(name) => {
            current.accounts.contains_key(name) || desired.accounts.contains_key(name)
        }
        Identifier::Group(name) => {
            current.groups.contains_key(name) || desired.groups.contains_key(name)
        }
        Identifier::Anyone
        | Identifier::Authenticated
        | Identifier::Domain(_)
        | Identifier::Anonymous
        | Identifier::Owner => true,
    };
    (!is_there && *rights != Rights::NONE).then(|| subject.identifier.to_string())
}

/// One tree, as it becomes step by step.
struct Work<'c> {
    known: BTreeMap<&'c str, &'c CurrentMailbox>,
    /// The flag policy of each mailbox that is there by now.
    policies: BTreeMap<String, FlagPolicy>,
    steps: Vec<TreeStep>,
    /// Addresses come last: their lock does.
    gone_addresses: Vec<TreeStep>,
    new_addresses: Vec<TreeStep>,
}

impl<'c> Work<'c> {
    fn new(tree: &TreeName, current: &'c CurrentState) -> Self {
        let of_tree = current
            .mailboxes
            .iter()
            .filter(|(path, _)| TreeName::of_shared(path) == *tree);
        let known: BTreeMap<&str, &CurrentMailbox> = of_tree
            .map(|(path, mailbox)| (path.as_str(), mailbox))
            .collect();
        let policies = known
            .iter()
            .map(|(path, mailbox)| ((*path).to_owned(), mailbox.private.clone()));
        Self {
            policies: policies.collect(),
            known,
            steps: Vec::new(),
            gone_addresses: Vec::new(),
            new_addresses: Vec::new(),
        }
    }

    fn into_steps(self) -> Vec<TreeStep> {
        let mut steps = self.steps;
        steps.extend(self.gone_addresses);
        steps.extend(self.new_addresses);
        steps
    }

    /// From below. What has others below it that stay, stays.
    fn remove_others(&mut self, desired: &DesiredState, prune: Prune, plan: &mut Plan) {
        let known: Vec<(&str, &CurrentMailbox)> = self
            .known
            .iter()
            .rev()
            .map(|(path, known)| (*path, *known))
            .collect();
        for (path, known) in known {
            if desired.mailboxes.contains_key(path) {
                continue;
            }
            let below = format!("{path}/");
            let has_below = self.known.keys().any(|other| other.starts_with(&below))
                || desired
                    .mailboxes
                    .keys()
                    .any(|other| other.starts_with(&below));
            if has_below {
                plan.notes
                    .push(format!("mailbox {path} stays: there are others below it"));
                continue;
            }
            if known.message_count > 0 && prune == Prune::WithoutMail {
                let count = known.message_count;
                plan.refusals.push(format!(
                    "mailbox {path} holds mail ({count}), which only --with-mail deletes"
                ));
            }
            self.known.remove(path);
            self.policies.remove(path);
            self.steps.push(TreeStep::Delete {
                path: path.to_owned(),
                message_count: known.message_count,
                addresses: known.addresses.clone(),
            });
        }
    }

    /// Limits come before mailboxes are made, for which there has to be room.
    fn limit(&mut self, path: &str, wanted: &DesiredMailbox, current: &CurrentState) {
        let before = current.quotas.get(path).copied().unwrap_or_default();
        if let Some(limits) = wanted.quota.filter(|limits| *limits != before) {
            self.steps.push(TreeStep::Quota {
                path: path.to_owned(),
                limits,
                before,
            });
        }
    }

    fn settle(&mut self, path: &str, wanted: &DesiredMailbox, plan: &mut Plan) {
        match self.known.get(path).copied() {
            Some(known) => self.change(path, wanted, known, plan),
            None => self.make(path, wanted, plan),
        }
    }

    fn make(&mut self, path: &str, wanted: &DesiredMailbox, plan: &mut Plan) {
        self.steps.push(TreeStep::Make {
            path: path.to_owned(),
            special_use: wanted.special_use.clone().flatten(),
        });
        let above = self.above(path).cloned();
        match &wanted.list {
            Some(DesiredList::Own(list)) => {
                if above.is_some() {
                    self.steps.push(TreeStep::OwnList {
                        path: path.to_owned(),
                    });
                }
                self.entries(path, list, &List::new());
            }
            None if above.is_none() => plan
                .notes
                .push(format!("mailbox {path}: nobody is in its list")),
            Some(DesiredList::Inherited) | None => {}
        }
        let inherited = above.unwrap_or_else(seen);
        if let Some(private) = wanted
            .private
            .as_ref()
            .filter(|private| **private != inherited)
        {
            self.steps.push(TreeStep::Policy {
                path: path.to_owned(),
                private: private.clone(),
                before: None,
            });
        }
        let private = wanted.private.clone().unwrap_or(inherited);
        self.policies.insert(path.to_owned(), private);
        self.lead_here(path, wanted, &Addresses::new(), plan);
    }

    fn change(
        &mut self,
        path: &str,
        wanted: &DesiredMailbox,
        known: &CurrentMailbox,
        plan: &mut Plan,
    ) {
        if let Some(special_use) = wanted
            .special_use
            .as_ref()
            .filter(|wanted| **wanted != known.special_use)
        {
            self.steps.push(TreeStep::SpecialUse {
                path: path.to_owned(),
                special_use: special_use.clone(),
                before: known.special_use.clone(),
            });
        }
        match (&wanted.list, &known.list) {
            (Some(DesiredList::Own(list)), Some(before)) => self.entries(path, list, before),
            (Some(DesiredList::Own(list)), None) => {
                self.steps.push(TreeStep::OwnList {
                    path: path.to_owned(),
                });
                self.entries(path, list, &List::new());
            }
            (Some(DesiredList::Inherited), Some(before)) => {
                self.steps.push(TreeStep::InheritList {
                    path: path.to_owned(),
                    before: before.clone(),
                });
            }
            (Some(DesiredList::Inherited) | None, _) => {}
        }
        if let Some(private) = wanted
            .private
            .as_ref()
            .filter(|private| **private != known.private)
        {
            self.steps.push(TreeStep::Policy {
                path: path.to_owned(),
                private: private.clone(),
                before: Some(known.private.clone()),
            });
            self.policies.insert(path.to_owned(), private.clone());
        }
        self.lead_here(path, wanted, &known.addresses, plan);
    }

    fn entries(&mut self, path: &str, wanted: &List, known: &List) {
        let subjects: BTreeSet<&Subject> = wanted.keys().chain(known.keys()).collect();
        for subject in subjects {
            let of = |list: &List| list.get(subject).copied().unwrap_or(Rights::NONE);
            let (rights, before) = (of(wanted), of(known));
            if rights != before {
                self.steps.push(TreeStep::Entry {
                    path: path.to_owned(),
                    subject: subject.clone(),
                    rights,
                    before,
                });
            }
        }
    }

    fn lead_here(
        &mut self,
        path: &str,
        wanted: &DesiredMailbox,
        known: &Addresses,
        plan: &mut Plan,
    ) {
        let Some(addresses_wanted) = &wanted.addresses else {
            return;
        };
        let (gone, come) = addresses(path, addresses_wanted, known);
        if !come.is_empty() && !lets_anyone_post(wanted) {
            plan.notes.push(format!(
                "mailbox {path}: only who is in its list may post to its addresses, unless that says anyone = \"p\""
            ));
        }
        self.gone_addresses.extend(gone);
        self.new_addresses.extend(come);
    }

    /// The flag policy of the nearest mailbox above.
    fn above(&self, path: &str) -> Option<&FlagPolicy> {
        let ends = path.rmatch_indices('/').map(|(end, _)| end);
        ends.filter_map(|end| self.policies.get(path.get(..end)?))
            .next()
    }
}

/// The flag policy of a mailbox that has none above it.
fn seen() -> FlagPolicy {
    FlagPolicy::parse("\\Seen").unwrap_or_default()
}

fn lets_anyone_post(wanted: &DesiredMailbox) -> bool {
    let Some(DesiredList::Own(list)) = &wanted.list else {
        return false;
    };
    let anyone = Subject {
        identifier: Identifier::Anyone,
        is_negative: false,
    };
    list.get(&anyone)
        .is_some_and(|rights| rights.contains(Rights::POST))
}
