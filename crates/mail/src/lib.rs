//! The types that every room shares: numbers, flags, names of mailboxes, changes, limits.
//!
//! This room parses and prints values, and keeps them valid. It has no behaviour: no I/O, no
//! rights, no protocol responses.

mod change;
mod date;
mod email_address;
mod flag;
mod flag_policy;
mod flags;
mod forest;
pub mod limits;
mod metadata;
mod name;
mod number;
mod quota;
mod rare_keywords;
mod uid_set;

pub use change::{Change, ChangeKind};
pub use date::{InternalDate, NaiveDate};
pub use email_address::{BadAddress, EmailAddress};
pub use flag::{BadFlag, Flag, FlagBits, Keyword, Keywords};
pub use flag_policy::{BadFlagPolicy, FlagPolicy};
pub use flags::Flags;
pub use forest::{Forest, ForestNode};
pub use metadata::{BadEntryName, Depth, EntryName, EntryScope, SPECIAL_USES};
pub use name::{BadName, MailboxName, Namespaces, Place};
pub use number::{
    AccountId, ContentId, MailboxId, ModSeq, SeqNum, SessionId, TokenId, Uid, UidValidity,
};
pub use quota::{BadQuotaRoot, QuotaLimits, QuotaRoot, Resource, Usage};
pub use rare_keywords::RareKeywords;
pub use uid_set::UidSet;
