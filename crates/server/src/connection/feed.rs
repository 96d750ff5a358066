//! Reading without a buffer of one's own.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead as _, ReadBuf};
use wire::Framer;

use super::Stream;

/// Read at once, in bytes.
const READ_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// One for each thread of the runtime, because a connection needs it only while it is polled:
    /// thousands of idle ones share a few.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES_MAX]);
}

/// Waits for bytes and gives them to `framer`; how many there were, 0 at the end. May be dropped
/// at any time without losing any.
pub(super) async fn feed(stream: &mut Stream, framer: &mut Framer) -> io::Result<usize> {
    poll_fn(|cx| poll_feed(stream, framer, cx)).await
}

fn poll_feed(
    stream: &mut Stream,
    framer: &mut Framer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    SCRATCH.with_borrow_mut(|scratch| {
        let mut buffer = ReadBuf::new(scratch);
        ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
        framer.feed(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
}
