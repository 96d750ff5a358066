//! What a client can ask for, as values. Owned: a command outlives the buffer it came in.

use std::fmt;

use bytes::Bytes;
use mail::{Depth, EntryName, Flag, InternalDate, ModSeq, NaiveDate, UidSet, UidValidity};

use crate::PartialRange;

/// One command with its tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What the tagged response begins with.
    pub tag: Tag,
    /// What is asked.
    pub body: Body,
}

/// A client's tag: printable, without `+`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub(crate) Box<str>);

/// Bytes that no log and no `Debug` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

/// Whether numbers in sets are UIDs or sequence numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// `UID FETCH 17 …`
    Uid,
    /// `FETCH 17 …`
    Sequence,
}

/// A mailbox name as text, decoded from what the session speaks. Not yet known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxArg(pub String);

/// Every command that there is a grammar for. Forms with UID carry a [`Numbering`].
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// RFC 3501, 6.1.1
    Capability,
    /// RFC 3501, 6.1.2
    Noop,
    /// RFC 3501, 6.1.3
    Logout,
    /// RFC 3501, 6.2.1
    StartTls,
    /// RFC 4978; with the one algorithm that there is, DEFLATE
    Compress,
    /// RFC 8437
    Unauthenticate,
    /// RFC 3501, 6.2.2, with the initial response of RFC 4959, decoded from base64
    Authenticate {
        /// In capitals.
        mechanism: String,
        /// `=` is an empty one.
        initial: Option<Secret>,
    },
    /// RFC 3501, 6.2.3
    Login {
        /// UTF-8, or refused as malformed.
        user: String,
        /// As sent.
        password: Secret,
    },
    /// RFC 5161; names in capitals, known or not
    Enable(Vec<String>),
    /// RFC 2971; `None` for NIL
    Id(Option<Vec<(String, Option<String>)>>),
    /// RFC 3501, 6.3.1 and 6.3.2
    Select(Select),
    /// RFC 3501, 6.3.3, with the USE of RFC 6154 (attributes as sent, with backslash)
    Create {
        /// The new name; one separator at its end is allowed and was removed.
        mailbox: MailboxArg,
        /// `(USE (…))`
        special_use: Vec<String>,
    },
    /// RFC 3501, 6.3.4
    Delete(MailboxArg),
    /// RFC 3501, 6.3.5
    Rename {
        /// The name that is.
        from: MailboxArg,
        /// The name that shall be.
        to: MailboxArg,
    },
    /// RFC 3501, 6.3.6
    Subscribe(MailboxArg),
    /// RFC 3501, 6.3.7
    Unsubscribe(MailboxArg),
    /// RFC 3501, 6.3.8, and RFC 5258
    List(List),
    /// RFC 3501, 6.3.9
    Lsub {
        /// Prefix of the pattern.
        reference: String,
        /// With `*` and `%`.
        pattern: String,
    },
    /// RFC 2342
    Namespace,
    /// RFC 3501, 6.3.10
    Status {
        /// Whose.
        mailbox: MailboxArg,
        /// In the order asked, without doubles.
        items: Vec<StatusItem>,
    },
    /// RFC 3501, 6.3.11; several messages as of RFC 3502
    Append {
        /// Where to.
        mailbox: MailboxArg,
        /// At least one.
        messages: Vec<AppendMessage>,
    },
    /// RFC 8508
    Replace {
        /// What the set counts.
        numbering: Numbering,
        /// The one message that goes.
        set: MessageSet,
        /// Where the message that comes goes to.
        mailbox: MailboxArg,
        /// What comes.
        message: AppendMessage,
    },
    /// RFC 2177
    Idle,
    /// RFC 3501, 6.4.1
    Check,
    /// RFC 3501, 6.4.2
    Close,
    /// RFC 3691
    Unselect,
    /// RFC 3501, 6.4.3
    Expunge,
    /// RFC 4315
    UidExpunge(MessageSet),
    /// RFC 10022
    UidBatches {
        /// Messages in each; never zero.
        size: u32,
        /// Which batches, the newest being 1: first and last, ascending. `None` for all.
        range: Option<(u32, u32)>,
    },
    /// RFC 3501, 6.4.4, and RFC 4731
    Search(Search),
    /// RFC 7377
    Esearch(Esearch),
    /// RFC 5256, SORT, and RFC 5267, 3
    Sort(Sort),
    /// RFC 5267, 4.3.5, with the tags of the searches that asked for updates
    CancelUpdate(Vec<String>),
    /// RFC 5256, THREAD
    Thread {
        /// What results are counted in.
        numbering: Numbering,
        /// How messages become threads.
        algorithm: ThreadAlgorithm,
        /// Which messages.
        key: SearchKey,
    },
    /// RFC 3501, 6.4.5
    Fetch(Fetch),
    /// RFC 3501, 6.4.6
    Store(Store),
    /// RFC 3501, 6.4.7
    Copy {
        /// What the set counts.
        numbering: Numbering,
        /// Which messages.
        set: MessageSet,
        /// Where to.
        mailbox: MailboxArg,
    },
    /// RFC 6851
    Move {
        /// What the set counts.
        numbering: Numbering,
        /// Which messages.
        set: MessageSet,
        /// Where to.
        mailbox: MailboxArg,
    },
    /// RFC 4314, 3.1
    SetAcl {
        /// Whose list.
        mailbox: MailboxArg,
        /// As sent; may begin with `-`.
        identifier: String,
        /// As sent; may begin with `+` or `-`.
        rights: String,
    },
    /// RFC 4314, 3.2
    DeleteAcl {
        /// Whose list.
        mailbox: MailboxArg,
        /// As sent.
        identifier: String,
    },
    /// RFC 4314, 3.3
    GetAcl(MailboxArg),
    /// RFC 4314, 3.4
    ListRights {
        /// Whose list.
        mailbox: MailboxArg,
        /// As sent.
        identifier: String,
    },
    /// RFC 4314, 3.5
    MyRights(MailboxArg),
    /// RFC 9208, 4.1.1, with the name of a quota root
    GetQuota(String),
    /// RFC 9208, 4.1.2
    GetQuotaRoot(MailboxArg),
    /// RFC 9208, 4.1.3
    SetQuota {
        /// The name of a quota root.
        root: String,
        /// Resources, known or not, and how much of each there may be.
        limits: Vec<(String, u64)>,
    },
    /// RFC 5464, 4.2
    GetMetadata(GetMetadata),
    /// RFC 5464, 4.3
    SetMetadata {
        /// Whose; `None` for the server's.
        mailbox: Option<MailboxArg>,
        /// At least one, each with its new value; `None` for NIL.
        entries: Vec<(EntryName, Option<Vec<u8>>)>,
    },
    /// RFC 5465
    Notify(Notify),
}

