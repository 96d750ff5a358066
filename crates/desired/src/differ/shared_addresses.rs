//! Addresses that lead to several mailboxes after a change: fewer people may send as these.

use std::collections::{BTreeMap, BTreeSet};

use crate::current::CurrentState;
use crate::planned::{Plan, TreeStep};
use crate::wanted::TreeName;

/// Says of each address that leads to one mailbox more, to which it leads then.
pub(super) fn note(current: &CurrentState, plan: &mut Plan) {
    let mut leads = BTreeMap::<&str, BTreeSet<String>>::new();
    for (path, mailbox) in &current.mailboxes {
        for address in mailbox.addresses.keys() {
            leads
                .entry(address)
                .or_default()
                .insert(mailbox_place(path));
        }
    }
    for (name, account) in &current.accounts {
        for address in account.addresses.keys() {
            leads
                .entry(address)
                .or_default()
                .insert(account_place(name));
        }
    }
    let mut spellings = BTreeMap::new();
    let changes = plan.trees.iter();
    let steps = changes.flat_map(|change| change.steps.iter().map(|step| (&change.tree, step)));
    for (tree, step) in steps {
        match step {
            TreeStep::Delete {
                path, addresses, ..
            } => {
                for address in addresses.keys() {
                    let places = leads.entry(address).or_default();
                    places.remove(&place(tree, path));
                }
            }
            TreeStep::Address {
                path,
                address,
                spelling,
                leads: is_new,
            } => {
                let places = leads.entry(address).or_default();
                if *is_new {
                    places.insert(place(tree, path));
                    spellings.insert(address.as_str(), spelling);
                } else {
                    places.remove(&place(tree, path));
                }
            }
            TreeStep::Quota { .. }
            | TreeStep::Make { .. }
            | TreeStep::SpecialUse { .. }
            | TreeStep::OwnList { .. }
            | TreeStep::InheritList { .. }
            | TreeStep::Entry { .. }
            | TreeStep::Policy { .. } => {}
        }
    }
    let notes = spellings.into_iter().filter_map(|(address, spelling)| {
        let places = leads.get(address).filter(|places| places.len() > 1)?;
        let places: Vec<_> = places.iter().map(String::as_str).collect();
        Some(format!(
            "address {spelling} leads to {} then: only who may send for each of them may send as it, and no copies are filed",
            places.join(" and ")
        ))
    });
    plan.notes.extend(notes.collect::<Vec<_>>());
}

fn place(tree: &TreeName, path: &str) -> String {
    match tree {
        TreeName::Account(name) => account_place(name),
        TreeName::Shared(_) => mailbox_place(path),
    }
}

fn account_place(name: &str) -> String {
    format!("account {name}")
}

fn mailbox_place(path: &str) -> String {
    format!("mailbox {path}")
}
