//! How many messages one command may be about (RFC 9738). Pure.
//!
//! A command that is cut short was about the newest messages, down to the UID that it tells; for those below
//! the client asks again.

use image::Message;
use mail::{SeqNum, Uid, UidSet};

/// The limit that the operator has set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageLimit {
    /// There is no limit.
    #[default]
    None,
    /// The limit holds for every command that names messages.
    Every {
        /// The number that CAPABILITY tells as MESSAGELIMIT.
        announced: u32,
        /// The number that is enforced; `None` trusts in clients that understand what is announced.
        enforced: Option<u32>,
    },
    /// The limit holds for COPY and APPEND alone, and CAPABILITY tells it as SAVELIMIT.
    Saving(u32),
}

/// How many messages a command may be about, if that is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound(Option<u32>);

/// The place at which a command was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) limit: u32,
    /// The lowest of the messages that the command was about; `None` where that would say nothing.
    pub(crate) lowest: Option<Uid>,
}

impl MessageLimit {
    /// What CAPABILITY tells as MESSAGELIMIT.
    pub(crate) fn announced(self) -> Option<u32> {
        match self {
            Self::None | Self::Saving(_) => None,
            Self::Every { announced, .. } => Some(announced),
        }
    }

    /// What CAPABILITY tells as SAVELIMIT.
    pub(crate) fn announced_for_saving(self) -> Option<u32> {
        match self {
            Self::None | Self::Every { .. } => None,
            Self::Saving(limit) => Some(limit),
        }
    }

    /// The bound for FETCH, SEARCH, STORE, MOVE and UID EXPUNGE, which may be done in part.
    pub(crate) fn per_command(self) -> Bound {
        match self {
            Self::None | Self::Saving(_) => Bound(None),
            Self::Every { enforced, .. } => Bound(enforced),
        }
    }

    /// The bound for COPY and APPEND, which are done wholly or not at all.
    pub(crate) fn per_copy(self) -> Bound {
        match self {
            Self::None => Bound(None),
            Self::Every { enforced, .. } => Bound(enforced),
            Self::Saving(limit) => Bound(Some(limit)),
        }
    }
}

impl Bound {
    /// Whether there is no bound.
    pub(crate) fn is_open(self) -> bool {
        self.0.is_none()
    }

    /// The newest of `uids`, and where that ends if they are not all.
    pub(crate) fn newest(self, uids: UidSet) -> (UidSet, Option<Cut>) {
        let Some(limit) = self.0.filter(|limit| uids.len() > u64::from(*limit)) else {
            return (uids, None);
        };
        let newest = uids.newest(u64::from(limit));
        let lowest = newest.first();
        (newest, Some(Cut { limit, lowest }))
    }

    /// Leaves the newest of `messages`, the highest first as they are to be told (RFC 9738, 3.1), and says
    /// where that ends; does nothing if they are not too many.
    pub(crate) fn cut_messages(self, messages: &mut Vec<(SeqNum, Message)>) -> Option<Cut> {
        let limit = self.0?;
        let excess = messages.len().checked_sub(usize::try_from(limit).ok()?)?;
        if excess == 0 {
            return None;
        }
        messages.drain(..excess);
        messages.reverse();
        let lowest = messages.last().map(|(_, message)| message.uid);
        Some(Cut { limit, lowest })
    }

    /// Refuses `uids` when they are too many, for a command that cannot be done in part.
    pub(crate) fn admit(self, uids: &UidSet) -> Result<(), Cut> {
        match self.0 {
            Some(limit) if uids.len() > u64::from(limit) => Err(Cut {
                limit,
                lowest: uids.newest(u64::from(limit)).first(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// As [`admit`](Self::admit), for messages that have no UIDs yet, or whose UIDs would say nothing.
    pub(crate) fn admit_count(self, count: usize) -> Result<(), Cut> {
        match self.0 {
            Some(limit) if u32::try_from(count).is_ok_and(|count| count <= limit) => Ok(()),
            Some(limit) => Err(Cut {
                limit,
                lowest: None,
            }),
            None => Ok(()),
        }
    }
}

impl Cut {
    /// The same without a UID, which would say nothing where a command is refused as a whole.
    pub(crate) fn without_uid(self) -> Self {
        Self {
            lowest: None,
            ..self
        }
    }
}