/// NOTIFY.
#[derive(Clone, Debug, PartialEq)]
pub enum Notify {
    /// `NONE`
    None,
    /// `SET`
    Set {
        /// `STATUS`: tell how each mailbox is now.
        tells_status: bool,
        /// What to tell of the selected mailbox; `None` for nothing.
        selected: Option<SelectedEvents>,
        /// What to tell of the others.
        groups: Vec<EventGroup>,
    },
    /// `SET` with an event that is not known.
    Unsupported,
}

/// What to tell of the selected mailbox: arrivals and losses in any case.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedEvents {
    /// `SELECTED-DELAYED`: numbers move only when a command allows it.
    pub is_delayed: bool,
    /// `FlagChange`
    pub has_flags: bool,
    /// What to tell of a message that arrives; may be empty.
    pub attributes: Vec<FetchItem>,
}

/// Mailboxes, and what to tell of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventGroup {
    /// Which.
    pub filter: MailboxFilter,
    /// What.
    pub events: NotifyEvents,
}

/// Mailboxes that are not named one by one (RFC 5465, 6; RFC 7377, 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxFilter {
    /// `personal`, and `inboxes`
    Personal,
    /// `subscribed`
    Subscribed,
    /// `subtree`: these and all below them
    Subtree(Vec<MailboxArg>),
    /// `subtree-one`: these and those one level below them
    SubtreeOne(Vec<MailboxArg>),
    /// `mailboxes`
    Mailboxes(Vec<MailboxArg>),
}

