//! A file that says what there is changes nothing, and one that says what there was brings it back.

use std::collections::{BTreeMap, BTreeSet};

use acl::{Rights, Subject};
use mail::{FlagPolicy, QuotaLimits};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{parse, words};
use crate::{
    Addresses, Alias, CurrentAccount, CurrentGroup, CurrentMailbox, CurrentState, List, Plan,
    Prune, Source, TreeChange, TreeName, TreeStep, plan, snapshot,
};

const PATHS: [&str; 7] = ["a", "a/b", "a/b/c", "a-1", "d/\"e\"", "d/\"e\"/\u{e9}", "f"];
const SUBJECTS: [&str; 7] = [
    "ada",
    "-bo",
    "group:g",
    "-group:nobody",
    "anyone",
    "authenticated",
    "domain:example.org",
];
const GROUPS: [&str; 3] = ["g", "h", "i j"];
const ACCOUNTS: [&str; 4] = ["ada", "bo", "carl@example.org", "d'or"];
const ADDRESSES: [(&str, &str); 2] = [
    ("x@example.org", "X@example.org"),
    ("@example.org", "@example.org"),
];

fn lists() -> impl Strategy<Value = List> {
    let rights = (1_i16..4096).prop_map(Rights::from_i16);
    let entries = subsequence(SUBJECTS.to_vec(), 0..4);
    (entries, proptest::collection::vec(rights, 4)).prop_map(|(names, rights)| {
        let subjects = names.into_iter().map(|name| Subject::parse(name).unwrap());
        subjects.zip(rights).collect()
    })
}

fn limits() -> impl Strategy<Value = QuotaLimits> {
    let one = || proptest::option::of(0_u64..9);
    (one(), one(), one()).prop_map(|(storage, message, mailbox)| QuotaLimits {
        storage,
        message,
        mailbox,
    })
}

fn addresses() -> impl Strategy<Value = Addresses> {
    subsequence(ADDRESSES.to_vec(), 0..=2).prop_map(|pairs| {
        let pairs = pairs.into_iter();
        pairs
            .map(|(key, spelling)| (key.to_owned(), spelling.to_owned()))
            .collect()
    })
}

prop_compose! {
    fn mailboxes()(
        special_use in proptest::option::of(select(vec!["\\Sent".to_owned(), "\\Trash".to_owned()])),
        list in proptest::option::of(lists()),
        private in select(vec!["", "\\Seen", "\\Flagged \\Seen", "\\Seen key"]),
        addresses in addresses(),
        message_count in 0_u64..3,
    ) -> CurrentMailbox {
        CurrentMailbox {
            special_use,
            list,
            private: FlagPolicy::parse(private).unwrap().in_order(),
            addresses,
            message_count,
        }
    }
}

prop_compose! {
    fn accounts()(is_disabled: bool, addresses in addresses(), quota in limits()) -> CurrentAccount {
        CurrentAccount { is_disabled, addresses, quota, ..CurrentAccount::default() }
    }
}

