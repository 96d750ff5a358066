//! Accounts with their own trees, and groups.

use std::collections::BTreeSet;

use acl::Identifier;
use mail::MailboxName;

use super::Prune;
use super::tree::{addresses, change};
use crate::current::{CurrentAccount, CurrentState};
use crate::key::Section;
use crate::planned::{GroupsChange, MemberChange, NewAccount, Plan, TreeStep};
use crate::wanted::{DesiredAccount, DesiredGroup, DesiredList, DesiredState, Source, TreeName};

pub(super) fn accounts(
    desired: &DesiredState,
    current: &CurrentState,
    prune: Prune,
    plan: &mut Plan,
) {
    let nobody = CurrentAccount::default();
    for (name, wanted) in &desired.accounts {
        let Some(known) = current.accounts.get(name) else {
            if wanted.source == Source::Directory {
                plan.notes.push(format!(
                    "account {name}: the directory has not brought it yet"
                ));
                continue;
            }
            newcomer(name, wanted, plan);
            own_tree(name, wanted, &nobody, current, plan);
            continue;
        };
        match (wanted.source, known.source) {
            (Source::Hand, _) => settle(name, wanted, known, plan),
            (Source::Directory, Source::Directory) => {}
            (Source::Directory, Source::Hand) => {
                plan.notes.push(format!(
                    "account {name} is kept by hand: the directory has not taken it over yet"
                ));
            }
        }
        own_tree(name, wanted, known, current, plan);
    }
    if prune == Prune::Nothing || !desired.complete.contains(&Section::Accounts) {
        return;
    }
    for (name, known) in &current.accounts {
        if desired.accounts.contains_key(name) || known.is_disabled {
            continue;
        }
        match known.source {
            Source::Hand => plan.switched.push((name.clone(), true)),
            Source::Directory => plan
                .notes
                .push(format!("account {name} stays: the directory keeps it")),
        }
    }
}

fn newcomer(name: &str, wanted: &DesiredAccount, plan: &mut Plan) {
    plan.accounts.push(NewAccount {
        name: name.to_owned(),
        hash: wanted.hash.clone(),
        is_admin: wanted.is_admin.unwrap_or_default(),
        has_folders: wanted.has_folders,
    });
    if wanted.is_disabled == Some(true) {
        plan.switched.push((name.to_owned(), true));
    }
}

fn settle(name: &str, wanted: &DesiredAccount, known: &CurrentAccount, plan: &mut Plan) {
    if wanted
        .is_admin
        .is_some_and(|is_admin| is_admin != known.is_admin)
    {
        let does = if known.is_admin {
            "administers"
        } else {
            "does not administer"
        };
        plan.refusals.push(format!(
            "account {name} {does} the site, which cannot be changed"
        ));
    }
    let Some(is_disabled) = wanted
        .is_disabled
        .filter(|is_disabled| *is_disabled != known.is_disabled)
    else {
        return;
    };
    match known.source {
        Source::Hand => plan.switched.push((name.to_owned(), is_disabled)),
        Source::Directory => {
            plan.refusals.push(format!(
                "account {name}: the directory says who may log in; change it there"
            ));
        }
    }
}

fn own_tree(
    name: &str,
    wanted: &DesiredAccount,
    known: &CurrentAccount,
    current: &CurrentState,
    plan: &mut Plan,
) {
    let mut steps = Vec::new();
    if let Some(limits) = wanted.quota.filter(|limits| *limits != known.quota) {
        steps.push(TreeStep::Quota {
            path: String::new(),
            limits,
            before: known.quota,
        });
    }
    if let Some(wanted) = &wanted.addresses {
        let (gone, come) = addresses(MailboxName::INBOX, wanted, &known.addresses);
        steps.extend(gone);
        steps.extend(come);
    }
    plan.trees
        .extend(change(TreeName::Account(name.to_owned()), steps, current));
}

