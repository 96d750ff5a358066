//! Responses on their way out, with back-pressure.

use std::fmt;

use mail::limits::OUTPUT_BYTES_MAX;
use wire::{Code, Tag, Verdict, say};

use crate::node::BoxFuture;

/// The client is gone; nothing more can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hangup;

/// Where a full buffer goes. Implemented by the connection.
pub trait Sink: Send {
    /// Writes all of `bytes` and empties it, waiting for as long as the client needs.
    fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>>;

    /// Whether the client has heard nothing for so long that it should be told how far its command is.
    fn is_progress_due(&self) -> bool;
}

/// The responses of one command. Handlers append; what is left at the end the connection writes.
pub struct Out<'a> {
    /// Not yet written.
    pub buffer: Vec<u8>,
    sink: &'a mut dyn Sink,
}

impl<'a> Out<'a> {
    /// With a buffer that may be reused from the last command.
    pub fn new(buffer: Vec<u8>, sink: &'a mut dyn Sink) -> Self {
        Self { buffer, sink }
    }

    /// A moment to write, if much is waiting. Called between the parts of a long response.
    ///
    /// # Errors
    ///
    /// [`Hangup`] when the client does not read any more.
    pub async fn breathe(&mut self) -> Result<(), Hangup> {
        if self.buffer.len() < OUTPUT_BYTES_MAX {
            return Ok(());
        }
        self.sink.write(&mut self.buffer).await
    }

    /// Says how far the command has come, if the client has waited for long (RFC 9585). Called between
    /// the parts of long work that says nothing by itself, with `done` below `goal`.
    ///
    /// # Errors
    ///
    /// [`Hangup`] when the client does not read any more.
    pub(crate) async fn progress(
        &mut self,
        tag: &Tag,
        done: usize,
        goal: usize,
    ) -> Result<(), Hangup> {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (done, goal) = (number(done), number(goal));
        if done >= goal || !self.sink.is_progress_due() {
            return Ok(());
        }
        let code = Some(Code::InProgress(tag, done, goal));
        say::untagged(&mut self.buffer, Verdict::Ok, code, "Still at work");
        self.sink.write(&mut self.buffer).await
    }
}

impl fmt::Debug for Out<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out")
            .field("waiting_bytes", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use wire::Tag;

    use super::{Hangup, Out, Sink};
    use crate::node::BoxFuture;

    /// Keeps what was written.
    struct Page {
        written: Vec<u8>,
        is_progress_due: bool,
    }

    impl Sink for Page {
        fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>> {
            self.written.append(bytes);
            Box::pin(async { Ok(()) })
        }

        fn is_progress_due(&self) -> bool {
            self.is_progress_due
        }
    }

    /// What a client hears that has waited for long, or not.
    fn heard(is_progress_due: bool, tag: &str, done: usize, goal: usize) -> String {
        let mut page = Page {
            written: Vec::new(),
            is_progress_due,
        };
        let mut out = Out::new(Vec::new(), &mut page);
        let tag = Tag::parse(tag.as_bytes()).unwrap();
        let said =
            pin!(out.progress(&tag, done, goal)).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(said, Poll::Ready(Ok(())));
        String::from_utf8(page.written).unwrap()
    }

    #[test]
    fn progress_is_told_to_whom_it_is_due() {
        let line = |of| format!("* OK [INPROGRESS ({of})] Still at work\r\n");
        for (is_due, tag, done, goal, expected) in [
            (true, "A142", 454, 1000, line("\"A142\" 454 1000")),
            (true, "a]1", 0, 1, line("NIL 0 1")),
            (false, "A142", 454, 1000, String::new()),
            (true, "A142", 1000, 1000, String::new()),
            (true, "A142", 0, 0, String::new()),
        ] {
            assert_eq!(heard(is_due, tag, done, goal), expected);
        }
    }
}
