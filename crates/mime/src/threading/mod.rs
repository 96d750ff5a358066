//! Threads of messages by what their headers say (RFC 5256, THREAD). No numbers of a mailbox.

mod ordered_subject;
mod references;
#[cfg(test)]
mod tests;

use mail::Forest;

use crate::SortKeys;

/// How messages become threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threading {
    /// ORDEREDSUBJECT: one subject, one thread.
    OrderedSubject,
    /// REFERENCES: by who answers whom, and then by subject.
    References,
    /// REFS: by who answers whom alone; the thread with the newest arrival comes last.
    Refs,
}

/// A message to be threaded.
#[derive(Clone, Copy, Debug)]
pub struct Threaded<'a> {
    /// What its header says.
    pub keys: SortKeys<'a>,
    /// When it arrived, in seconds since 1970-01-01 00:00 UTC.
    pub arrived: i64,
}

/// The threads of `messages`, which come in the order of their mailbox. Nodes have their places in
/// `messages` for numbers.
#[must_use]
pub fn thread(messages: &[Threaded<'_>], threading: Threading) -> Forest {
    match threading {
        Threading::OrderedSubject => ordered_subject::thread(messages),
        Threading::References => references::thread(messages, references::Gathering::BySubject),
        Threading::Refs => references::thread(messages, references::Gathering::None),
    }
}

impl Threaded<'_> {
    /// The sent date (RFC 5256, 2.2).
    fn sent(&self) -> i64 {
        self.keys.sent().unwrap_or(self.arrived)
    }
}
