//! People and groups as entries say them.

use std::collections::{BTreeSet, HashMap};

use ldap3::SearchEntry;

use crate::form::fold_name;
use crate::settings::{Groups, Membership, Settings};
use crate::trouble::Trouble;

/// What `memberUid` of a group names.
const UID: &str = "uid";
const MEMBER_OF: &str = "memberOf";
const MEMBERS: [&str; 2] = ["member", "uniqueMember"];
const MEMBER_UID: &str = "memberUid";

/// A person of the directory who may have an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// What stays the same as long as the person does.
    pub id: String,
    /// What the account may be called, in order; there is at least one.
    pub names: Vec<String>,
    /// What changes when the password does, where the directory says it.
    pub stamp: Option<String>,
    /// Where the entry is.
    pub(crate) entry: String,
    pub(crate) uids: Vec<String>,
    /// The entries of groups.
    pub(crate) member_of: Vec<String>,
}

/// A group of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As it is called, in lower case.
    pub name: String,
    /// The ids of the people who are in it by themselves.
    pub members: BTreeSet<String>,
}

/// The attributes that are asked for of a person.
pub(crate) fn attributes_of_people(settings: &Settings) -> Vec<String> {
    let mut attributes = vec![settings.people.id.clone(), settings.people.name.clone()];
    attributes.extend(settings.people.changed.iter().cloned());
    match settings.groups.as_ref().map(|groups| groups.membership) {
        Some(Membership::MemberUid) => attributes.push(UID.to_owned()),
        Some(Membership::MemberOf) => attributes.push(MEMBER_OF.to_owned()),
        Some(Membership::Member) | None => {}
    }
    attributes
}

/// The attributes that are asked for of a group.
pub(crate) fn attributes_of_groups(groups: &Groups) -> Vec<String> {
    let mut attributes = vec![groups.name.clone()];
    match groups.membership {
        Membership::Member => attributes.extend(MEMBERS.map(str::to_owned)),
        Membership::MemberUid => attributes.push(MEMBER_UID.to_owned()),
        Membership::MemberOf => {}
    }
    attributes
}

/// The person of an entry; `None` for one without an id, or without a name that may be an account's.
pub(crate) fn person(entry: &SearchEntry, settings: &Settings) -> Option<Person> {
    // An empty name would be a bind as nobody.
    if entry.dn.trim().is_empty() {
        return None;
    }
    let id = values(entry, &settings.people.id).next()?;
    let names: BTreeSet<String> = values(entry, &settings.people.name)
        .map(|name| name.to_lowercase())
        .filter(|name| is_of(name, &settings.people.domains))
        .collect();
    let stamps: Vec<String> = settings
        .people
        .changed
        .iter()
        .flat_map(|attribute| values(entry, attribute))
        .collect();
    (!id.is_empty() && !names.is_empty()).then(|| Person {
        id,
        names: names.into_iter().collect(),
        stamp: (!stamps.is_empty()).then(|| stamps.join(" ")),
        entry: entry.dn.clone(),
        uids: values(entry, UID).collect(),
        member_of: values(entry, MEMBER_OF).collect(),
    })
}

/// Whether a name is in one of these domains; where there are none, it is.
pub(crate) fn is_of(name: &str, domains: &[String]) -> bool {
    let domain = name.rsplit_once('@').map(|(_, domain)| domain);
    domains.is_empty()
        || domain.is_some_and(|domain| domains.iter().any(|ours| ours.eq_ignore_ascii_case(domain)))
}

/// The groups of entries, with those of `people` who are in them. Several entries of one name are one group.
pub(crate) fn groups(
    entries: &[SearchEntry],
    people: &[Person],
    settings: &Groups,
) -> Result<Vec<Group>, Trouble> {
    let ids = ids_of_members(people, settings.membership);
    let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
    for entry in entries {
        let Some(name) = values(entry, &settings.name).min() else {
            continue;
        };
        // Active Directory tells large groups in parts, as `member;range=0-1499`, and `member` is empty then.
        if entry.attrs.keys().any(|key| key.contains(";range=")) {
            return Err(Trouble::InParts(name));
        }
        let members = match settings.membership {
            Membership::Member => MEMBERS
                .into_iter()
                .flat_map(|attribute| values(entry, attribute))
                .map(|member| fold_name(&member))
                .collect(),
            Membership::MemberUid => values(entry, MEMBER_UID).collect(),
            Membership::MemberOf => vec![fold_name(&entry.dn)],
        };
        let members = members
            .iter()
            .filter_map(|member| ids.get(member))
            .flatten();
        found
            .entry(name.to_lowercase())
            .or_default()
            .extend(members.map(|id| (*id).to_owned()));
    }
    let mut groups: Vec<Group> = found
        .into_iter()
        .map(|(name, members)| Group { name, members })
        .collect();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(groups)
}

/// Whom a group means by what it names, or by being named.
fn ids_of_members(people: &[Person], membership: Membership) -> HashMap<String, Vec<&str>> {
    let mut ids: HashMap<String, Vec<&str>> = HashMap::new();
    for person in people {
        let keys = match membership {
            Membership::Member => vec![fold_name(&person.entry)],
            Membership::MemberUid => person.uids.clone(),
            Membership::MemberOf => person
                .member_of
                .iter()
                .map(|group| fold_name(group))
                .collect(),
        };
        for key in keys {
            ids.entry(key).or_default().push(&person.id);
        }
    }
    ids
}

