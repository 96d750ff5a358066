//! Reading without a buffer of one's own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, ReadBuf};
use wire::Framer;

use super::Stream;
use super::compression::Compression;

/// Read at once, in bytes.
const READ_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// One for each thread of the runtime, because a connection needs it only while it is polled:
    /// thousands of idle ones share a few.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES_MAX]);
}

/// Waits for bytes and gives them to `framer`; how many there were, 0 at the end. May be dropped
/// at any time without losing any.
pub(super) async fn feed(
    stream: &mut Stream,
    compression: &mut Compression,
    framer: &mut Framer,
) -> io::Result<usize> {
    poll_fn(|cx| poll_feed(stream, compression, framer, cx)).await
}

fn poll_feed(
    stream: &mut Stream,
    compression: &mut Compression,
    framer: &mut Framer,
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
