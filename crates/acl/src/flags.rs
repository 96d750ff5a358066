//! Which right guards which flag, and what SELECT says because of it.

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

/// The flags that `rights` allow to set and clear. With `w` new keywords are allowed too.
#[must_use]
pub fn storable(rights: Rights) -> FlagBits {
    GUARDS
        .into_iter()
        .filter(|&(right, _)| rights.contains(right))
        .fold(FlagBits::NONE, |all, (_, flags)| all.union(flags))
}

/// The rights that are needed to set all of `flags`.
#[must_use]
pub fn guarding(flags: FlagBits) -> Rights {
    GUARDS
        .into_iter()
        .filter(|&(_, guarded)| !guarded.intersection(flags).is_empty())
        .fold(Rights::NONE, |all, (right, _)| all.union(right))
}

/// Whether SELECT says READ-WRITE (RFC 4314, 5.2): with `i`, with `e`, or with a right to change
/// any flag.
///
/// A flag that is private today counts too: every flag can be shared in every mailbox
/// (ADR 0016).
#[must_use]
pub fn is_read_write(rights: Rights) -> bool {
    let may_fill_or_empty = rights.intersects(Rights::INSERT.union(Rights::EXPUNGE));
    may_fill_or_empty || !storable(rights).is_empty()
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
    fn read_only_is_who_can_change_nothing() {
        for (letters, expected) in [
            ("lr", false),
            ("lrpkxan", false),
            ("lrs", true),
            ("lrw", true),
            ("lrt", true),
            ("lri", true),
            ("lre", true),
            // The examples of the RFC, "apple" and "pear".
            ("rit", true),
            ("rset", true),
        ] {
            assert_eq!(is_read_write(rights(letters)), expected, "{letters}");
        }
    }
}
