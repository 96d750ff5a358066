//! Threads of messages by their headers (RFC 5256, THREAD). Nothing here knows the numbers of a
//! mailbox.

mod ancestry;
mod ordered_subject;
mod references;
#[cfg(test)]
mod tests;

use std::fmt;

use mail::Forest;

use crate::SortKeys;
use references::{Gathering, Linking};

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
    Threader::new(messages, threading).finish()
}

/// Threads that are being made, some links between messages at a time: whoever makes them may do something else, or
/// give up, in between.
pub struct Threader<'m> {
    messages: &'m [Threaded<'m>],
    threading: Threading,
    /// Where messages are linked at all.
    linking: Option<Linking<'m>>,
}

impl<'m> Threader<'m> {
    /// Nothing is linked yet. The messages are in the order of their mailbox.
    #[must_use]
    pub fn new(messages: &'m [Threaded<'m>], threading: Threading) -> Self {
        let linking = match threading {
            Threading::OrderedSubject => None,
            Threading::References | Threading::Refs => Some(Linking::new(messages)),
        };
        Self {
            messages,
            threading,
            linking,
        }
    }

    /// Makes about so many links, and returns whether there are more.
    pub fn link(&mut self, count: usize) -> bool {
        let linking = self.linking.as_mut();
        linking.is_some_and(|linking| linking.link(count))
    }

    /// Makes all links that are left, and the threads. The numbers of the nodes are indices into the messages.
    #[must_use]
    pub fn finish(self) -> Forest {
        let gathering = match self.threading {
            Threading::OrderedSubject | Threading::Refs => Gathering::None,
            Threading::References => Gathering::BySubject,
        };
        match self.linking {
            Some(linking) => linking.finish(gathering),
            None => ordered_subject::thread(self.messages),
        }
    }
}

impl fmt::Debug for Threader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threader")
            .field("threading", &self.threading)
            .finish_non_exhaustive()
    }
}

impl Threaded<'_> {
    /// The sent date (RFC 5256, 2.2).
    fn sent(&self) -> i64 {
        self.keys.sent().unwrap_or(self.arrived)
    }
}
