//! SEARCH (RFC 9051, 6.4.4), ESEARCH (RFC 7377), and their keys.

use mail::{Flag, ModSeq, NaiveDate};

use crate::command::fetch::FetchItem;
use crate::command::notify::MailboxFilter;
use crate::command::numbers::MessageSet;
use crate::command::numbers::Numbering;
use crate::partial::PartialRange;

/// The arguments of SEARCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Whether results are UIDs or sequence numbers.
    pub numbering: Numbering,
    /// `RETURN (…)`; `None` for the old form with its old response.
    pub returns: Option<SearchReturn>,
    /// With UPDATE: what to tell of a message that arrives among the results (RFC 5465, 7).
    pub attributes: Vec<FetchItem>,
    /// The search key. Several keys were joined by AND; strings are decoded to UTF-8.
    pub key: SearchKey,
}

/// ESEARCH (RFC 7377).
#[derive(Clone, Debug, PartialEq)]
pub struct Esearch {
    /// `IN (…)`; `None` for the selected mailbox.
    pub sources: Option<Sources>,
    /// `RETURN (…)`; `None` means ALL, too.
    pub returns: Option<SearchReturn>,
    /// As in [`Search`].
    pub key: SearchKey,
}

/// The mailboxes that ESEARCH looks through. Neither nothing nor the same twice is an error.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sources {
    /// `selected`
    pub selected: bool,
    /// The mailboxes that these filters mean.
    pub filters: Vec<MailboxFilter>,
}

/// `RETURN (…)` (RFC 4731). All false is written `RETURN ()` and means ALL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SearchReturn {
    /// MIN
    pub min: bool,
    /// MAX
    pub max: bool,
    /// ALL
    pub all: bool,
    /// COUNT
    pub count: bool,
    /// SAVE (RFC 5182)
    pub save: bool,
    /// PARTIAL (RFC 9394), never beside ALL
    pub partial: Option<PartialRange>,
    /// UPDATE (RFC 5267, 4.3)
    pub update: bool,
    /// RELEVANCY (RFC 6203, 4), only where a key is FUZZY
    pub relevancy: bool,
}

/// A search key. Nesting is bounded by [`mail::limits::SEARCH_DEPTH_MAX`].
#[derive(Clone, Debug, PartialEq)]
pub enum SearchKey {
    /// Every message.
    All,
    /// All of these; from parentheses and from keys in a row.
    And(Vec<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// `FUZZY`: something like it (RFC 6203)
    Fuzzy(Box<Self>),
    /// ANSWERED, FLAGGED, DELETED, SEEN, DRAFT, KEYWORD
    Has(Flag),
    /// UNANSWERED … UNKEYWORD
    HasNot(Flag),
    /// RECENT, and the first half of NEW
    Recent,
    /// OLD
    Old,
    /// `BCC`, `CC`, `FROM`, `TO`: inside the addresses of that field
    Address(AddressField, String),
    /// `SUBJECT`
    Subject(String),
    /// `HEADER name text`; an empty text asks for presence
    Header(String, String),
    /// `BODY`
    Body(String),
    /// `TEXT`
    Text(String),
    /// `BEFORE`, `ON`, `SINCE` by internal date
    Internal(DateTest, NaiveDate),
    /// `SENTBEFORE`, `SENTON`, `SENTSINCE` by the Date field
    Sent(DateTest, NaiveDate),
    /// `LARGER`
    Larger(u64),
    /// `SMALLER`
    Smaller(u64),
    /// A set of sequence numbers.
    Sequence(MessageSet),
    /// `UID set`
    Uid(MessageSet),
    /// `MODSEQ n`; the entry name and type are checked and dropped, as the RFC allows
    ModSeq(ModSeq),
    /// `OLDER n` seconds (RFC 5032)
    Older(u32),
    /// `YOUNGER n` seconds (RFC 5032)
    Younger(u32),
    /// `EMAILID` (RFC 8474)
    EmailId(String),
    /// `THREADID` (RFC 8474)
    ThreadId(String),
    /// `SAVEDBEFORE`, `SAVEDON`, `SAVEDSINCE` (RFC 8514)
    Saved(DateTest, NaiveDate),
    /// `FILTER name` (RFC 5466)
    Filter(String),
}

/// The address fields that have a search key of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressField {
    /// From
    From,
    /// To
    To,
    /// Cc
    Cc,
    /// Bcc
    Bcc,
}

/// How a day is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateTest {
    /// Earlier than the day.
    Before,
    /// On the day.
    On,
    /// On the day or later.
    Since,
}

impl Esearch {
    /// Whether the selected mailbox is searched and no other.
    #[must_use]
    pub fn is_of_selected(&self) -> bool {
        match &self.sources {
            None => true,
            Some(sources) => sources.selected && sources.filters.is_empty(),
        }
    }
}

impl SearchKey {
    /// How deep keys are nested in this one; 0 for a key without another in it.
    #[must_use]
    pub fn levels(&self) -> usize {
        match self {
            Self::And(keys) => 1 + keys.iter().map(Self::levels).max().unwrap_or(0),
            Self::Or(a, b) => 1 + a.levels().max(b.levels()),
            Self::Not(key) | Self::Fuzzy(key) => 1 + key.levels(),
            _ => 0,
        }
    }

    /// Whether it is one, or a key in it.
    pub fn any(&self, is_it: &impl Fn(&Self) -> bool) -> bool {
        let is_inside = match self {
            Self::And(keys) => keys.iter().any(|key| key.any(is_it)),
            Self::Or(a, b) => a.any(is_it) || b.any(is_it),
            Self::Not(key) | Self::Fuzzy(key) => key.any(is_it),
            _ => false,
        };
        is_inside || is_it(self)
    }
}

impl SearchReturn {
    /// Nothing is told, only saved (RFC 9051, 6.4.4).
    #[must_use]
    pub fn is_only_save(&self) -> bool {
        *self
            == Self {
                save: true,
                ..Self::default()
            }
    }
}
