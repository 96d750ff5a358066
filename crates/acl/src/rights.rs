//! Sets of rights, as letters and as bits.

use std::fmt;

/// A set of rights (RFC 4314, 2.1; `n` from RFC 5257).
///
/// The obsolete `c` and `d` exist only in the protocol: they are read as their members, and shown
/// when any member is held (RFC 4314, 2.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(u16);

/// Why a text is not a set of rights. Nothing is changed then, not even by its valid letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRights {
    /// The text has a capital. RFC 4314, 2: for compatibility with deployed software, capitals are
    /// never rights.
    #[error("uppercase rights are not allowed")]
    Uppercase,
    /// The text has a letter that this server does not know.
    #[error("the right {0:?} is not supported")]
    Unknown(char),
    /// A person wrote a letter twice, as in a word that is meant to be a role.
    #[error("the right {0:?} stands there twice")]
    Twice(char),
}

/// The third argument of SETACL (RFC 4314, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modification {
    /// No prefix: exactly these rights.
    Replace(Rights),
    /// `+`: these rights too.
    Add(Rights),
    /// `-`: no longer these rights.
    Remove(Rights),
}

impl Rights {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// `l`: LIST and SUBSCRIBE show the mailbox.
    pub const LOOKUP: Self = Self(1);
    /// `r`: SELECT, STATUS, and everything that looks at messages.
    pub const READ: Self = Self(1 << 1);
    /// `s`: set and clear `\Seen`.
    pub const SEEN: Self = Self(1 << 2);
    /// `w`: set and clear flags other than `\Seen` and `\Deleted`.
    pub const WRITE: Self = Self(1 << 3);
    /// `i`: APPEND, COPY and MOVE into it.
    pub const INSERT: Self = Self(1 << 4);
    /// `p`: send mail to its address.
    pub const POST: Self = Self(1 << 5);
    /// `k`: create mailboxes below it.
    pub const CREATE: Self = Self(1 << 6);
    /// `x`: delete or rename it.
    pub const DELETE_MAILBOX: Self = Self(1 << 7);
    /// `t`: set and clear `\Deleted`.
    pub const DELETE_MESSAGES: Self = Self(1 << 8);
    /// `e`: EXPUNGE, and the expunge of CLOSE.
    pub const EXPUNGE: Self = Self(1 << 9);
    /// `a`: read and change the access control list.
    pub const ADMINISTER: Self = Self(1 << 10);
    /// `n`: annotate messages.
    pub const ANNOTATE: Self = Self(1 << 11);
    /// Every right.
    pub const ALL: Self = Self((1 << 12) - 1);

    /// The members of `c` (RFC 4314, 2.1.1, first reading).
    const OBSOLETE_CREATE: Self = Self::CREATE.union(Self::DELETE_MAILBOX);
    /// The members of `d`.
    const OBSOLETE_DELETE: Self = Self::EXPUNGE.union(Self::DELETE_MESSAGES);

    /// The letters in the order in which they are shown, `c` and `d` after their members.
    const LETTERS: [(char, Self); 14] = [
        ('l', Self::LOOKUP),
        ('r', Self::READ),
        ('s', Self::SEEN),
        ('w', Self::WRITE),
        ('i', Self::INSERT),
        ('p', Self::POST),
        ('k', Self::CREATE),
        ('x', Self::DELETE_MAILBOX),
        ('c', Self::OBSOLETE_CREATE),
        ('t', Self::DELETE_MESSAGES),
        ('e', Self::EXPUNGE),
        ('d', Self::OBSOLETE_DELETE),
        ('a', Self::ADMINISTER),
        ('n', Self::ANNOTATE),
    ];

    /// Parses letters in any order, also repeated; an empty text is valid.
    ///
    /// # Errors
    ///
    /// [`BadRights`] for the first character that is not a right.
    pub fn parse(letters: &str) -> Result<Self, BadRights> {
        letters.chars().try_fold(Self::NONE, |rights, letter| {
            if letter.is_uppercase() {
                return Err(BadRights::Uppercase);
            }
            let (_, members) = Self::LETTERS
                .into_iter()
                .find(|&(known, _)| known == letter)
                .ok_or(BadRights::Unknown(letter))?;
            Ok(rights.union(members))
        })
    }

    /// The same for what a person wrote, who may have meant a word: a letter that stands there twice is a mistake.
    ///
    /// # Errors
    ///
    /// [`BadRights`] for the first character that is not a right, else for the first that comes again.
    pub fn parse_written(letters: &str) -> Result<Self, BadRights> {
        let rights = Self::parse(letters)?;
        let mut before = letters.char_indices();
        match before.find(|(at, letter)| letters[..*at].contains(*letter)) {
            Some((_, letter)) => Err(BadRights::Twice(letter)),
            None => Ok(rights),
        }
    }

    /// The letters to show, with `c` and `d` where any of their members is held.
    pub fn letters(self) -> impl Iterator<Item = char> {
        Self::LETTERS
            .into_iter()
            .filter(move |&(_, members)| self.intersects(members))
            .map(|(letter, _)| letter)
    }

