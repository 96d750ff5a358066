//! From an access control list to the rights of one account.

use mail::AccountId;

use crate::{Identifier, Rights, domain_of};

/// One entry of a mailbox's access control list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AclEntry {
    /// Whom the entry is for.
    pub identifier: Identifier,
    /// Whether the entry removes the rights instead of granting them.
    pub is_negative: bool,
    /// The entry's rights; an entry without rights is valid.
    pub rights: Rights,
}

/// A logged-in account, or nobody, as far as rights are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The account.
    pub account: AccountId,
    /// The account's name, spelled as identifiers spell it.
    pub name: String,
    /// The names of the groups that the account belongs to, directly or through other groups.
    pub groups: Vec<String>,
    /// Whether the account is a site administrator.
    pub is_admin: bool,
}

impl Who {
    /// Whoever is not logged in, such as the sender of a letter from outside. Of all lists only what they say of `anyone`
    /// is for nobody, of whatever domain a mailbox is: for posting, `anyone` means the world.
    #[must_use]
    pub const fn nobody() -> Self {
        Self {
            account: AccountId::NOBODY,
            name: String::new(),
            groups: Vec::new(),
            is_admin: false,
        }
    }

    fn is_nobody(&self) -> bool {
        self.account == AccountId::NOBODY
    }
}

/// Who owns the mailbox, seen from the account that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The account that asks owns it.
    Own,
    /// Another account owns it.
    Theirs,
    /// Nobody owns it: it is in the shared tree.
    Shared,
}

/// Who owns a mailbox and which domain it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belonging<'m> {
    /// Who owns it, seen from the account that asks.
    pub ownership: Ownership,
    /// The mailbox's domain; `None` for a mailbox of the whole site.
    pub domain: Option<&'m str>,
}

/// The rights of `who`: the union of the entries that apply, minus the union of the negative ones,
/// and always the rights that are [`implied`].
#[must_use]
pub fn effective(entries: &[AclEntry], who: &Who, belonging: Belonging<'_>) -> Rights {
    let (mut given, mut taken) = (Rights::NONE, Rights::NONE);
    for entry in applying(entries, who, belonging) {
        let side = if entry.is_negative {
            &mut taken
        } else {
            &mut given
        };
        *side = side.union(entry.rights);
    }
    let implied = implied(who.is_admin, belonging.ownership);
    given.without(taken).union(implied)
}

/// The entries that apply to `who`, in their order.
pub fn applying<'e>(
    entries: &'e [AclEntry],
    who: &Who,
    belonging: Belonging<'_>,
) -> impl Iterator<Item = &'e AclEntry> {
    entries
        .iter()
        .filter(move |entry| applies(&entry.identifier, who, belonging))
}

/// The rights that no entry can remove.
///
/// An owner can always repair his own list, and a site administrator that of every shared mailbox.
/// Neither right lets them read mail: `r` comes from the list alone.
#[must_use]
pub const fn implied(is_admin: bool, ownership: Ownership) -> Rights {
    const REACH: Rights = Rights::LOOKUP.union(Rights::ADMINISTER);
    const KEEP: Rights = REACH.union(Rights::CREATE).union(Rights::DELETE_MAILBOX);
    match (ownership, is_admin) {
        (Ownership::Own, _) | (Ownership::Shared, true) => KEEP,
        (Ownership::Theirs, true) => REACH,
        (Ownership::Theirs | Ownership::Shared, false) => Rights::NONE,
    }
}

