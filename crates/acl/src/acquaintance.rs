//! Whom an administrator of a mailbox may ask about.

use crate::{AclEntry, Identifier, domain_of};

/// Whether `asking`, who administers the mailbox with this list, may be told what the account `name` may do there.
///
/// Those of the same domain are known, and whomever the list names already. Anything else would tell who has an account.
#[must_use]
pub fn may_know_of(entries: &[AclEntry], name: &str, asking: &str) -> bool {
    let is_named =
        |entry: &AclEntry| matches!(&entry.identifier, Identifier::User(user) if user == name);
    domain_of(name) == domain_of(asking) || entries.iter().any(is_named)
}

#[cfg(test)]
mod tests {
    use super::may_know_of;
    use crate::effective::tests::entries;

    #[test]
    fn strangers_are_known_by_the_list_alone() {
        for (list, name, asking, expected) in [
            ("", "bob", "ada", true),
            ("", "bob@one.org", "ada@one.org", true),
            ("", "bob@two.org", "ada@one.org", false),
            ("", "bob", "ada@one.org", false),
            ("bob@two.org lr", "bob@two.org", "ada@one.org", true),
            ("-bob@two.org lr", "bob@two.org", "ada@one.org", true),
            ("domain:two.org lr", "bob@two.org", "ada@one.org", false),
        ] {
            let may = may_know_of(&entries(list), name, asking);
            assert_eq!(may, expected, "{list} {name} {asking}");
        }
    }
}