pub(super) fn groups(
    desired: &DesiredState,
    current: &CurrentState,
    prune: Prune,
    plan: &mut Plan,
) {
    plan.groups = GroupsChange {
        version: current.groups_version.clone(),
        ..GroupsChange::default()
    };
    if prune != Prune::Nothing && desired.complete.contains(&Section::Groups) {
        let others = current
            .groups
            .iter()
            .filter(|(name, _)| !desired.groups.contains_key(*name));
        for (name, known) in others {
            match known.source {
                Source::Hand => end(name, desired, plan),
                Source::Directory => plan
                    .notes
                    .push(format!("group {name} stays: the directory keeps it")),
            }
        }
    }
    for (name, wanted) in &desired.groups {
        let known = current.groups.get(name);
        match (wanted.source, known.map(|known| known.source)) {
            (Source::Hand, _) => {}
            (Source::Directory, Some(Source::Directory)) => continue,
            (Source::Directory, Some(Source::Hand)) => {
                plan.notes.push(format!(
                    "group {name} is kept by hand: the directory does not say who is in it"
                ));
                continue;
            }
            (Source::Directory, None) => {
                plan.notes.push(format!(
                    "group {name}: the directory has not brought it yet"
                ));
                continue;
            }
        }
        if known.is_none() {
            plan.groups.made.push(name.clone());
        }
        let is_directorys = known.is_some_and(|known| known.source == Source::Directory);
        let none = BTreeSet::new();
        let members = known.map_or(&none, |known| &known.members);
        let changes = memberships(name, wanted, members, desired, current, plan);
        if is_directorys && !changes.is_empty() {
            plan.refusals.push(format!(
                "group {name}: the directory says who is in it; change it there"
            ));
        } else {
            plan.groups.memberships.extend(changes);
        }
    }
}

/// Its entries in lists go with a group: a list that is said cannot have one.
fn end(group: &str, desired: &DesiredState, plan: &mut Plan) {
    plan.ended_groups.push(group.to_owned());
    let identifier = Identifier::Group(group.to_owned());
    let naming = desired
        .mailboxes
        .iter()
        .find(|(_, mailbox)| match &mailbox.list {
            Some(DesiredList::Own(list)) => {
                list.keys().any(|subject| subject.identifier == identifier)
            }
            Some(DesiredList::Inherited) | None => false,
        });
    if let Some((path, _)) = naming {
        plan.refusals.push(format!(
            "mailbox {path} names group:{group}, which is not in the file and would be deleted"
        ));
    }
}

fn memberships(
    group: &str,
    wanted: &DesiredGroup,
    known: &BTreeSet<String>,
    desired: &DesiredState,
    current: &CurrentState,
    plan: &mut Plan,
) -> Vec<MemberChange> {
    let Some(wanted) = &wanted.members else {
        return Vec::new();
    };
    let membership = |member: &String, is_in| MemberChange {
        group: group.to_owned(),
        member: member.clone(),
        is_in,
    };
    let mut changes: Vec<_> = known
        .difference(wanted)
        .map(|member| membership(member, false))
        .collect();
    for member in wanted.difference(known) {
        match presence(member, desired, current, plan) {
            Presence::There => changes.push(membership(member, true)),
            Presence::Later => plan.notes.push(format!(
                "group {group}: {member} comes when the directory brings it"
            )),
            Presence::Nobody => plan
                .refusals
                .push(format!("group {group}: there is no {member}")),
        }
    }
    changes
}

/// Whether somebody is there when groups are changed.
enum Presence {
    There,
    /// The directory has not brought it yet.
    Later,
    Nobody,
}

fn presence(member: &str, desired: &DesiredState, current: &CurrentState, plan: &Plan) -> Presence {
    let (is_there, source) = match member.strip_prefix("group:") {
        Some(group) if plan.ended_groups.iter().any(|ended| ended == group) => {
            return Presence::Nobody;
        }
        Some(group) => {
            let wanted = desired.groups.get(group).map(|group| group.source);
            (current.groups.contains_key(group), wanted)
        }
        None => {
            let wanted = desired.accounts.get(member).map(|account| account.source);
            (current.accounts.contains_key(member), wanted)
        }
    };
    match source {
        _ if is_there => Presence::There,
        Some(Source::Hand) => Presence::There,
        Some(Source::Directory) => Presence::Later,
        None => Presence::Nobody,
    }
}

/// Refuses to leave a site without anybody who could undo it.
pub(super) fn keep_an_administrator(current: &CurrentState, plan: &mut Plan) {
    let is_open = |name: &String, is_disabled: bool| {
        let switched = plan.switched.iter().find(|(other, _)| other == name);
        !switched.map_or(is_disabled, |(_, is_disabled)| *is_disabled)
    };
    let known = current.accounts.iter();
    let stays = known
        .filter(|(_, account)| account.is_admin)
        .any(|(name, account)| is_open(name, account.is_disabled));
    let comes = plan
        .accounts
        .iter()
        .filter(|account| account.is_admin)
        .any(|account| is_open(&account.name, false));
    if !stays && !comes {
        plan.refusals
            .push("nobody would administer the site: an account needs admin = true".to_owned());
    }
}