fn applies(identifier: &Identifier, who: &Who, belonging: Belonging<'_>) -> bool {
    if who.is_nobody() {
        return matches!(identifier, Identifier::Anyone);
    }
    match identifier {
        Identifier::User(name) => *name == who.name,
        Identifier::Group(name) => who.groups.contains(name),
        // No rights cross the border of a domain unless they are granted to a name.
        Identifier::Anyone | Identifier::Authenticated => {
            belonging.domain.is_none() || belonging.domain == domain_of(&who.name)
        }
        Identifier::Domain(domain) => domain_of(&who.name) == Some(domain),
        // Whoever has an account is not anonymous.
        Identifier::Anonymous => false,
        Identifier::Owner => belonging.ownership == Ownership::Own,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mail::AccountId;
    use proptest::prelude::*;

    use super::{AclEntry, Belonging, Ownership, Who, effective, implied};
    use crate::{Rights, Subject};

    fn who(name: &str, groups: &[&str], is_admin: bool) -> Who {
        Who {
            account: AccountId(1),
            name: name.to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            is_admin,
        }
    }

    fn of_site(ownership: Ownership) -> Belonging<'static> {
        Belonging {
            ownership,
            domain: None,
        }
    }

    /// Parses a list such as `bob lrs, -bob s`.
    pub(crate) fn entries(list: &str) -> Vec<AclEntry> {
        list.split(", ")
            .filter(|line| !line.is_empty())
            .map(|line| {
                let (subject, rights) = line.rsplit_once(' ').unwrap();
                let subject = Subject::parse(subject).unwrap();
                AclEntry {
                    identifier: subject.identifier,
                    is_negative: subject.is_negative,
                    rights: Rights::parse(rights).unwrap(),
                }
            })
            .collect()
    }

    #[test]
    fn what_applies_is_united_and_negatives_win() {
        let bob = who("bob", &["staff", "sales"], false);
        for (list, expected) in [
            ("", ""),
            ("bob lr", "lr"),
            ("bob lr, $staff s", "lrs"),
            ("$sales i, $staff s, anyone l", "lsi"),
            ("authenticated lr", "lr"),
            ("eve lrs", ""),
            ("$board lrs", ""),
            // Names are compared as they are spelled.
            ("Bob lrs", ""),
            // A group and a user of the same name are different identifiers.
            ("staff lrs", ""),
            ("$bob lrs", ""),
            // A logged-in account is not `anonymous`, and is no `owner` of a mailbox that nobody
            // owns.
            ("anonymous lrs", ""),
            ("owner lrs", ""),
            ("bob lrs, -bob s", "lr"),
            ("-bob s, bob lrs", "lr"),
            ("anyone lrs, -$staff s", "lr"),
            ("bob lrs, -anyone r", "ls"),
            ("bob lrs, -authenticated r", "ls"),
            ("bob lrs, -eve lrs", "lrs"),
            ("bob lrs, -anonymous lrs", "lrs"),
            ("-bob lrs", ""),
            // The example of RFC 4314, 3.2.
            ("bob rwipslxetad, -bob wetd, $staff w", "lrsipxa"),
        ] {
            assert_eq!(
                effective(&entries(list), &bob, of_site(Ownership::Shared)),
                Rights::parse(expected).unwrap(),
                "{list}"
            );
        }
    }

    #[test]
    fn nobody_is_locked_out_of_what_is_theirs_to_put_right() {
        for (name, is_admin, ownership, list, expected) in [
            ("bob", false, Ownership::Own, "", "lkxa"),
            (
                "bob",
                false,
                Ownership::Own,
                "-bob lrswipkxtean, -anyone a",
                "lkxa",
            ),
            ("bob", false, Ownership::Own, "owner lrs", "lrskxa"),
            ("bob", false, Ownership::Own, "owner lrs, -owner r", "lskxa"),
            ("bob", false, Ownership::Theirs, "owner lrs", ""),
            ("bob", false, Ownership::Shared, "owner lrs", ""),
            ("root", true, Ownership::Shared, "", "lkxa"),
            ("root", true, Ownership::Shared, "-root la", "lkxa"),
            ("root", true, Ownership::Theirs, "", "la"),
            ("root", true, Ownership::Theirs, "root rx, -root la", "lrxa"),
            ("root", true, Ownership::Own, "", "lkxa"),
        ] {
            assert_eq!(
                effective(
                    &entries(list),
                    &who(name, &[], is_admin),
                    of_site(ownership)
                ),
                Rights::parse(expected).unwrap(),
                "{name} {ownership:?} {list}"
            );
        }
    }

    #[test]
    fn for_nobody_a_list_says_what_it_says_of_anyone() {
        for (list, expected) in [
            ("", ""),
            ("anyone p", "p"),
            ("anyone lp, -anyone l", "p"),
            ("anyone p, -anyone p", ""),
            ("anyone p, -authenticated p, -anonymous p", "p"),
            (
                "authenticated p, anonymous p, owner p, domain:one.org p",
                "",
            ),
            ("bob p, $staff p", ""),
        ] {
            for ownership in [Ownership::Shared, Ownership::Theirs] {
                for domain in [None, Some("one.org")] {
                    let belonging = Belonging { ownership, domain };
                    assert_eq!(
                        effective(&entries(list), &Who::nobody(), belonging),
                        Rights::parse(expected).unwrap(),
                        "{list} {belonging:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn nothing_crosses_a_domain_unless_by_name() {
        for (name, domain, list, expected) in [
            (
                "bob@one.org",
                Some("one.org"),
                "anyone l, authenticated r",
                "lr",
            ),
            (
                "bob@two.org",
                Some("one.org"),
                "anyone l, authenticated r",
                "",
            ),
            ("bob", Some("one.org"), "anyone l, authenticated r", ""),
            ("bob@two.org", None, "anyone l, authenticated r", "lr"),
            (
                "bob@two.org",
                Some("one.org"),
                "bob@two.org lrs, -anyone s",
                "lrs",
            ),
            (
                "bob@one.org",
                Some("one.org"),
                "bob@one.org lrs, -anyone s",
                "lr",
            ),
            ("bob@two.org", Some("one.org"), "$staff@one.org lr", "lr"),
            ("bob@two.org", Some("one.org"), "domain:two.org lr", "lr"),
            (
                "bob@two.org",
                None,
                "domain:two.org lrs, -domain:two.org s",
                "lr",
            ),
            ("bob@two.org", None, "domain:one.org lr, domain:org lr", ""),
            ("bob@x.one.org", None, "domain:one.org lr", ""),
            ("bob", None, "domain:bob lr", ""),
        ] {
            let belonging = Belonging {
                ownership: Ownership::Shared,
                domain,
            };
            assert_eq!(
                effective(
                    &entries(list),
                    &who(name, &["staff@one.org"], false),
                    belonging
                ),
                Rights::parse(expected).unwrap(),
                "{name} {domain:?} {list}"
            );
        }
    }

    /// The definition right by right: it is held when implied, or when an entry grants it and none
    /// removes it.
    fn by_definition(entries: &[AclEntry], who: &Who, belonging: Belonging<'_>) -> Rights {
        let (_, domain) = who.name.split_once('@').unwrap_or_default();
        let is_inside = belonging
            .domain
            .is_none_or(|of_mailbox| of_mailbox == domain);
        let is_owner = belonging.ownership == Ownership::Own;
        let names: Vec<String> = [
            (is_inside, "anyone"),
            (is_inside, "authenticated"),
            (is_owner, "owner"),
        ]
        .into_iter()
        .filter(|(is_meant, _)| *is_meant)
        .map(|(_, word)| word.to_owned())
        .chain([who.name.clone(), format!("domain:{domain}")])
        .chain(who.groups.iter().map(|group| format!("group:{group}")))
        .collect();
        let says = |right: Rights, is_negative| {
            entries.iter().any(|entry| {
                entry.is_negative == is_negative
                    && entry.rights.contains(right)
                    && names.contains(&entry.identifier.to_string())
            })
        };
        (0..12)
            .map(|bit| Rights::from_i16(1 << bit))
            .filter(|&right| {
                implied(who.is_admin, belonging.ownership).contains(right)
                    || says(right, false) && !says(right, true)
            })
            .fold(Rights::NONE, Rights::union)
    }

    prop_compose! {
        fn any_entry()(
            subject in prop::sample::select(vec![
                "bob", "bob@one.org", "eve", "$staff", "$sales@one.org", "anyone", "authenticated",
                "anonymous", "owner", "domain:one.org", "domain:two.org",
            ]),
            is_negative: bool,
            bits in 0..=Rights::ALL.to_i16(),
        ) -> AclEntry {
            AclEntry {
                identifier: Subject::parse(subject).unwrap().identifier,
                is_negative,
                rights: Rights::from_i16(bits),
            }
        }
    }

    proptest! {
        #[test]
        fn effective_is_what_the_definition_says(
            entries in prop::collection::vec(any_entry(), 0..8),
            name in prop::sample::select(vec!["bob", "bob@one.org", "bob@two.org"]),
            groups in prop::sample::subsequence(vec!["staff", "sales@one.org", "board"], 0..=3),
            is_admin: bool,
            ownership in prop::sample::select(vec![
                Ownership::Own, Ownership::Theirs, Ownership::Shared,
            ]),
            domain in prop::sample::select(vec![None, Some("one.org"), Some("two.org")]),
        ) {
            let bob = who(name, &groups, is_admin);
            let belonging = Belonging { ownership, domain };
            prop_assert_eq!(
                effective(&entries, &bob, belonging),
                by_definition(&entries, &bob, belonging)
            );
        }
    }
}
