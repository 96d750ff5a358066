//! SELECT and EXAMINE with QRESYNC (RFC 7162, 3.2.5).

use mail::{ModSeq, UidSet, UidValidity};

use crate::command::mailbox::MailboxArg;
use crate::command::numbers::NumberSet;

/// SELECT or EXAMINE.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The mailbox.
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
