//! What follows for the accounts and groups that are here from the people and groups that a directory has.

use std::collections::{BTreeSet, HashMap, HashSet};

use mail::AccountId;

use crate::entry::{Group, Person};

/// Fewer than these may go at once, however few there are.
const GONE_ALARMING_MIN: usize = 4;

/// An account that the directory keeps, as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// The account.
    pub account: AccountId,
    /// How it is called.
    pub name: String,
    /// What the directory knows the person by.
    pub id: String,
    /// What changes there when the password does, as it was seen last.
    pub stamp: Option<String>,
    /// Whether the account is disabled, for whatever reason.
    pub is_disabled: bool,
    /// Whether that is because the directory had the person no longer.
    pub has_left: bool,
}

/// What is to be done about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonChange<'a> {
    /// There is no account of this person.
    Join(&'a Person),
    /// The account has another name than the person, or its password was changed.
    Update(&'a KnownPerson, &'a Person),
    /// The directory has the person again.
    Return(&'a KnownPerson),
    /// The directory has the person no longer.
    Leave(&'a KnownPerson),
}

/// A group that the directory keeps, as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownGroup {
    /// How it is called.
    pub name: String,
    /// Who is in it.
    pub members: BTreeSet<AccountId>,
}

/// Who shall be in a group in which others are, or which is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// How it is called.
    pub name: String,
    /// All who shall be in it.
    pub members: BTreeSet<AccountId>,
    /// How many of these are not in it.
    pub added: usize,
    /// How many others are.
    pub removed: usize,
}

/// What is to be done about people, leavers last.
#[must_use]
pub fn person_changes<'a>(people: &'a [Person], known: &'a [KnownPerson]) -> Vec<PersonChange<'a>> {
    let here: HashMap<&str, &KnownPerson> = known
        .iter()
        .map(|known| (known.id.as_str(), known))
        .collect();
    let mut present = HashSet::new();
    let mut changes = Vec::new();
    for person in people.iter().filter(|person| !person.id.is_empty()) {
        // An entry that is found twice is one person.
        if !present.insert(person.id.as_str()) {
            continue;
        }
        let Some(known) = here.get(person.id.as_str()) else {
            changes.push(PersonChange::Join(person));
            continue;
        };
        if !person.names.contains(&known.name) || person.stamp != known.stamp {
            changes.push(PersonChange::Update(known, person));
        }
        if known.has_left {
            changes.push(PersonChange::Return(known));
        }
    }
    let leavers = known
        .iter()
        .filter(|known| !known.is_disabled && !present.contains(known.id.as_str()));
    changes.extend(leavers.map(PersonChange::Leave));
    changes
}

/// What is to be done about groups; `accounts` are those of people, by their ids. A group that the directory has no longer is emptied,
/// and its entries in lists stay.
#[must_use]
pub fn group_changes(
    groups: &[Group],
    known: &[KnownGroup],
    accounts: &HashMap<String, AccountId>,
) -> Vec<GroupChange> {
    let here: HashMap<&str, &KnownGroup> = known
        .iter()
        .map(|known| (known.name.as_str(), known))
        .collect();
    let present: HashSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let wanted = groups.iter().map(|group| {
        let members = group.members.iter().filter_map(|id| accounts.get(id));
        (group.name.as_str(), members.copied().collect())
    });
    let gone = known
        .iter()
        .filter(|known| !present.contains(known.name.as_str()))
        .map(|known| (known.name.as_str(), BTreeSet::new()));
    let none = BTreeSet::new();
    wanted
        .chain(gone)
        .filter_map(|(name, members)| {
            let known = here.get(name).map(|known| &known.members);
            if known == Some(&members) {
                return None;
            }
            let before = known.unwrap_or(&none);
            Some(GroupChange {
                name: name.to_owned(),
                added: members.difference(before).count(),
                removed: before.difference(&members).count(),
                members,
            })
        })
        .collect()
}

/// Whether so many of the people who are known cannot have gone at once: more likely the directory has not told all.
#[must_use]
pub fn are_people_missing(known: usize, gone: usize) -> bool {
    are_members_missing(known, gone) || gone == known && known > 1
}

/// The same of those who are in groups. A small group may well be emptied.
#[must_use]
pub fn are_members_missing(known: usize, gone: usize) -> bool {
    gone >= GONE_ALARMING_MIN && gone * 3 > known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, name: &str, stamp: Option<&str>) -> Person {
        Person {
            id: id.to_owned(),
            names: vec![name.to_owned()],
            stamp: stamp.map(str::to_owned),
            ..Person::default()
        }
    }

    fn known(account: i64, name: &str, is_disabled: bool, has_left: bool) -> KnownPerson {
        KnownPerson {
            account: AccountId(account),
            name: name.to_owned(),
            id: account.to_string(),
            stamp: Some("1".to_owned()),
            is_disabled,
            has_left,
        }
    }

    #[test]
    fn people_join_move_return_and_leave() {
        let here = [
            known(1, "ada", false, false),
            known(2, "bo", false, false),
            known(3, "cleo", true, true),
            known(4, "dan", false, false),
            known(5, "eve", true, false),
            known(6, "fay", true, true),
            known(7, "gil", false, false),
        ];
        let people = [
            person("1", "ada", Some("1")),
            person("2", "bob", Some("1")),
            person("3", "cleo", Some("1")),
            person("7", "gil", Some("2")),
            person("8", "hal", None),
            person("8", "hal", None),
        ];
        let changes = person_changes(&people, &here);
        let expected = vec![
            PersonChange::Update(&here[1], &people[1]),
            PersonChange::Return(&here[2]),
            PersonChange::Update(&here[6], &people[3]),
            PersonChange::Join(&people[4]),
            PersonChange::Leave(&here[3]),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn groups_are_filled_and_emptied() {
        let ids = |ids: &[i64]| ids.iter().copied().map(AccountId).collect::<BTreeSet<_>>();
        let group = |name: &str, members: &[&str]| Group {
            name: name.to_owned(),
            members: members.iter().map(|id| (*id).to_owned()).collect(),
        };
        let here = |name: &str, members: &[i64]| KnownGroup {
            name: name.to_owned(),
            members: ids(members),
        };
        let accounts = HashMap::from([
            ("a".to_owned(), AccountId(1)),
            ("b".to_owned(), AccountId(2)),
        ]);
        let changes = group_changes(
            &[
                group("new", &[]),
                group("same", &["a", "x"]),
                group("other", &["b"]),
            ],
            &[
                here("same", &[1]),
                here("other", &[1, 3]),
                here("gone", &[2]),
            ],
            &accounts,
        );
        let change = |name: &str, members: &[i64], added, removed| GroupChange {
            name: name.to_owned(),
            members: ids(members),
            added,
            removed,
        };
        let expected = vec![
            change("new", &[], 0, 0),
            change("other", &[2], 1, 2),
            change("gone", &[], 0, 1),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn many_do_not_go_at_once() {
        for (known, gone, people, members) in [
            (0, 0, false, false),
            (1, 1, false, false),
            (2, 2, true, false),
            (3, 3, true, false),
            (4, 3, false, false),
            (6, 4, true, true),
            (12, 4, false, false),
            (300, 100, false, false),
            (300, 101, true, true),
            (300, 300, true, true),
        ] {
            assert_eq!(are_people_missing(known, gone), people, "{gone} of {known}");
            assert_eq!(
                are_members_missing(known, gone),
                members,
                "{gone} of {known}"
            );
        }
    }
}
