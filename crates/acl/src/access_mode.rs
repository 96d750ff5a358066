//! What a login may do of what its account may.

use crate::Rights;

/// Whether a login is one that only reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccessMode {
    /// It may do what its account may.
    #[default]
    ReadWrite,
    /// It may look, and changes nothing.
    ReadOnly,
}

impl AccessMode {
    /// The rights of such a login, of those that its account has.
    #[must_use]
    pub const fn narrow(self, rights: Rights) -> Rights {
        match self {
            Self::ReadWrite => rights,
            Self::ReadOnly => rights.without(rights.without(Rights::LOOKUP.union(Rights::READ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AccessMode;
    use crate::Rights;

    #[test]
    fn who_only_reads_looks_up_and_reads() {
        for (held, left) in [("", ""), ("lrswipkxtean", "lr"), ("rs", "r"), ("la", "l")] {
            let rights = Rights::parse(held).unwrap();
            let narrowed = AccessMode::ReadOnly.narrow(rights);
            assert_eq!(narrowed, Rights::parse(left).unwrap(), "{held}");
            assert_eq!(AccessMode::ReadWrite.narrow(rights), rights);
        }
    }
}
