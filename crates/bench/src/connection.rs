//! A connection to this machine, over TCP or TLS, that is read in whole responses. What is sent
//! stands in `outbox` first, so that it leaves in one write.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::BenchError;
use crate::inbox::Inbox;
use crate::tls::Tls;

/// One connection.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    inbox: Inbox,
    /// The bytes that are sent next; kept for its capacity.
    pub(crate) outbox: Vec<u8>,
    /// How often something was read: no more often than packets came.
    pub(crate) reads: usize,
}

/// A stream over TCP or TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl Connection {
    /// Connects without TLS.
    pub(crate) async fn open(port: u16) -> Result<Self, BenchError> {
        Ok(Self::over(dial(port).await?))
    }

    /// Connects with TLS from the first byte, each time by a full handshake.
    pub(crate) async fn open_tls(port: u16, tls: &Tls) -> Result<Self, BenchError> {
        Ok(Self::over(tls.shake_hands(dial(port).await?).await?))
    }

    fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            inbox: Inbox::default(),
            outbox: Vec::new(),
            reads: 0,
        }
    }

    /// Sends what is in the outbox.
    pub(crate) async fn send(&mut self) -> Result<(), BenchError> {
        let sent = async {
            self.stream.write_all(&self.outbox).await?;
            self.stream.flush().await
        };
        sent.await.map_err(BenchError::at("sending"))
    }

    /// Shows each response to `is_end` until it has found what it waits for.
    pub(crate) async fn hear<T>(
        &mut self,
        what: &str,
        mut is_end: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, BenchError> {
        let heard = async {
            loop {
                while let Some(response) = self.inbox.take() {
                    if let Some(found) = is_end(response) {
                        return Ok(found);
                    }
                }
                let read = self.stream.read_buf(self.inbox.room()).await;
                self.reads += 1;
                if read.map_err(BenchError::at(what))? == 0 {
                    return Err(BenchError::new(format!(
                        "{what}: the connection was closed"
                    )));
                }
            }
        };
        timeout(ANSWER_TIMEOUT, heard)
            .await
            .map_err(|_| BenchError::new(format!("{what}: no answer in {ANSWER_TIMEOUT:?}")))?
    }
}

async fn dial(port: u16) -> Result<TcpStream, BenchError> {
    let dialled = async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok::<_, std::io::Error>(stream)
    };
    dialled
        .await
        .map_err(BenchError::at(format!("port {port}")))
}

/// An answer that takes longer is not worth measuring.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
