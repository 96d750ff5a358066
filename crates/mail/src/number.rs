//! Numbers that look alike, each with a type of its own.

use std::fmt;
use std::num::NonZeroU32;

macro_rules! nz_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The lowest number.
            pub const MIN: Self = Self(NonZeroU32::MIN);
            /// The highest number that the grammar has.
            pub const MAX: Self = Self(NonZeroU32::MAX);

            /// Wraps a number; `None` for zero, which the grammar does not have.
            #[must_use]
            pub const fn new(number: u32) -> Option<Self> {
                match NonZeroU32::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The number from PostgreSQL; `None` when it is not in 1..=4,294,967,295.
            #[must_use]
            pub fn from_i64(number: i64) -> Option<Self> {
                u32::try_from(number).ok().and_then(Self::new)
            }

            /// The number itself.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0.get()
            }
        }

        impl From<$name> for i64 {
            fn from(number: $name) -> Self {
                Self::from(number.get())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

nz_number! {
    /// A message's unique identifier in its mailbox (RFC 9051, 2.3.1.1). UIDs ascend strictly.
    Uid
}
nz_number! {
    /// A message's position in one client's view, from 1 (RFC 9051, 2.3.1.2).
    SeqNum
}
nz_number! {
    /// Says whether the UIDs of an earlier session still mean the same messages.
    UidValidity
}
key! {
    /// The id of a mailbox, which a RENAME keeps.
    MailboxId
}
key! {
    /// The id of an account, which can log in.
    AccountId
}
key! {
    /// The id of an access token.
    TokenId
}
key! {
    /// The id of a message's immutable bytes, which all its copies share.
    ContentId
}

impl AccountId {
    /// Whoever is not logged in: no account has this id.
    pub const NOBODY: Self = Self(0);
}

/// The id of one client's session, unique among all nodes. It is below 2^48, so that it is short in
/// print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(i64);

impl SessionId {
    const BITS: u32 = 48;

    /// Makes an id of random bytes.
    #[must_use]
    pub const fn from_random(bytes: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = bytes;
        Self(i64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// The id from PostgreSQL; `None` for a number out of range.
    #[must_use]
    pub const fn from_i64(number: i64) -> Option<Self> {
        if number >> Self::BITS == 0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The id from its printed form; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = i64::from_str_radix(text, 16).ok()?;
        Self::from_i64(number)
    }

    /// The number for PostgreSQL.
    #[must_use]
    pub const fn to_i64(self) -> i64 {
        self.0
    }
}

/// Prints the id in hexadecimal.
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

/// A mod-sequence: when something in a mailbox last changed (RFC 7162). At most 63 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModSeq(u64);

impl ModSeq {
    /// The mod-sequence before every change.
    pub const ZERO: Self = Self(0);

    /// Wraps a number; `None` above 2^63 - 1, which the RFC forbids.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        i64::try_from(number).is_ok().then_some(Self(number))
    }

    /// The mod-sequence from PostgreSQL; `None` for a negative number.
    #[must_use]
    pub fn from_i64(number: i64) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<ModSeq> for i64 {
    fn from(modseq: ModSeq) -> Self {
        // The constructors keep it below 2^63.
        Self::try_from(modseq.0).unwrap_or(Self::MAX)
    }
}

impl fmt::Display for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
