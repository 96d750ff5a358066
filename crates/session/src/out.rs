//! Responses on their way out, with back-pressure.

use std::fmt;

use mail::limits::OUTPUT_BYTES_MAX;

use crate::node::BoxFuture;

/// The client is gone; nothing more can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hangup;

/// Where a full buffer goes. Implemented by the connection.
pub trait Sink: Send {
    /// Writes all of `bytes` and empties it, waiting for as long as the client needs.
    fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>>;
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
}

impl fmt::Debug for Out<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out")
            .field("waiting_bytes", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
