//! Which right guards which flag, and what a selected mailbox promises by it.

use mail::FlagBits;

use crate::Rights;

const OTHERS: FlagBits = FlagBits::ALL
    .without(FlagBits::SEEN)
    .without(FlagBits::DELETED);

/// RFC 4314, 4: STORE, COPY and APPEND ask flag by flag.
const GUARDS: [(Rights, FlagBits); 3] = [
    (Rights::SEEN, FlagBits::SEEN),
    (Rights::DELETE_MESSAGES, FlagBits::DELETED),
    (Rights::WRITE, OTHERS),
];

/// The flags that `rights` let one set and clear. New keywords are among them with `w`.
#[must_use]
pub fn storable(rights: Rights) -> FlagBits {
    GUARDS
        .into_iter()
        .filter(|&(right, _)| rights.contains(right))
        .fold(FlagBits::NONE, |all, (_, flags)| all.union(flags))
}

/// The rights without which not all of `flags` can be set.
#[must_use]
pub fn guarding(flags: FlagBits) -> Rights {
    GUARDS
        .into_iter()
        .filter(|&(_, guarded)| !guarded.intersection(flags).is_empty())
        .fold(Rights::NONE, |all, (right, _)| all.union(right))
}

/// Whether SELECT says READ-WRITE: `i`, `e`, or leave to change a flag that others see
/// (RFC 4314, 5.2). `private` are the flags that each user has apart here.
#[must_use]
pub fn is_read_write(rights: Rights, private: FlagBits) -> bool {
    let shared_flag_rights = guarding(FlagBits::ALL.without(private));
    rights.intersects(
        Rights::INSERT
            .union(Rights::EXPUNGE)
            .union(shared_flag_rights),
    )
}

#[cfg(test)]
mod tests {
    use mail::FlagBits;

    use super::{guarding, is_read_write, storable};
    use crate::Rights;

    fn rights(letters: &str) -> Rights {
        Rights::parse(letters).unwrap()
    }

    #[test]
    fn each_flag_has_its_right() {
        let keyword = FlagBits::keyword(0).unwrap();
        let last_keyword = FlagBits::keyword(56).unwrap();
        for (flag, letter) in [
            (FlagBits::SEEN, "s"),
            (FlagBits::DELETED, "t"),
            (FlagBits::ANSWERED, "w"),
            (FlagBits::FLAGGED, "w"),
            (FlagBits::DRAFT, "w"),
            (keyword, "w"),
            (last_keyword, "w"),
        ] {
            assert_eq!(guarding(flag), rights(letter));
            assert!(storable(rights(letter)).contains(flag));
            let everything_else = Rights::ALL.without(rights(letter));
            assert!(!storable(everything_else).contains(flag));
        }
        assert_eq!(guarding(FlagBits::NONE), Rights::NONE);
        assert_eq!(guarding(FlagBits::ALL), rights("stw"));
        assert_eq!(storable(rights("lripkxea")), FlagBits::NONE);
        assert_eq!(storable(Rights::ALL), FlagBits::ALL);
    }

    #[test]
    fn read_only_is_who_can_change_nothing_that_others_see() {
        let all_but_seen = FlagBits::ALL.without(FlagBits::SEEN);
        for (letters, private, expected) in [
            ("lr", FlagBits::NONE, false),
            ("lrpkxa", FlagBits::NONE, false),
            ("lrs", FlagBits::NONE, true),
            ("lrs", FlagBits::SEEN, false),
            ("lrw", FlagBits::SEEN, true),
            ("lrt", FlagBits::SEEN, true),
            ("lri", FlagBits::ALL, true),
            ("lre", FlagBits::ALL, true),
            ("lrswt", FlagBits::ALL, false),
            // The RFC's own three: banan, apple, pear.
            ("lrs", FlagBits::SEEN, false),
            ("rit", all_but_seen, true),
            ("rset", FlagBits::NONE, true),
        ] {
            assert_eq!(
                is_read_write(rights(letters), private),
                expected,
                "{letters}"
            );
        }
    }
}
