//! Reading without a buffer of one's own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::task::yield_now;
use wire::Framer;

use super::Stream;
use super::compression::Compression;
use crate::proxied;

/// Read at once, in bytes.
const READ_BYTES_MAX: usize = 64 * 1024;
/// Taken in before others go on, in bytes: a client that sends faster than it is read from, or few octets that stand for
/// very many, would keep a thread for itself.
const BYTES_PER_TURN: u32 = 256 * 1024;

/// What was taken in from a client.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Since others went on.
    bytes: u32,
    beginning: Beginning,
}

/// What the first bytes of a client are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Beginning {
    #[default]
    NotYet,
    Command,
    /// A header of the PROXY protocol, which is of no use here.
    Header,
}

impl Intake {
    /// Whether the client began with a header of the PROXY protocol.
    pub(super) fn is_header(&self) -> bool {
        self.beginning == Beginning::Header
    }

    fn note_beginning(&mut self, came: &[u8]) {
        if self.beginning == Beginning::NotYet {
            let is_header = proxied::is_header(came);
            self.beginning = if is_header {
                Beginning::Header
            } else {
                Beginning::Command
            };
        }
    }

    /// Whether it is the turn of others, after which it begins anew.
    fn is_over(&mut self) -> bool {
        let is_over = self.bytes >= BYTES_PER_TURN;
        if is_over {
            self.bytes = 0;
        }
        is_over
    }
}

thread_local! {
    /// One for each thread of the runtime, because a connection needs it only while it is polled:
    /// thousands of idle ones share a few.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES_MAX]);
}

/// Waits for bytes and gives them to `framer`; how many there were, 0 at the end. Lets others go on now and then. May be
/// dropped at any time without losing any.
pub(super) async fn feed(
    stream: &mut Stream,
    compression: &mut Compression,
    framer: &mut Framer,
    intake: &mut Intake,
) -> io::Result<usize> {
    if intake.is_over() {
        yield_now().await;
    }
    let fed = poll_fn(|cx| poll_feed(stream, compression, framer, intake, cx)).await?;
    let came = u32::try_from(fed).unwrap_or(u32::MAX);
    intake.bytes = intake.bytes.saturating_add(came);
    Ok(fed)
}

fn poll_feed(
    stream: &mut Stream,
    compression: &mut Compression,
    framer: &mut Framer,
    intake: &mut Intake,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    SCRATCH.with_borrow_mut(|scratch| {
        loop {
            if let Compression::Deflate(unpacker) = compression
                && let fed @ 1.. = unpacker.feed(framer)?
            {
                return Poll::Ready(Ok(fed));
            }
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
            let came = buffer.filled();
            intake.note_beginning(came);
            match compression {
                Compression::Deflate(unpacker) if !came.is_empty() => unpacker.take(came),
                Compression::Deflate(_) | Compression::Plain => {
                    framer.feed(came);
                    return Poll::Ready(Ok(came.len()));
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, FlushCompress};
    use futures_util::FutureExt as _;
    use wire::{Expect, Framer, FramerStep, Limits};

    use super::{BYTES_PER_TURN, Intake, READ_BYTES_MAX, feed};
    use crate::connection::Stream;
    use crate::connection::compression::Compression;

    const LIMITS: Limits = Limits {
        line_bytes_max: 1000,
        inline_literals_bytes_max: 1000,
        message_bytes_max: 1000,
    };
    const PER_TURN: usize = BYTES_PER_TURN as usize + READ_BYTES_MAX;
    /// What the literal has when it is unpacked.
    const ZEROS: usize = 20_000_000;

    #[tokio::test]
    async fn few_octets_that_stand_for_very_many_let_others_go_on() {
        let mut words = format!("a APPEND INBOX {{{ZEROS}+}}\r\n").into_bytes();
        words.resize(words.len() + ZEROS, 0);
        let mut bomb = Vec::with_capacity(words.len() / 100);
        Compress::new(flate2::Compression::best(), false)
            .compress_vec(&words, &mut bomb, FlushCompress::Sync)
            .unwrap();
        let mut compression = Compression::deflate();
        let Compression::Deflate(unpacker) = &mut compression else {
            return;
        };
        unpacker.take(&bomb);
        let (mut stream, mut framer) = (Stream::Away, Framer::new(LIMITS));
        let (mut intake, mut all, mut turns, mut turn) = (Intake::default(), 0, 0, 0);
        loop {
            let feeding = feed(&mut stream, &mut compression, &mut framer, &mut intake);
            match feeding.now_or_never() {
                Some(Ok(fed)) => {
                    (all, turn) = (all + fed, turn + fed);
                    assert!(turn < PER_TURN, "{turn} bytes");
                }
                None => (turns, turn) = (turns + 1, 0),
                // Nothing is left, and there is no socket to read from.
                Some(Err(_)) => break,
            }
            // The message is too large, and is read and dropped.
            if let FramerStep::Literal(_) = framer.step(Expect::Command) {
                framer.refuse();
            }
        }
        assert!(all > ZEROS, "{all} of {ZEROS} bytes");
        assert!(turns >= ZEROS / PER_TURN, "{turns} turns");
    }
}
