//! Flags and keywords, and how one mailbox numbers them as bits.

use std::fmt;

use crate::limits::{KEYWORD_BYTES_MAX, KEYWORDS_PER_MAILBOX_MAX};

/// A keyword: an atom that does not begin with a backslash, spelled as first seen.
///
/// Two spellings that differ only in ASCII case are the same keyword.
#[derive(Clone, Debug)]
pub struct Keyword(Box<str>);

/// A flag that a client may store. `\Recent` is none (RFC 9051, 2.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Seen`
    Seen,
    /// `\Draft`
    Draft,
    /// Any other flag.
    Keyword(Keyword),
}

/// Why a word is not a flag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFlag {
    /// Only the server sets this flag, or nobody may.
    #[error("{0} cannot be stored")]
    NotStorable(String),
    /// The word is not an atom.
    #[error("a keyword is an atom of at most {KEYWORD_BYTES_MAX} bytes")]
    NotAnAtom,
}

/// A set of flags of one mailbox: bits 0 to 4 are the system flags, bits 6 to 62 its keywords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlagBits(u64);

/// The keywords of one mailbox, in the order of their bits. Where all bits are given, those of keywords that nobody uses
/// get other names (ADR 0050).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords(Vec<Keyword>);

impl Keyword {
    /// # Errors
    ///
    /// [`BadFlag`] for what is not an atom, begins with a backslash, or is too long.
    pub fn parse(word: &str) -> Result<Self, BadFlag> {
        let is_atom = !word.is_empty()
            && word.len() <= KEYWORD_BYTES_MAX
            && word
                .bytes()
                .all(|byte| byte > 0x20 && byte < 0x7f && !br#"(){%*"\]"#.contains(&byte));
        if is_atom {
            Ok(Self(word.into()))
        } else {
            Err(BadFlag::NotAnAtom)
        }
    }

    /// The keyword as it was first spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Keyword {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Keyword {}

impl std::hash::Hash for Keyword {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl Flag {
    /// The system flags, in the order of their bits.
    pub const SYSTEM: [Self; 5] = [
        Self::Answered,
        Self::Flagged,
        Self::Deleted,
        Self::Seen,
        Self::Draft,
    ];

    /// # Errors
    ///
    /// [`BadFlag`] for `\Recent`, an unknown `\`-flag, or what is not an atom.
    pub fn parse(word: &str) -> Result<Self, BadFlag> {
        if !word.starts_with('\\') {
            return Keyword::parse(word).map(Self::Keyword);
        }
        Self::SYSTEM
            .into_iter()
            .find(|flag| flag.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| BadFlag::NotStorable(word.chars().take(KEYWORD_BYTES_MAX).collect()))
    }

    /// The flag as the protocol writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Seen => "\\Seen",
            Self::Draft => "\\Draft",
            Self::Keyword(keyword) => keyword.as_str(),
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FlagBits {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// `\Answered`
    pub const ANSWERED: Self = Self(1);
    /// `\Flagged`
    pub const FLAGGED: Self = Self(1 << 1);
    /// `\Deleted`
    pub const DELETED: Self = Self(1 << 2);
    /// `\Seen`
    pub const SEEN: Self = Self(1 << 3);
    /// `\Draft`
    pub const DRAFT: Self = Self(1 << 4);
    /// Every bit that has a meaning.
    pub const ALL: Self = Self(0x7fff_ffff_ffff_ffdf);

    const FIRST_KEYWORD: usize = 6;
    /// A bit that no stored set has, and that has no name.
    const NAMELESS: Self = Self(1 << 5);

    /// The flags from PostgreSQL's number. Bits without a meaning are dropped.
    #[must_use]
    pub fn from_i64(bits: i64) -> Self {
        Self(bits.cast_unsigned() & Self::ALL.0)
    }

    /// The number for PostgreSQL; never negative.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// The bits as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The bit of the keyword with this number, from 0; `None` from 57 on.
    #[must_use]
    pub fn keyword(index: usize) -> Option<Self> {
        (index < KEYWORDS_PER_MAILBOX_MAX).then(|| Self(1 << (Self::FIRST_KEYWORD + index)))
    }

    /// Whether no flag is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every flag of `other` is set here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flags that are set in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The flags that are set in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The flags that are set here and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The flags where `renamed` mean other keywords by now: what was set of them is one flag without a name, so that the
    /// set differs from whatever a mailbox has.
    #[must_use]
    pub const fn with_nameless(self, renamed: Self) -> Self {
        if self.intersection(renamed).is_empty() {
            self
        } else {
            self.without(renamed).union(Self::NAMELESS)
        }
    }

    /// The single bits that are set, lowest first.
    pub fn each(self) -> impl Iterator<Item = Self> {
        (0..u64::BITS)
            .map(|bit| Self(1 << bit))
            .filter(move |bit| self.contains(*bit))
    }

    /// The number of the lowest bit that is set.
    #[must_use]
    pub const fn lowest_index(self) -> u32 {
        self.0.trailing_zeros()
    }
}

impl Keywords {
    /// Takes the keywords from the database, in the order of their bits.
    #[must_use]
    pub fn new(keywords: Vec<Keyword>) -> Self {
        Self(keywords)
    }

    /// Each keyword, in the order of their bits.
    pub fn iter(&self) -> impl Iterator<Item = &Keyword> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the mailbox has never seen a keyword.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether another one takes the place of one that nobody uses.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= KEYWORDS_PER_MAILBOX_MAX
    }

    /// The bits that mean other keywords in `newer`, a later state of the same mailbox.
    #[must_use]
    pub fn renamed(&self, newer: &Self) -> FlagBits {
        let pairs = self.0.iter().zip(&newer.0).enumerate();
        pairs
            .filter(|(_, (old, new))| old != new)
            .filter_map(|(index, _)| FlagBits::keyword(index))
            .fold(FlagBits::NONE, FlagBits::union)
    }

    /// The bit of `flag`; `None` for a keyword that this mailbox has never seen.
    #[must_use]
    pub fn bit(&self, flag: &Flag) -> Option<FlagBits> {
        match flag {
            Flag::Answered => Some(FlagBits::ANSWERED),
            Flag::Flagged => Some(FlagBits::FLAGGED),
            Flag::Deleted => Some(FlagBits::DELETED),
            Flag::Seen => Some(FlagBits::SEEN),
            Flag::Draft => Some(FlagBits::DRAFT),
            Flag::Keyword(keyword) => self
                .0
                .iter()
                .position(|known| known == keyword)
                .and_then(FlagBits::keyword),
        }
    }

    /// The names of `bits`: system flags first, then keywords. Bits without a name are left out.
    pub fn names(&self, bits: FlagBits) -> impl Iterator<Item = &str> {
        let system = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];
        bits.each().filter_map(move |bit| {
            let index = usize::try_from(bit.lowest_index()).ok()?;
            match index.checked_sub(FlagBits::FIRST_KEYWORD) {
                None => system.get(index).copied(),
                Some(index) => self.0.get(index).map(Keyword::as_str),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BadFlag, Flag, FlagBits, Keyword, Keywords};

    #[test]
    fn words_are_flags_or_not() {
        for (word, flag) in [("\\seen", Flag::Seen), ("\\DELETED", Flag::Deleted)] {
            assert_eq!(Flag::parse(word), Ok(flag));
        }
        assert_eq!(Flag::parse("$Forwarded").unwrap().as_str(), "$Forwarded");
        assert!(matches!(
            Flag::parse("\\Recent"),
            Err(BadFlag::NotStorable(_))
        ));
        assert!(matches!(Flag::parse("\\*"), Err(BadFlag::NotStorable(_))));
        for word in ["", "a b", "a]", "a\"", "ä", "a(", "a*"] {
            assert_eq!(Flag::parse(word), Err(BadFlag::NotAnAtom), "{word:?}");
        }
    }

    #[test]
    fn keywords_are_found_whatever_their_case() {
        let keywords = Keywords::new(vec![Keyword::parse("Work").unwrap()]);
        let bit = |text: &str| keywords.bit(&Flag::parse(text).unwrap());
        assert_eq!(bit("WORK"), bit("Work"));
        assert_eq!(bit("Play"), None);
        let bits = FlagBits::SEEN.union(bit("work").unwrap());
        assert_eq!(keywords.names(bits).collect::<Vec<_>>(), ["\\Seen", "Work"]);
    }

    #[test]
    fn what_was_renamed_differs_from_all_that_is_stored() {
        let keywords = |names: [&str; 2]| {
            Keywords::new(names.map(|name| Keyword::parse(name).unwrap()).to_vec())
        };
        let (old, new) = (keywords(["Work", "Play"]), keywords(["work", "Rest"]));
        let renamed = old.renamed(&new);
        assert_eq!(Some(renamed), FlagBits::keyword(1));
        let work = FlagBits::SEEN.union(FlagBits::keyword(0).unwrap());
        assert_eq!(work.with_nameless(renamed), work);
        let both = work.union(renamed).with_nameless(renamed);
        assert_ne!(both, work);
        assert_eq!(FlagBits::from_i64(both.to_i64()), work);
        assert_eq!(new.names(both).collect::<Vec<_>>(), ["\\Seen", "work"]);
    }

    #[test]
    fn the_last_keyword_has_a_bit_that_a_bigint_holds() {
        let last = FlagBits::keyword(56).unwrap();
        assert_eq!(FlagBits::from_i64(last.to_i64()), last);
        assert_eq!(FlagBits::keyword(57), None);
    }
}