prop_compose! {
    fn states()(
        accounts in proptest::collection::btree_map(select(&ACCOUNTS[..]), accounts(), 0..4),
        groups in proptest::collection::btree_map(select(&GROUPS[..]), subsequence(ACCOUNTS.to_vec(), 0..3), 0..4),
        mailboxes in proptest::collection::btree_map(select(&PATHS[..]), mailboxes(), 0..6),
        quotas in proptest::collection::vec(limits(), 7),
        aliases in proptest::collection::btree_map(select(&ADDRESSES[..]), addresses(), 0..3),
    ) -> CurrentState {
        let accounts = accounts.into_iter().map(|(name, account)| (name.to_owned(), account));
        let mut state = CurrentState { accounts: accounts.collect(), ..CurrentState::default() };
        let admin = CurrentAccount { is_admin: true, ..CurrentAccount::default() };
        state.accounts.insert("root".to_owned(), admin);
        let known: BTreeSet<_> = state.accounts.keys().cloned().collect();
        state.groups = groups.into_iter().map(|(name, members)| {
            let members = members.into_iter().map(str::to_owned).filter(|name| known.contains(name)).collect();
            (name.to_owned(), CurrentGroup { members, source: Source::Hand })
        }).collect();
        state.mailboxes = mailboxes.into_iter().map(|(path, mailbox)| (path.to_owned(), mailbox)).collect();
        for ((address, spelling), mut targets) in aliases {
            targets.retain(|target, _| address.starts_with('@') || !target.starts_with('@'));
            if !targets.is_empty() {
                let alias = Alias { spelling: spelling.to_owned(), targets };
                state.aliases.insert(address.to_owned(), alias);
            }
        }
        // A mailbox that has others below it cannot go.
        state.mailboxes = state.mailboxes.iter().filter(|(path, _)| {
            let above = PATHS.iter().filter(|above| path.starts_with(&format!("{above}/")));
            above.into_iter().all(|above| state.mailboxes.contains_key(*above))
        }).map(|(path, mailbox)| (path.clone(), mailbox.clone())).collect();
        // Only what is below another has its list.
        let paths: BTreeSet<_> = state.mailboxes.keys().cloned().collect();
        for (path, mailbox) in &mut state.mailboxes {
            let is_below = paths.iter().any(|above| path.starts_with(&format!("{above}/")));
            if !is_below && mailbox.list.is_none() {
                mailbox.list = Some(List::new());
            }
        }
        state.quotas = paths.into_iter().zip(quotas).filter(|(_, limits)| *limits != QuotaLimits::default()).collect();
        state
    }
}

proptest! {
    #[test]
    fn a_file_of_what_there_is_changes_nothing(state in states()) {
        let file = snapshot(&state, None);
        let plan = plan(&parse(&file).unwrap(), &state, Prune::WithMail);
        prop_assert_eq!(words(&plan), Vec::<String>::new());
        for path in state.mailboxes.keys() {
            let part = snapshot(&state, path.split('/').next());
            prop_assert!(crate::plan(&parse(&part).unwrap(), &state, Prune::WithMail).is_empty());
        }
    }

    #[test]
    fn a_file_of_what_there_was_brings_it_back(was in states(), is in states()) {
        let desired = parse(&snapshot(&was, None)).unwrap();
        let first = plan(&desired, &is, Prune::WithMail);
        // A list that names a group which goes.
        prop_assume!(first.refusals.is_empty());
        let mut state = is;
        carry_out(&first, &mut state);
        for mailbox in state.mailboxes.values_mut() {
            mailbox.message_count = 0;
        }
        let mut was = was;
        for mailbox in was.mailboxes.values_mut() {
            mailbox.message_count = 0;
        }
        prop_assert_eq!(&state.mailboxes, &was.mailboxes);
        prop_assert_eq!(&state.groups, &was.groups);
        prop_assert_eq!(&state.aliases, &was.aliases);
        for (name, account) in &state.accounts {
            match was.accounts.get(name) {
                Some(known) => prop_assert_eq!(account, known),
                None => prop_assert!(account.is_disabled),
            }
        }
        let again = plan(&desired, &state, Prune::WithMail);
        prop_assert_eq!(again.lines(), Vec::new());
    }
}

/// Does to a state what the store does to a site.
pub(super) fn carry_out(plan: &Plan, state: &mut CurrentState) {
    for account in &plan.accounts {
        let made = CurrentAccount {
            is_admin: account.is_admin,
            ..CurrentAccount::default()
        };
        state.accounts.insert(account.name.clone(), made);
    }
    for group in &plan.groups.made {
        state.groups.insert(group.clone(), CurrentGroup::default());
    }
    for membership in &plan.groups.memberships {
        let members = &mut state.groups.get_mut(&membership.group).unwrap().members;
        let is_other = match membership.is_in {
            true => members.insert(membership.member.clone()),
            false => members.remove(&membership.member),
        };
        assert!(is_other, "{membership:?}");
    }
    for change in &plan.trees {
        carry_out_tree(change, state);
    }
    for step in &plan.aliases.steps {
        let alias = state.aliases.entry(step.address.clone()).or_default();
        alias.spelling.clone_from(&step.spelling);
        lead(
            &mut alias.targets,
            &step.target,
            &step.target_spelling,
            step.leads,
        );
    }
    state.aliases.retain(|_, alias| !alias.targets.is_empty());
    for (name, is_disabled) in &plan.switched {
        state.accounts.get_mut(name).unwrap().is_disabled = *is_disabled;
    }
    for group in &plan.ended_groups {
        state.groups.remove(group).unwrap();
        let member = format!("group:{group}");
        for other in state.groups.values_mut() {
            other.members.remove(&member);
        }
        let lists = state
            .mailboxes
            .values_mut()
            .filter_map(|mailbox| mailbox.list.as_mut());
        lists.for_each(|list| list.retain(|subject, _| subject.identifier.to_string() != member));
    }
}

