//! Writing, as long as the client reads.

use std::time::Duration;

use session::{BoxFuture, Hangup, Sink};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::compression::{Compression, pack};
use super::shared_stream::SharedStream;
use crate::config::TimeoutsConfig;

/// What is compressed or encrypted before others go on, in bytes.
const WRITTEN_AT_ONCE_BYTES_MAX: usize = 64 * 1024;

/// Writes to one client, and gives it up when it takes nothing for too long.
pub(super) struct ResponseWriter<'w, 's> {
    stream: &'w SharedStream<'s>,
    compression: &'w Compression,
    patience: Duration,
    progress_pause: Duration,
    said_at: Instant,
}

impl<'w, 's> ResponseWriter<'w, 's> {
    pub(super) fn new(
        stream: &'w SharedStream<'s>,
        compression: &'w Compression,
        timeouts: &TimeoutsConfig,
    ) -> Self {
        Self {
            stream,
            compression,
            patience: timeouts.write,
            progress_pause: timeouts.progress,
            said_at: Instant::now(),
        }
    }

    /// All of `words`. A slow client is waited for as long as it takes anything at all.
    pub(super) async fn write(&mut self, words: &[u8]) -> Result<(), Hangup> {
        for words in words.chunks(WRITTEN_AT_ONCE_BYTES_MAX) {
            match self.compression {
                Compression::Plain => self.send(words).await?,
                Compression::Deflate(_) => self.send(&pack(words).map_err(|_| Hangup)?).await?,
            }
            // A socket that takes all at once would let nobody else go on.
            if words.len() == WRITTEN_AT_ONCE_BYTES_MAX || self.is_compressed() {
                yield_now().await;
            }
        }
        Ok(())
    }

    fn is_compressed(&self) -> bool {
        matches!(self.compression, Compression::Deflate(_))
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Hangup> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = timeout(self.patience, self.stream.write(rest)).await;
            let written = written.map_err(|_| Hangup)?.map_err(|_| Hangup)?;
            rest = rest.get(written..).filter(|_| written > 0).ok_or(Hangup)?;
        }
        let flushed = timeout(self.patience, self.stream.flush()).await;
        flushed.map_err(|_| Hangup)?.map_err(|_| Hangup)
    }
}

impl Sink for ResponseWriter<'_, '_> {
    fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>> {
        Box::pin(async move {
            self.write(bytes).await?;
            self.said_at = Instant::now();
            bytes.clear();
            Ok(())
        })
    }

    fn rest(&self) -> BoxFuture<'static, ()> {
        // Not a wake-up of one's own: who is yielded to comes after what the sockets have brought, too.
        Box::pin(yield_now())
    }

    fn end_with_client(&self) {
        self.stream.end_with_client();
    }

    fn is_progress_due(&self) -> bool {
        self.said_at.elapsed() >= self.progress_pause
    }

    fn progress_due(&self) -> BoxFuture<'static, ()> {
        Box::pin(sleep_until(self.said_at + self.progress_pause))
    }
}
