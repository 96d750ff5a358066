//! Which rights may be granted to whom, and the answer to LISTRIGHTS.

use crate::{Rights, Subject, Who};

/// Who may give rights to `anyone`, `authenticated`, `anonymous` and whole domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Everybody {
    /// Only site administrators may.
    ByAdministrators,
    /// Whoever holds `a` on the mailbox may.
    ByAnyAdministrator,
}

/// The answer to LISTRIGHTS, in the letters of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRights {
    /// The rights that the identifier always holds.
    pub required: String,
    /// The rights that it can be granted besides; letters in one string are granted together or not
    /// at all.
    pub optional: Vec<String>,
}

/// The rights that `granter`, who holds `a`, may grant to `subject`. Removing is always allowed.
#[must_use]
pub fn grantable(subject: &Subject, granter: &Who, everybody: Everybody) -> Rights {
    let is_reserved = match everybody {
        Everybody::ByAdministrators => !granter.is_admin,
        Everybody::ByAnyAdministrator => false,
    };
    if is_reserved && subject.identifier.is_everybody() && !subject.is_negative {
        Rights::NONE
    } else {
        Rights::ALL
    }
}

/// The answer to LISTRIGHTS for `subject`, to whom the `implied` rights always belong.
///
/// No two rights are tied here. `c` and `d` stand alone beside their members, as they do wherever
/// no member is tied to a right outside (RFC 4314, 2.1.1).
#[must_use]
pub fn list_rights(subject: &Subject, implied: Rights, grantable: Rights) -> ListRights {
    // A negative entry holds nothing by itself, and cannot remove what is implied.
    let required = if subject.is_negative {
        Rights::NONE
    } else {
        implied
    };
    let required_letters = required.to_string();
    let optional = grantable
        .without(implied)
        .letters()
        // No letter appears twice (RFC 4314, 3.7): `c` may stand in `required` for one of its
        // members.
        .filter(|letter| !required_letters.contains(*letter))
        .map(String::from)
        .collect();
    ListRights {
        required: required_letters,
        optional,
    }
}

#[cfg(test)]
mod tests {
    use mail::AccountId;

    use super::{Everybody, grantable, list_rights};
    use crate::{Ownership, Rights, Subject, Who, implied};

    #[test]
    fn what_is_implied_is_required_and_the_rest_stands_alone() {
        let all = "l r s w i p k x c t e d a n";
        for (subject, is_admin, ownership, required, optional) in [
            ("bob", false, Ownership::Theirs, "", all),
            ("bob", false, Ownership::Shared, "", all),
            ("group:staff", false, Ownership::Shared, "", all),
            ("bob", false, Ownership::Own, "lkxca", "r s w i p t e d n"),
            ("owner", false, Ownership::Own, "lkxca", "r s w i p t e d n"),
            (
                "root",
                true,
                Ownership::Shared,
                "lkxca",
                "r s w i p t e d n",
            ),
            (
                "root",
                true,
                Ownership::Theirs,
                "la",
                "r s w i p k x c t e d n",
            ),
            // A right that cannot be removed is not offered for removal.
            ("-bob", false, Ownership::Own, "", "r s w i p t e d n"),
            ("-bob", false, Ownership::Theirs, "", all),
        ] {
            let subject = Subject::parse(subject).unwrap();
            let answer = list_rights(&subject, implied(is_admin, ownership), Rights::ALL);
            assert_eq!(answer.required, required, "{subject}");
            assert_eq!(answer.optional.join(" "), optional, "{subject}");
        }
    }

    #[test]
    fn no_letter_is_listed_twice() {
        let bob = Subject::parse("bob").unwrap();
        let answer = list_rights(&bob, Rights::CREATE.union(Rights::EXPUNGE), Rights::ALL);
        assert_eq!(answer.required, "kced");
        assert_eq!(answer.optional.join(" "), "l r s w i p x t a n");
    }

    #[test]
    fn everybody_is_given_rights_by_whom_the_policy_names() {
        use Everybody::{ByAdministrators, ByAnyAdministrator};
        for (subject, is_admin, policy, may) in [
            ("bob", false, ByAdministrators, true),
            ("group:staff", false, ByAdministrators, true),
            ("owner", false, ByAdministrators, true),
            ("anyone", false, ByAdministrators, false),
            ("authenticated", false, ByAdministrators, false),
            ("anonymous", false, ByAdministrators, false),
            ("domain:example.org", false, ByAdministrators, false),
            ("-domain:example.org", false, ByAdministrators, true),
            ("-anyone", false, ByAdministrators, true),
            ("anyone", true, ByAdministrators, true),
            ("anyone", false, ByAnyAdministrator, true),
        ] {
            let granter = Who {
                account: AccountId(1),
                name: "ada".to_owned(),
                groups: Vec::new(),
                is_admin,
            };
            let subject = Subject::parse(subject).unwrap();
            let rights = grantable(&subject, &granter, policy);
            let expected = if may { Rights::ALL } else { Rights::NONE };
            assert_eq!(rights, expected, "{subject} {policy:?}");
            let answer = list_rights(&subject, Rights::NONE, rights);
            assert_eq!(answer.optional.is_empty(), !may, "{subject} {policy:?}");
        }
    }
}
