//! Who may send mail as a mailbox's addresses.

use crate::{AclEntry, Belonging, Identifier, Ownership, Rights, Who, applying};

/// Whether `who` may send mail as the addresses of a mailbox.
///
/// The owner always may. Others need `p` by an entry that names them, a group of theirs, or the owner: what
/// `anyone`, `authenticated` or a domain may do is to write *to* the address. Any negative entry that applies takes it away.
#[must_use]
pub fn may_send_as(entries: &[AclEntry], who: &Who, belonging: Belonging<'_>) -> bool {
    if belonging.ownership == Ownership::Own {
        return true;
    }
    let (mut is_given, mut is_taken) = (false, false);
    for entry in applying(entries, who, belonging) {
        let is_post = entry.rights.contains(Rights::POST);
        is_taken |= is_post && entry.is_negative;
        is_given |= is_post && !entry.is_negative && is_named(&entry.identifier);
    }
    is_given && !is_taken
}

const fn is_named(identifier: &Identifier) -> bool {
    !identifier.is_everybody()
}

#[cfg(test)]
mod tests {
    use mail::AccountId;

    use super::may_send_as;
    use crate::effective::tests::entries;
    use crate::{Belonging, Ownership, Who};

    #[test]
    fn who_is_named_may_send_as_the_team() {
        use Ownership::{Own, Shared, Theirs};
        for (ownership, list, expected) in [
            (Shared, "", false),
            (Shared, "bob@one.org p", true),
            (Shared, "bob@one.org lrswi", false),
            (Shared, "$staff p", true),
            (Shared, "$board p", false),
            (Shared, "anyone p", false),
            (Shared, "authenticated p", false),
            (Shared, "domain:one.org p", false),
            (Shared, "owner p", false),
            (Shared, "anyone p, bob@one.org lr", false),
            (Shared, "$staff p, -bob@one.org p", false),
            (Shared, "bob@one.org p, -$staff p", false),
            (Shared, "bob@one.org p, -anyone p", false),
            (Shared, "bob@one.org p, -domain:one.org p", false),
            (Shared, "bob@one.org p, -authenticated lr", true),
            (Shared, "bob@one.org p, -eve p", true),
            (Theirs, "owner p", false),
            (Theirs, "bob@one.org p", true),
            (Own, "", true),
            (Own, "-owner p, -anyone p", true),
        ] {
            let bob = Who {
                account: AccountId(1),
                name: "bob@one.org".into(),
                groups: vec!["staff".into()],
                is_admin: true,
            };
            let belonging = Belonging {
                ownership,
                domain: None,
            };
            let may = may_send_as(&entries(list), &bob, belonging);
            assert_eq!(may, expected, "{ownership:?} {list}");
        }
        let of_site = Belonging {
            ownership: Shared,
            domain: None,
        };
        let all = entries("anyone p, owner p");
        assert!(!may_send_as(&all, &Who::nobody(), of_site));
        // `anyone` ends at a domain, also where it takes.
        let of_two = Belonging {
            ownership: Shared,
            domain: Some("two.org"),
        };
        let list = entries("bob@one.org p, -anyone p");
        let bob = Who {
            name: "bob@one.org".into(),
            account: AccountId(1),
            ..Who::nobody()
        };
        assert!(may_send_as(&list, &bob, of_two));
    }
}
