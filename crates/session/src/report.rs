//! How far a command has come, and what the connection does after it.

use wire::Verdict;

use crate::ending::Done;

/// What a command was, and how it ended.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// The name of the command in capitals, or `unknown`.
    pub command: &'static str,
    /// How the command ended; `None` while it still goes on, or when the client is gone.
    pub verdict: Option<Verdict>,
    /// What the connection does next.
    pub next: Next,
}

/// What the connection does after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on.
    Go,
    /// It writes what is waiting, drops what was pipelined, and shakes hands.
    StartTls,
    /// It writes what is waiting; from then on both sides compress.
    Compress,
    /// It writes what is waiting; from then on neither side compresses, and nobody is logged in.
    StartOver,
    /// It writes what is waiting and hangs up.
    Close,
}

/// How far a command has come.
#[derive(Debug)]
pub(crate) enum CommandStep {
    /// The command has ended.
    Done(Done),
    /// It waits for the client to go on.
    Later,
    /// The command has ended, and the connection goes on in another way.
    Last(Done, Next),
}

impl From<Done> for CommandStep {
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
        // Without a verdict the client is gone.
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