/// Events of mailboxes that are not selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotifyEvents {
    /// `MessageNew` and `MessageExpunge`
    pub messages: Option<MessageEvents>,
    /// `MailboxName`
    pub names: bool,
    /// `SubscriptionChange`
    pub subscriptions: bool,
    /// `MailboxMetadataChange`
    pub metadata: bool,
    /// `ServerMetadataChange`
    pub server_metadata: bool,
}

/// Events of messages: arrivals and losses in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageEvents {
    /// `FlagChange`
    pub has_flags: bool,
}

/// GETMETADATA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetMetadata {
    /// Whose; `None` for the server's.
    pub mailbox: Option<MailboxArg>,
    /// `MAXSIZE n`: no value that is larger.
    pub max_size: Option<u32>,
    /// `DEPTH`: how far below the names.
    pub depth: Depth,
    /// At least one, each once.
    pub entries: Vec<EntryName>,
}

/// SELECT or EXAMINE.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Which.
    pub mailbox: MailboxArg,
    /// EXAMINE.
    pub read_only: bool,
    /// `(CONDSTORE)`
    pub condstore: bool,
    /// `(QRESYNC (…))`
    pub qresync: Option<Qresync>,
}

/// What a client remembers of a mailbox (RFC 7162, 3.2.5).
#[derive(Clone, Debug, PartialEq)]
pub struct Qresync {
    /// The UIDVALIDITY it saw.
    pub uid_validity: UidValidity,
    /// The HIGHESTMODSEQ it saw.
    pub modseq: ModSeq,
    /// The UIDs it has; all below UIDNEXT when missing.
    pub known_uids: Option<UidSet>,
    /// Sequence numbers and the UIDs they had, in parallel, ascending.
    pub match_data: Option<(NumberSet, UidSet)>,
}

/// The messages that a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageSet {
    /// These numbers.
    Listed(NumberSet),
    /// `$`: what the last search with SAVE found (RFC 5182).
    Saved,
}

/// A set of numbers as written: `*` is not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberSet(pub Vec<NumberRange>);

/// One part of a set. A single number is a range of itself; ends come in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRange(pub NumberEnd, pub NumberEnd);

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberEnd {
    /// Never zero.
    Number(u32),
    /// `*`: the highest that there is.
    Last,
}

/// LIST in all its forms.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct List {
    /// Selection options (RFC 5258, 3).
    pub select: ListSelect,
    /// Prefix of the patterns.
    pub reference: String,
    /// One or more, decoded; an empty one asks for the separator.
    pub patterns: Vec<String>,
    /// Return options.
    pub returns: ListReturn,
    /// Parentheses or RETURN were used: the client speaks LIST-EXTENDED.
    pub extended: bool,
}

/// `LIST (SUBSCRIBED …)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ListSelect {
    /// Only what is subscribed to.
    pub subscribed: bool,
    /// Also what lives elsewhere; there is nothing elsewhere.
    pub remote: bool,
    /// Parents of what matches, too.
    pub recursive_match: bool,
    /// Only mailboxes with a special use.
    pub special_use: bool,
}

/// `RETURN (…)`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListReturn {
    /// `\Subscribed`
    pub subscribed: bool,
    /// `\HasChildren` and its opposite
    pub children: bool,
    /// `\Sent` and the like
    pub special_use: bool,
    /// A STATUS response for each (RFC 5819)
    pub status: Vec<StatusItem>,
    /// A MYRIGHTS response for each (RFC 8440)
    pub my_rights: bool,
    /// A METADATA response for each (RFC 9590)
    pub metadata: Vec<EntryName>,
}

