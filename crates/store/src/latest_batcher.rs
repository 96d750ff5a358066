//! The questions how far mailboxes are that wait on one node. No SQL.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mail::{MailboxId, ModSeq};
use tokio::sync::oneshot;

use crate::Fault;

/// The counters of a mailbox, read by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The highest mod-sequence that is committed.
    pub modseq: ModSeq,
    /// The version of the rights that is in force.
    pub rights_version: i64,
}

/// What was read of each mailbox; one that is gone is missing.
pub(crate) type Read = BTreeMap<MailboxId, Latest>;
pub(crate) type Answer = Result<Arc<Read>, Fault>;

/// The questions of one node that wait to be asked.
#[derive(Default)]
pub(crate) struct LatestBatcher(Mutex<Waiting>);

#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) queue: Vec<Question>,
    pub(crate) is_under_way: bool,
}

pub(crate) struct Question {
    pub(crate) mailboxes: Vec<MailboxId>,
    pub(crate) reply: oneshot::Sender<Answer>,
}

impl LatestBatcher {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
