//! The questions of whoever withdraws something, and the answers of the nodes, as notifications carry them. No SQL.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mail::{MailboxId, ModSeq};
use tokio::sync::mpsc;
use tracing::warn;

/// The questions, one notification each: `question:mailbox:modseq`, where mailbox 0 stands for everything.
pub(crate) const QUESTION_CHANNEL: &str = "postroom_withdrawal";
/// The answers: `question:node`.
pub(crate) const ANSWER_CHANNEL: &str = "postroom_noted";

/// Answers to one question that wait to be counted; a node answers once.
const ANSWERS_MAX: usize = 1024;

/// A question to this node, to be answered by [`Store::note_withdrawal`](crate::Store::note_withdrawal).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    pub(crate) question: String,
    /// The mailbox to read up to this mod-sequence; `None`: everything that is open here, and every login.
    pub mailbox: Option<(MailboxId, ModSeq)>,
}

/// Whoever waits for answers on this node, by the question.
#[derive(Default)]
pub(crate) struct Answers {
    waiting: Mutex<HashMap<String, mpsc::Sender<i64>>>,
    /// How many [`Listener`](crate::Listener)s of this program hear answers.
    listeners: AtomicUsize,
}

impl Answers {
    /// A listener of this program hears answers from now on, or does no longer.
    pub(crate) fn count_listeners(&self, change: isize) {
        self.listeners
            .fetch_add(change.cast_unsigned(), Ordering::Relaxed);
    }

    /// An answer was heard; others than to questions of this program are ignored.
    pub(crate) fn hear(&self, payload: &str) {
        let Some((question, node)) = read_answer(payload) else {
            warn!("somebody else writes to our channel of answers");
            return;
        };
        if let Some(sender) = self.waiting().get(question) {
            // Whoever waited may be gone.
            let _ = sender.try_send(node);
        }
    }

    /// Where the answers to `question` arrive from now on, until it is forgotten.
    pub(crate) fn expect(&self, question: &str) -> mpsc::Receiver<i64> {
        let (sender, nodes) = mpsc::channel(ANSWERS_MAX);
        self.waiting().insert(question.to_owned(), sender);
        nodes
    }

    pub(crate) fn forget(&self, question: &str) {
        self.waiting().remove(question);
    }

    /// Whether a listener of this program hears answers.
    pub(crate) fn is_heard(&self) -> bool {
        self.listeners.load(Ordering::Relaxed) > 0
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, mpsc::Sender<i64>>> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Withdrawal {
    /// The question in a notification of [`QUESTION_CHANNEL`].
    pub(crate) fn read(payload: &str) -> Option<Self> {
        let (question, rest) = payload.split_once(':')?;
        let (mailbox, modseq) = rest.split_once(':')?;
        let mailbox: i64 = mailbox.parse().ok()?;
        let modseq = ModSeq::new(modseq.parse().ok()?)?;
        Some(Self {
            question: question.to_owned(),
            mailbox: (mailbox != 0).then_some((MailboxId(mailbox), modseq)),
        })
    }
}

/// The question and the node in a notification of [`ANSWER_CHANNEL`].
pub(crate) fn read_answer(payload: &str) -> Option<(&str, i64)> {
    let (question, node) = payload.split_once(':')?;
    Some((question, node.parse().ok()?))
}