/// What STATUS tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// MESSAGES
    Messages,
    /// RECENT
    Recent,
    /// UIDNEXT
    UidNext,
    /// UIDVALIDITY
    UidValidity,
    /// UNSEEN
    Unseen,
    /// DELETED
    Deleted,
    /// SIZE (RFC 8438)
    Size,
    /// HIGHESTMODSEQ (RFC 7162)
    HighestModSeq,
    /// MAILBOXID (RFC 8474)
    MailboxId,
    /// APPENDLIMIT (RFC 7889)
    AppendLimit,
    /// DELETED-STORAGE (RFC 9208)
    DeletedStorage,
}

/// One message of an APPEND.
#[derive(Clone, Debug, PartialEq)]
pub struct AppendMessage {
    /// To be set on arrival.
    pub flags: Vec<Flag>,
    /// When it arrived, if the client knows better.
    pub date: Option<InternalDate>,
    /// What it consists of.
    pub data: AppendContent,
    /// A `literal8` was used: NUL is meant (RFC 3516, 4.4).
    pub is_binary: bool,
}

/// `append-data`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendContent {
    /// As it will be stored, byte for byte.
    Whole(Bytes),
    /// To be put together (RFC 4469).
    Catenate(Vec<CatPart>),
}

/// `cat-part` (RFC 4469)
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatPart {
    /// TEXT: these octets.
    Text(Bytes),
    /// URL: what this points to, as sent.
    Url(String),
}

/// FETCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    /// What the set counts.
    pub numbering: Numbering,
    /// Which messages.
    pub set: MessageSet,
    /// Macros are taken apart. Never empty.
    pub items: Vec<FetchItem>,
    /// `(CHANGEDSINCE n)`; 0 is accepted and means everything
    pub changed_since: Option<ModSeq>,
    /// `(CHANGEDSINCE n VANISHED)`
    pub vanished: bool,
    /// `(PARTIAL a:b)`: which of the messages of the set (RFC 9394, 3.3); only by UID
    pub partial: Option<PartialRange>,
}

/// What FETCH tells of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// UID
    Uid,
    /// FLAGS
    Flags,
    /// INTERNALDATE
    InternalDate,
    /// RFC822.SIZE
    Size,
    /// ENVELOPE
    Envelope,
    /// BODYSTRUCTURE
    BodyStructure,
    /// BODY without a section: BODYSTRUCTURE without extension data
    Body,
    /// MODSEQ
    ModSeq,
    /// EMAILID (RFC 8474)
    EmailId,
    /// THREADID (RFC 8474)
    ThreadId,
    /// SAVEDATE (RFC 8514)
    SaveDate,
    /// PREVIEW (RFC 8970)
    Preview {
        /// `(LAZY)`: only what costs nothing.
        lazy: bool,
    },
    /// `BODY[…]<…>`, and the RFC822 items in their own spelling
    Section(BodySection),
    /// `BINARY[…]<…>` (RFC 3516)
    Binary(BinarySection),
    /// `BINARY.SIZE[…]` (RFC 3516), with the part numbers
    BinarySize(Vec<u32>),
}

/// `BINARY[section-part]<first.count>`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinarySection {
    /// Part numbers, from 1; empty for the message itself.
    pub part: Vec<u32>,
    /// First octet and number of octets (never zero) of what was decoded.
    pub partial: Option<(u64, u64)>,
    /// `.PEEK`: do not set `\Seen`.
    pub peek: bool,
}

/// `BODY[section]<first.count>` or one of its older spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodySection {
    /// How the response names it.
    pub spelling: Spelling,
    /// Part numbers, from 1; empty for the message itself.
    pub part: Vec<u32>,
    /// What of the part.
    pub text: SectionText,
    /// First octet and number of octets (never zero).
    pub partial: Option<(u64, u64)>,
    /// `.PEEK`: do not set `\Seen`.
    pub peek: bool,
}

/// How an item was asked for, hence how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `BODY[…]`
    Body,
    /// `RFC822`
    Rfc822,
    /// `RFC822.HEADER`
    Rfc822Header,
    /// `RFC822.TEXT`
    Rfc822Text,
}

