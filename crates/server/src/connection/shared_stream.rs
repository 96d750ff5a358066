//! A stream while a command runs: the command writes to it, and beside the command it is looked at.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session::Hangup;
use tokio::io::AsyncWrite as _;
use tokio::time::sleep;

use super::Stream;
use crate::lock::lock;

/// How often it is asked whether the client is still there.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// A stream that two look at in turn, both in one task.
#[derive(Debug)]
pub(super) struct SharedStream<'s> {
    stream: Mutex<&'s mut Stream>,
    /// A command runs that shall not outlast its client.
    ends_with_client: AtomicBool,
}

impl<'s> SharedStream<'s> {
    pub(super) fn new(stream: &'s mut Stream) -> Self {
        Self {
            stream: Mutex::new(stream),
            ends_with_client: AtomicBool::new(false),
        }
    }

    /// As much of `bytes` as it takes now.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|cx| {
            let mut stream = lock(&self.stream);
            Pin::new(&mut **stream).poll_write(cx, bytes)
        })
        .await
    }

    pub(super) async fn flush(&self) -> io::Result<()> {
        poll_fn(|cx| {
            let mut stream = lock(&self.stream);
            Pin::new(&mut **stream).poll_flush(cx)
        })
        .await
    }

    /// The command that runs shall not outlast its client.
    pub(super) fn end_with_client(&self) {
        self.ends_with_client.store(true, Ordering::Relaxed);
    }

    /// Does `work`, or gives it up once its client has hung up, if it shall end with it.
    ///
    /// The socket is asked now and then, and not waited for: whoever has sent more commands has hung up, too, once its
    /// end is closed, although these are still unread.
    pub(super) async fn while_client_is_there<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Hangup> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.abandoned() => Err(Hangup),
        }
    }

    async fn abandoned(&self) {
        while !self.is_abandoned() {
            sleep(LOOK_PAUSE).await;
        }
    }

    fn is_abandoned(&self) -> bool {
        self.ends_with_client.load(Ordering::Relaxed) && lock(&self.stream).is_read_closed()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use session::Hangup;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::task::yield_now;

    use super::SharedStream;
    use crate::connection::Stream;

    /// Both ends of a connection.
    async fn ends() -> (TcpStream, Stream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        (client.unwrap(), Stream::Plain(accepted.unwrap().0))
    }

    #[tokio::test]
    async fn what_shall_end_with_its_client_does_also_where_something_is_unread() {
        for unread in [&b""[..], b"x NOOP\r\n"] {
            let (mut client, mut stream) = ends().await;
            client.write_all(unread).await.unwrap();
            let shared = SharedStream::new(&mut stream);
            shared.end_with_client();
            for _ in 0..10 {
                yield_now().await;
                assert!(!shared.is_abandoned());
            }
            drop(client);
            while !shared.is_abandoned() {
                yield_now().await;
            }
            let waiting = shared.while_client_is_there(pending::<()>());
            assert_eq!(waiting.await, Err(Hangup));
        }
    }

    #[tokio::test]
    async fn other_commands_are_done_and_what_is_done_is_said() {
        let (client, mut stream) = ends().await;
        drop(client);
        while !stream.is_read_closed() {
            yield_now().await;
        }
        let shared = SharedStream::new(&mut stream);
        assert!(!shared.is_abandoned());
        shared.end_with_client();
        let done = shared.while_client_is_there(ready(7));
        assert_eq!(done.await, Ok(7));
    }
}
