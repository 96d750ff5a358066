//! Threads of messages by their headers (RFC 5256, THREAD). Nothing here knows the numbers of a
//! mailbox.

mod ancestry;
mod ordered_subject;
mod references;
#[cfg(test)]
mod tests;

use mail::Forest;

use crate::SortKeys;

/// An algorithm that makes threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threading {
    /// ORDEREDSUBJECT: one thread for each subject.
    OrderedSubject,
    /// REFERENCES: by replies, and then by subject.
    References,
    /// REFS: by replies alone; the thread with the newest arrival comes last.
    Refs,
}

/// A message to be threaded.
#[derive(Clone, Copy, Debug)]
pub struct Threaded<'a> {
    /// The keys from its header.
    pub keys: SortKeys<'a>,
    /// When it arrived, in seconds since 1970-01-01 00:00 UTC.
    pub arrived: i64,
}

/// The threads of `messages`, which are in the order of their mailbox. The numbers of the nodes are
/// indices into `messages`.
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