/// What of a part (RFC 3501, 6.4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// All of it.
    Whole,
    /// HEADER
    Header,
    /// `HEADER.FIELDS (…)`; names as sent
    HeaderFields(Vec<String>),
    /// `HEADER.FIELDS.NOT (…)`; names as sent
    HeaderFieldsNot(Vec<String>),
    /// TEXT
    Text,
    /// MIME, of a part only
    Mime,
}

/// STORE.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// What the set counts.
    pub numbering: Numbering,
    /// Which messages.
    pub set: MessageSet,
    /// What to do with the flags.
    pub operation: StoreOperation,
    /// Which; may be empty.
    pub flags: Vec<Flag>,
    /// `.SILENT`
    pub silent: bool,
    /// `(UNCHANGEDSINCE n)`
    pub unchanged_since: Option<ModSeq>,
}

/// `FLAGS`, `+FLAGS`, `-FLAGS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOperation {
    /// The message has these flags and no other.
    Replace,
    /// These too.
    Add,
    /// No longer these.
    Remove,
}

/// SEARCH.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What results are counted in.
    pub numbering: Numbering,
    /// `RETURN (…)`; `None` for the old form with its old response.
    pub returns: Option<SearchReturn>,
    /// With UPDATE: what to tell of a message that arrives among the results (RFC 5465, 7).
    pub attributes: Vec<FetchItem>,
    /// Anded when there are several; strings are decoded to UTF-8.
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

/// Which mailboxes ESEARCH looks through. Neither nothing nor the same twice is an error.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sources {
    /// `selected`
    pub selected: bool,
    /// All that these mean.
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
}

/// SORT.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// What results are counted in.
    pub numbering: Numbering,
    /// `RETURN (…)` (RFC 5267, 3); `None` for the old form with its old response.
    pub returns: Option<SearchReturn>,
    /// As of [`Search::attributes`].
    pub attributes: Vec<FetchItem>,
    /// At least one; the first counts most.
    pub criteria: Vec<SortCriterion>,
    /// Which messages.
    pub key: SearchKey,
}

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortCriterion {
    /// Which way.
    pub direction: Direction,
    /// By what.
    pub key: SortKey,
}

/// Which way an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the least.
    Ascending,
    /// `REVERSE`: from the greatest.
    Descending,
}

/// What messages are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// ARRIVAL
    Arrival,
    /// CC
    Cc,
    /// DATE
    Date,
    /// DISPLAYFROM (RFC 5957)
    DisplayFrom,
    /// DISPLAYTO (RFC 5957)
    DisplayTo,
    /// FROM
    From,
    /// SIZE
    Size,
    /// SUBJECT
    Subject,
    /// TO
    To,
}

/// How messages become threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// ORDEREDSUBJECT
    OrderedSubject,
    /// REFERENCES
    References,
    /// REFS, a later draft
    Refs,
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

impl MailboxFilter {
    /// The names that are written in it.
    #[must_use]
    pub fn names(&self) -> &[MailboxArg] {
        match self {
            Self::Personal | Self::Subscribed => &[],
            Self::Subtree(names) | Self::SubtreeOne(names) | Self::Mailboxes(names) => names,
        }
    }
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
    /// Whether it is one, or a key in it.
    pub fn any(&self, is_it: &impl Fn(&Self) -> bool) -> bool {
        let is_inside = match self {
            Self::And(keys) => keys.iter().any(|key| key.any(is_it)),
            Self::Or(a, b) => a.any(is_it) || b.any(is_it),
            Self::Not(key) => key.any(is_it),
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

impl Tag {
    /// More would be echoed for nothing: clients count to a few digits.
    const BYTES_MAX: usize = 255;

    /// `None` when it is empty, long, or holds what a tag may not (RFC 3501, 9: `tag`).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_tag = !text.is_empty()
            && text.len() <= Self::BYTES_MAX
            && text
                .iter()
                .all(|&byte| byte != b'+' && crate::lex::is_astring_char(byte));
        is_tag.then(|| Self(text.iter().copied().map(char::from).collect()))
    }

    /// As sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