    /// The rights from PostgreSQL's number. Bits without a meaning are dropped.
    #[must_use]
    pub const fn from_i16(bits: i16) -> Self {
        Self(bits.cast_unsigned() & Self::ALL.0)
    }

    /// The number for PostgreSQL; never negative.
    #[must_use]
    pub const fn to_i16(self) -> i16 {
        self.0.cast_signed()
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every right of `other` is in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any right of `other` is in the set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The rights that are in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The rights that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The rights that are in the set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// One right of the set, always the same one; the empty set for the empty set.
    #[must_use]
    pub(crate) const fn any_one(self) -> Self {
        Self(self.0 & self.0.wrapping_neg())
    }
}

/// Prints the letters as ACL and MYRIGHTS show them. The empty set prints as nothing.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.letters().try_for_each(|letter| write!(f, "{letter}"))
    }
}

impl Modification {
    /// # Errors
    ///
    /// [`BadRights`] for a character that is not a right; a prefix alone is valid.
    pub fn parse(text: &str) -> Result<Self, BadRights> {
        if let Some(letters) = text.strip_prefix('+') {
            Rights::parse(letters).map(Self::Add)
        } else if let Some(letters) = text.strip_prefix('-') {
            Rights::parse(letters).map(Self::Remove)
        } else {
            Rights::parse(text).map(Self::Replace)
        }
    }

    /// The rights of an identifier that had `rights` before the modification.
    #[must_use]
    pub const fn apply(self, rights: Rights) -> Rights {
        match self {
            Self::Replace(new) => new,
            Self::Add(more) => rights.union(more),
            Self::Remove(gone) => rights.without(gone),
        }
    }

    /// The rights that the modification may add.
    #[must_use]
    pub const fn gives(self) -> Rights {
        match self {
            Self::Replace(rights) | Self::Add(rights) => rights,
            Self::Remove(_) => Rights::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadRights, Modification, Rights};

    #[test]
    fn letters_are_rights_or_not() {
        for (letters, expected) in [
            ("", Ok("")),
            ("lr", Ok("lr")),
            ("rl", Ok("lr")),
            ("llrr", Ok("lr")),
            ("lrswipkxtean", Ok("lrswipkxctedan")),
            // Obsolete rights stand for their members, and are shown when any member is held.
            ("c", Ok("kxc")),
            ("d", Ok("ted")),
            ("k", Ok("kc")),
            ("x", Ok("xc")),
            ("t", Ok("td")),
            ("e", Ok("ed")),
            ("lrswida", Ok("lrswiteda")),
            ("lrswikda", Ok("lrswikcteda")),
            ("dte", Ok("ted")),
            ("lrq", Err(BadRights::Unknown('q'))),
            ("lr5", Err(BadRights::Unknown('5'))),
            ("lr s", Err(BadRights::Unknown(' '))),
            ("l+r", Err(BadRights::Unknown('+'))),
            ("LR", Err(BadRights::Uppercase)),
            ("lrQswicda", Err(BadRights::Uppercase)),
        ] {
            let parsed = Rights::parse(letters).map(|rights| rights.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{letters:?}");
        }
    }

    #[test]
    fn every_set_survives_print_and_bits_but_for_the_unions() {
        for bits in 0..=Rights::ALL.to_i16() {
            let rights = Rights::from_i16(bits);
            assert_eq!(rights.to_i16(), bits);
            let stripped = rights.to_string().replace(['c', 'd'], "");
            assert_eq!(Rights::parse(&stripped), Ok(rights));
        }
        assert_eq!(Rights::from_i16(-1), Rights::ALL);
    }

    #[test]
    fn modifications_change_what_was_there() {
        for (before, text, after) in [
            ("lr", "lrs", "lrs"),
            ("lr", "", ""),
            ("lr", "+s", "lrs"),
            ("lr", "+", "lr"),
            ("lr", "-", "lr"),
            ("lr", "-r", "l"),
            ("lr", "-s", "lr"),
            ("lrswi", "+cda", "lrswikxtea"),
            // Removing an obsolete right removes its members, as on other servers.
            ("lrkxte", "-d", "lrkx"),
            ("lrkxte", "-c", "lrte"),
            ("lrt", "-d", "lr"),
        ] {
            let modification = Modification::parse(text).unwrap();
            let rights = Rights::parse(before).unwrap();
            assert_eq!(
                modification.apply(rights),
                Rights::parse(after).unwrap(),
                "{before} {text:?}"
            );
        }
        for text in ["+q", "-Q", "++l", "+-l", "lr+s"] {
            assert!(Modification::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_removing_gives_nothing() {
        for (text, gives) in [("lr", "lr"), ("+lr", "lr"), ("-lr", "")] {
            let modification = Modification::parse(text).unwrap();
            assert_eq!(modification.gives(), Rights::parse(gives).unwrap());
        }
    }
}