/// The values of an attribute, in any case of its name. What is no printable text, as `objectGUID` is not, is written in hexadecimal.
fn values(entry: &SearchEntry, attribute: &str) -> impl Iterator<Item = String> {
    let is_meant = |name: &&String| name.eq_ignore_ascii_case(attribute);
    let texts = entry
        .attrs
        .iter()
        .find(|(name, _)| is_meant(name))
        .map_or(&[][..], |(_, values)| values);
    let others = entry
        .bin_attrs
        .iter()
        .find(|(name, _)| is_meant(name))
        .map_or(&[][..], |(_, values)| values);
    let texts: Vec<String> = texts
        .iter()
        .map(|text| match text.chars().any(char::is_control) {
            true => hexadecimal(text.as_bytes()),
            false => text.clone(),
        })
        .chain(others.iter().map(|bytes| hexadecimal(bytes)))
        .collect();
    texts.into_iter()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::settings::{Depth, People, Servers};

    fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> SearchEntry {
        let attributes = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|value| (*value).to_owned());
            ((*name).to_owned(), values.collect())
        });
        SearchEntry {
            dn: dn.to_owned(),
            attrs: attributes.collect(),
            bin_attrs: HashMap::new(),
        }
    }

    fn settings(membership: Membership) -> Settings {
        Settings {
            servers: Servers {
                urls: Vec::new(),
                starttls: true,
                ca: None,
                bind: None,
            },
            people: People {
                base: String::new(),
                depth: Depth::Subtree,
                filter: String::new(),
                template: None,
                id: "objectGUID".to_owned(),
                name: "mail".to_owned(),
                changed: vec!["pwdChangedTime".to_owned(), "pwdLastSet".to_owned()],
                domains: vec!["example.org".to_owned()],
            },
            groups: Some(Groups {
                base: String::new(),
                filter: String::new(),
                name: "cn".to_owned(),
                membership,
            }),
            timeout: Duration::from_secs(1),
            kept_max: 1,
        }
    }

    #[test]
    fn a_person_has_an_id_and_a_name_in_our_domains() {
        let settings = settings(Membership::Member);
        let mails: &[&str] = &["b@Example.org", "A@example.org", "a@example.com"];
        let mut ada = entry(
            "cn=Ada,dc=x",
            &[
                ("MAIL", mails),
                ("pwdlastset", &["17"]),
                ("objectguid", &["a\u{1}"]),
            ],
        );
        let found = person(&ada, &settings).unwrap_or_default();
        assert_eq!(found.names, ["a@example.org", "b@example.org"]);
        assert_eq!(
            (found.id.as_str(), found.stamp.as_deref()),
            ("6101", Some("17"))
        );
        ada.attrs.remove("objectguid");
        assert_eq!(person(&ada, &settings), None);
        let guid = ("objectGUID".to_owned(), vec![vec![0xff, 0x00, 0x41]]);
        ada.bin_attrs.extend([guid]);
        assert_eq!(
            person(&ada, &settings).map(|ada| ada.id),
            Some("ff0041".to_owned())
        );
        ada.attrs
            .insert("MAIL".to_owned(), vec!["a@example.com".to_owned()]);
        assert_eq!(person(&ada, &settings), None);
        ada.attrs
            .insert("MAIL".to_owned(), vec!["a@example.org".to_owned()]);
        ada.dn = String::new();
        assert_eq!(person(&ada, &settings), None);
    }

    #[test]
    fn groups_have_members_by_each_of_the_ways_in_which_directories_say_it() {
        for (membership, attributes) in [
            (
                Membership::Member,
                ("member", &["CN=Ada, DC=x", "cn=nobody,dc=x"][..]),
            ),
            (Membership::Member, ("uniqueMember", &["cn=ada,dc=x"][..])),
            (Membership::MemberUid, ("memberUid", &["ada", "nobody"][..])),
            (Membership::MemberOf, ("description", &["whatever"][..])),
        ] {
            let settings = settings(membership);
            let attributes_of_ada: [(&str, &[&str]); 4] = [
                ("mail", &["ada@example.org"]),
                ("objectGUID", &["1"]),
                ("uid", &["ada"]),
                ("memberOf", &["CN=Support,DC=x"]),
            ];
            let people: Vec<Person> = [
                entry("cn=Ada,dc=x", &attributes_of_ada),
                entry(
                    "cn=Bo,dc=x",
                    &[("mail", &["bo@example.org"]), ("objectGUID", &["2"])],
                ),
            ]
            .iter()
            .filter_map(|entry| person(entry, &settings))
            .collect();
            let entries = [entry(
                "cn=support,dc=x",
                &[("cn", &["Support"]), attributes],
            )];
            let found = settings
                .groups
                .as_ref()
                .map(|how| groups(&entries, &people, how));
            let support = Group {
                name: "support".to_owned(),
                members: BTreeSet::from(["1".to_owned()]),
            };
            assert!(
                matches!(&found, Some(Ok(groups)) if *groups == [support.clone()]),
                "{membership:?}: {found:?}"
            );
        }
    }

    #[test]
    fn a_group_that_is_told_in_parts_is_not_believed() {
        let settings = settings(Membership::Member);
        let parts: &[(&str, &[&str])] = &[("cn", &["all"]), ("member;range=0-1499", &["cn=a"])];
        let found = settings
            .groups
            .as_ref()
            .map(|how| groups(&[entry("cn=all,dc=x", parts)], &[], how));
        assert!(matches!(found, Some(Err(Trouble::InParts(_)))), "{found:?}");
    }
}
