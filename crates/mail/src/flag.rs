//! Flags and keywords, and how one mailbox numbers them as bits.

use std::collections::HashSet;
use std::fmt;

use crate::flags::Flags;
use crate::limits::{KEYWORD_BYTES_MAX, KEYWORDS_PER_MAILBOX_MAX, KEYWORDS_WITH_BIT_MAX};
use crate::rare_keywords::RareKeywords;

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

/// A set of flags of one mailbox: bits 0 to 4 are the system flags, bits 6 to 62 its first keywords. Bit 5 stands for all
/// others, whatever they are: [`Flags`] says which a message has (ADR 0055).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlagBits(u64);

/// The keywords of one mailbox, in the order of their numbers. Where all numbers are given, those of keywords that nobody
/// uses get other names (ADR 0050).
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

    fn keyword(&self) -> Option<&Keyword> {
        match self {
            Self::Keyword(keyword) => Some(keyword),
            Self::Answered | Self::Flagged | Self::Deleted | Self::Seen | Self::Draft => None,
        }
    }

    const fn system_bit(&self) -> Option<FlagBits> {
        match self {
            Self::Answered => Some(FlagBits::ANSWERED),
            Self::Flagged => Some(FlagBits::FLAGGED),
            Self::Deleted => Some(FlagBits::DELETED),
            Self::Seen => Some(FlagBits::SEEN),
            Self::Draft => Some(FlagBits::DRAFT),
            Self::Keyword(_) => None,
        }
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
    /// Keywords without a bit of their own: of a message, that it has any; of a mask, that all of them are meant.
    pub const RARE: Self = Self(1 << 5);
    /// Every bit that has a meaning.
    pub const ALL: Self = Self(0x7fff_ffff_ffff_ffff);

    const FIRST_KEYWORD: usize = 6;
    /// A bit that no stored set has, and that has no name.
    pub(crate) const NAMELESS: Self = Self(1 << 63);

    /// The flags from PostgreSQL's number. Bits without a meaning are dropped.
    #[must_use]
    pub fn from_i64(bits: i64) -> Self {
        Self(bits.cast_unsigned() & Self::ALL.0)
    }

    /// The number for PostgreSQL; never negative.
    #[must_use]
    pub fn to_i64(self) -> i64 {
        (self.0 & Self::ALL.0).cast_signed()
    }

    /// The bits as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The bit of the keyword with this number, from 0; `None` from 57 on.
    #[must_use]
    pub fn keyword(index: usize) -> Option<Self> {
        (index < KEYWORDS_WITH_BIT_MAX).then(|| Self(1 << (Self::FIRST_KEYWORD + index)))
    }

    /// Whether none of them is a keyword beyond the first `keywords`.
    #[must_use]
    pub fn is_named_by(self, keywords: usize) -> bool {
        Self::keyword(keywords).is_none_or(|next| self.0 < next.0)
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

    /// The keywords whose numbers mean others in `newer`, a later state of the same mailbox.
    #[must_use]
    pub fn renamed(&self, newer: &Self) -> Flags {
        let pairs = self.0.iter().zip(&newer.0).enumerate();
        pairs
            .filter(|(_, (old, new))| old != new)
            .fold(Flags::NONE, |renamed, (number, _)| {
                renamed.union(&Flags::keyword(number))
            })
    }

    /// `flag` as this mailbox numbers it; `None` for a keyword that it has never seen.
    #[must_use]
    pub fn find(&self, flag: &Flag) -> Option<Flags> {
        let Some(keyword) = flag.keyword() else {
            return flag.system_bit().map(Flags::from);
        };
        let number = self.0.iter().position(|known| known == keyword)?;
        Some(Flags::keyword(number))
    }

    /// Those of many flags that this mailbox knows: each keyword is looked at once.
    #[must_use]
    pub fn find_all(&self, flags: &[Flag]) -> Flags {
        let named: HashSet<&Keyword> = flags.iter().filter_map(Flag::keyword).collect();
        let known = self.0.iter().enumerate();
        let known = known.filter(|(_, keyword)| named.contains(keyword));
        let numbers: Vec<usize> = known.map(|(number, _)| number).collect();
        let bits = numbers
            .iter()
            .filter_map(|number| FlagBits::keyword(*number));
        let system = flags.iter().filter_map(Flag::system_bit);
        let bits = bits.chain(system).fold(FlagBits::NONE, FlagBits::union);
        Flags::new(bits, numbers.into_iter().collect())
    }

    /// Whether [`find_all`](Self::find_all) leaves none of them out.
    #[must_use]
    pub fn knows_all(&self, flags: &[Flag]) -> bool {
        let known: HashSet<&Keyword> = self.0.iter().collect();
        let mut named = flags.iter().filter_map(Flag::keyword);
        named.all(|keyword| known.contains(keyword))
    }

    /// The names of `flags`: system flags first, then keywords. Those without a name are left out.
    pub fn names<'n>(&'n self, flags: &'n Flags) -> impl Iterator<Item = &'n str> {
        let rare = flags.rare().numbers();
        let rare = rare.filter_map(|number| self.0.get(number).map(Keyword::as_str));
        self.names_of_bits(flags.bits()).chain(rare)
    }

    /// All flags that `mask` stands for, as far as there are any: of keywords without a bit all that the mailbox has.
    #[must_use]
    pub fn all_in(&self, mask: FlagBits) -> Flags {
        let rare: RareKeywords = (KEYWORDS_WITH_BIT_MAX..self.0.len()).collect();
        Flags::new(mask, rare.within(mask))
    }

    fn names_of_bits(&self, bits: FlagBits) -> impl Iterator<Item = &str> {
        let system = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];
        bits.intersection(FlagBits::ALL)
            .each()
            .filter_map(move |bit| {
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
    use crate::flags::Flags;
    use crate::limits::KEYWORDS_PER_MAILBOX_MAX;

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

    fn keywords<const N: usize>(names: [&str; N]) -> Keywords {
        Keywords::new(names.map(|name| Keyword::parse(name).unwrap()).to_vec())
    }

    #[test]
    fn keywords_are_found_whatever_their_case() {
        let keywords = keywords(["Work"]);
        let find = |text: &str| keywords.find(&Flag::parse(text).unwrap());
        assert_eq!(find("WORK"), find("Work"));
        assert_eq!(find("Play"), None);
        let some = ["WORK", "\\Seen", "Play", "work"].map(|text| Flag::parse(text).unwrap());
        let found = FlagBits::keyword(0).unwrap().union(FlagBits::SEEN);
        assert_eq!(keywords.find_all(&some), found.into());
        assert!(!keywords.knows_all(&some) && keywords.knows_all(&some[..2]));
        let flags = Flags::from(FlagBits::SEEN).union(&find("work").unwrap());
        let names: Vec<_> = keywords.names(&flags).collect();
        assert_eq!(names, ["\\Seen", "Work"]);
    }

    #[test]
    fn what_was_renamed_differs_from_all_that_is_stored() {
        let (old, new) = (keywords(["Work", "Play"]), keywords(["work", "Rest"]));
        let renamed = old.renamed(&new);
        assert_eq!(renamed, Flags::keyword(1));
        let work = Flags::from(FlagBits::SEEN).union(&Flags::keyword(0));
        assert_eq!(work.with_nameless(&renamed), work);
        let both = work.union(&renamed).with_nameless(&renamed);
        assert_ne!(both, work);
        assert_eq!(FlagBits::from_i64(both.to_i64()), work.bits());
        assert_eq!(new.names(&both).collect::<Vec<_>>(), ["\\Seen", "work"]);
    }

    #[test]
    fn a_keyword_without_a_bit_is_named_like_the_others() {
        let name = |number| Keyword::parse(&format!("k{number}")).unwrap();
        let old = Keywords::new((0..KEYWORDS_PER_MAILBOX_MAX).map(name).collect());
        assert!(old.is_full());
        let names = |flags: &Flags| old.names(flags).map(str::to_owned).collect::<Vec<_>>();
        for number in [0, 56, 57, 58, 599] {
            let flags = old.find(&Flag::Keyword(name(number))).unwrap();
            assert_eq!(names(&flags), [format!("k{number}")]);
            let with_seen = flags.union(&FlagBits::SEEN.into());
            assert_eq!(names(&with_seen), ["\\Seen".into(), format!("k{number}")]);
            assert_eq!(with_seen.to_i64() & 32 != 0, number > 56);
        }
        assert_eq!(names(&old.all_in(FlagBits::ALL)).len(), 605);
        assert_eq!(
            names(&old.all_in(FlagBits::ALL.without(FlagBits::RARE))).len(),
            62
        );

        let new = (0..KEYWORDS_PER_MAILBOX_MAX)
            .map(|number| name(if number == 70 { 1000 } else { number }));
        let renamed = old.renamed(&Keywords::new(new.collect()));
        assert_eq!(renamed, Flags::keyword(70));
        let both = Flags::keyword(70).union(&Flags::keyword(71));
        let shown = both.with_nameless(&renamed);
        assert_ne!(shown, Flags::keyword(71));
        assert_eq!(names(&shown), ["k71"]);
        assert_eq!(
            Flags::keyword(71).with_nameless(&renamed),
            Flags::keyword(71)
        );
    }

    #[test]
    fn the_last_bit_is_one_that_a_bigint_holds() {
        let last = FlagBits::keyword(56).unwrap();
        assert_eq!(FlagBits::from_i64(last.to_i64()), last);
        assert_eq!(FlagBits::keyword(57), None);
    }

    #[test]
    fn a_keyword_has_a_name_when_so_many_are_known() {
        let keyword = |number| FlagBits::keyword(number).unwrap();
        for (flags, keywords, expected) in [
            (FlagBits::NONE, 0, true),
            (FlagBits::SEEN.union(FlagBits::RARE), 0, true),
            (keyword(0), 0, false),
            (keyword(0), 1, true),
            (keyword(0).union(keyword(2)), 2, false),
            (keyword(56), 56, false),
            (keyword(56), 57, true),
            (keyword(56), 600, true),
        ] {
            assert_eq!(
                flags.is_named_by(keywords),
                expected,
                "{flags:?} {keywords}"
            );
        }
    }
}