fn carry_out_tree(change: &TreeChange, state: &mut CurrentState) {
    for step in &change.steps {
        match (&change.tree, step) {
            (TreeName::Account(name), TreeStep::Quota { limits, .. }) => {
                state.accounts.get_mut(name).unwrap().quota = *limits;
            }
            (
                TreeName::Account(name),
                TreeStep::Address {
                    address,
                    spelling,
                    leads,
                    ..
                },
            ) => {
                lead(
                    &mut state.accounts.get_mut(name).unwrap().addresses,
                    address,
                    spelling,
                    *leads,
                );
            }
            (TreeName::Account(_), other) => panic!("{other:?}"),
            (TreeName::Shared(_), step) => carry_out_step(step, state),
        }
    }
}

fn carry_out_step(step: &TreeStep, state: &mut CurrentState) {
    let mailboxes = &mut state.mailboxes;
    match step {
        TreeStep::Delete { path, .. } => drop(mailboxes.remove(path).unwrap()),
        TreeStep::Quota { path, limits, .. } => drop(state.quotas.insert(path.clone(), *limits)),
        TreeStep::Make { path, special_use } => {
            let above = above(mailboxes, path);
            let mailbox = CurrentMailbox {
                special_use: special_use.clone(),
                list: above.is_none().then(List::new),
                private: above.map_or_else(
                    || FlagPolicy::parse("\\Seen").unwrap(),
                    |above| above.private.clone(),
                ),
                ..CurrentMailbox::default()
            };
            assert!(mailboxes.insert(path.clone(), mailbox).is_none());
        }
        TreeStep::SpecialUse {
            path, special_use, ..
        } => {
            mailboxes
                .get_mut(path)
                .unwrap()
                .special_use
                .clone_from(special_use);
        }
        TreeStep::OwnList { path } => {
            let list = &mut mailboxes.get_mut(path).unwrap().list;
            assert_eq!(list.replace(List::new()), None);
        }
        TreeStep::InheritList { path, .. } => {
            assert!(above(mailboxes, path).is_some());
            assert!(mailboxes.get_mut(path).unwrap().list.take().is_some());
        }
        TreeStep::Entry {
            path,
            subject,
            rights,
            before,
        } => {
            let list = mailboxes.get_mut(path).unwrap().list.as_mut().unwrap();
            let old = match *rights {
                Rights::NONE => list.remove(subject),
                rights => list.insert(subject.clone(), rights),
            };
            assert_eq!(old.unwrap_or(Rights::NONE), *before);
        }
        TreeStep::Policy { path, private, .. } => {
            mailboxes.get_mut(path).unwrap().private = private.clone();
        }
        TreeStep::Address {
            path,
            address,
            spelling,
            leads,
        } => {
            lead(
                &mut mailboxes.get_mut(path).unwrap().addresses,
                address,
                spelling,
                *leads,
            );
        }
    }
}

fn above<'m>(
    mailboxes: &'m BTreeMap<String, CurrentMailbox>,
    path: &str,
) -> Option<&'m CurrentMailbox> {
    let mut above = mailboxes.iter().rev();
    above
        .find(|(other, _)| path.starts_with(&format!("{other}/")))
        .map(|(_, mailbox)| mailbox)
}

fn lead(addresses: &mut Addresses, address: &str, spelling: &str, leads: bool) {
    let old = match leads {
        true => addresses.insert(address.to_owned(), spelling.to_owned()),
        false => addresses.remove(address),
    };
    assert_eq!(old.is_none(), leads);
}
