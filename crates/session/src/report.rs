//! How far a command has come, and what the connection does after it.

use wire::Verdict;

use crate::ending::Done;

/// What a command was, and how it ended.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// In capitals, or `unknown`.
    pub command: &'static str,
    /// `None` while the command still goes on, or when nobody is left to hear.
    pub verdict: Option<Verdict>,
    /// What the connection does next.
    pub next: Next,
}

/// What the connection does after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Goes on.
    Go,
    /// Writes what is waiting, drops what was pipelined, and shakes hands.
    StartTls,
    /// Writes what is waiting; from then on both sides compress.
    Compress,
    /// Writes what is waiting; from then on neither side compresses, and nobody is logged in.
    StartOver,
    /// Writes what is waiting and hangs up.
    Close,
}

/// How far a command has come.
#[derive(Debug)]
pub(crate) enum Step {
    /// To its end.
    Done(Done),
    /// It waits for the client to go on.
    Later,
    /// To its end, and the conversation goes on in another way.
    Last(Done, Next),
}

impl From<Done> for Step {
    fn from(done: Done) -> Self {
        Self::Done(done)
    }
}

impl Report {
    pub(crate) fn going_on(command: &'static str) -> Self {
        Self {
            command,
            verdict: None,
            next: Next::Go,
        }
    }

    pub(crate) fn concluded(command: &'static str, verdict: Option<Verdict>) -> Self {
        // Without a verdict there is nobody left to hear one.
        let next = match verdict {
            Some(_) => Next::Go,
            None => Next::Close,
        };
        Self {
            command,
            verdict,
            next,
        }
    }
}
