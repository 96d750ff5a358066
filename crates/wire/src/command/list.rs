//! LIST (RFC 5258) and STATUS.

use mail::EntryName;

use crate::command::MailboxArg;

/// LIST in all its forms.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct List {
    /// Selection options (RFC 5258, 3).
    pub select: ListSelect,
    /// Prefix of the patterns.
    pub reference: MailboxArg,
    /// One or more; an empty one asks for the separator.
    pub patterns: Vec<MailboxArg>,
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
