//! A proxy between one node and PostgreSQL or a NATS server. It passes everything on, but does to wake-ups what a test
//! wants.
//!
//! The node does not know of it, so the code that is tested is the code that runs in production.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The type of the message that PostgreSQL sends when another session has said NOTIFY.
const NOTIFICATION_RESPONSE: u8 = b'A';

/// What happens to the wake-ups that arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meddling {
    /// They are passed on.
    Pass,
    /// They are lost.
    Drop,
    /// Each comes twice.
    Double,
    /// They are held back; when that ends they come all at once, the last of them first.
    Hold,
}

/// What is spoken behind a tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Postgres,
    Nats,
}

/// A port that leads to PostgreSQL or to a NATS server.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    wires: Arc<Wires>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Wires {
    protocol: Protocol,
    /// The address of the server; `None`: nobody is let in.
    server: watch::Sender<Option<SocketAddr>>,
    meddling: watch::Sender<Meddling>,
    /// Counts the wake-ups that were not simply passed on, since that began.
    caught: watch::Sender<u32>,
    /// Counts the connections that were not let in.
    refused: watch::Sender<u32>,
    /// Counts how often all connections were cut.
    cut: watch::Sender<u32>,
    /// Counts how often the connections with LISTEN were cut.
    cut_listener: watch::Sender<u32>,
}

impl Tap {
    /// Opens a port that leads to `postgres`.
    ///
    /// # Errors
    ///
    /// An error when there is no free port.
    pub async fn open(postgres: SocketAddr) -> io::Result<Self> {
        Self::lead(Protocol::Postgres, postgres).await
    }

    /// Opens a port that leads to the NATS server at `server`.
    ///
    /// # Errors
    ///
    /// An error when there is no free port.
    pub async fn open_nats(server: SocketAddr) -> io::Result<Self> {
        Self::lead(Protocol::Nats, server).await
    }

    async fn lead(protocol: Protocol, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let wires = Arc::new(Wires {
            protocol,
            server: watch::Sender::new(Some(server)),
            meddling: watch::Sender::new(Meddling::Pass),
            caught: watch::Sender::new(0),
            refused: watch::Sender::new(0),
            cut: watch::Sender::new(0),
            cut_listener: watch::Sender::new(0),
        });
        let accepting = start(accept(listener, wires.clone()));
        Ok(Self {
            address,
            wires,
            accepting,
        })
    }

    /// The address at which a node finds the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends new connections to another address, because the server has moved.
    pub fn lead_to(&self, server: SocketAddr) {
        self.wires.server.send_replace(Some(server));
    }

    /// Breaks every connection and lets nobody in, until it leads somewhere again.
    pub fn close(&self) {
        self.wires.server.send_replace(None);
        self.cut();
    }

    /// Lets nobody in until somebody has tried: that is when what is returned opens it again.
    pub fn close_until_asked(&self) -> impl Future<Output = ()> + use<> {
        let wires = Arc::clone(&self.wires);
        let server = wires.server.send_replace(None);
        async move {
            drop(wires.refused.subscribe().wait_for(|&count| count > 0).await);
            wires.server.send_replace(server);
        }
    }

    /// Does this to the wake-ups that arrive from now on.
    pub fn meddle(&self, meddling: Meddling) {
        self.wires.caught.send_replace(0);
        self.wires.meddling.send_replace(meddling);
    }

    /// Waits until so many wake-ups were dropped, doubled or held.
    pub async fn caught(&self, count: u32) {
        // The sender is ours, so this cannot fail.
        drop(
            self.wires
                .caught
                .subscribe()
                .wait_for(|&caught| caught >= count)
                .await,
        );
    }

    /// Breaks every connection that has said LISTEN.
    pub fn cut_listener(&self) {
        self.wires.cut_listener.send_modify(|count| *count += 1);
    }

    /// Breaks every connection.
    pub fn cut(&self) {
        self.wires.cut.send_modify(|count| *count += 1);
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, wires: Arc<Wires>) {
    while let Ok((node, _)) = listener.accept().await {
        drop(start(connect(node, wires.clone())));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tap is outside of the rooms that it serves"
)]
fn start(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(task)
}

/// Serves one connection, until either side or the talk ends it.
async fn connect(node: TcpStream, wires: Arc<Wires>) {
    let server = *wires.server.borrow();
    let Some(server) = server else {
        // As where nobody listens: the connection is reset, not closed.
        drop(node.set_zero_linger());
        drop(node);
        wires.refused.send_modify(|count| *count += 1);
        return;
    };
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    if node
        .set_nodelay(true)
        .and_then(|()| server.set_nodelay(true))
        .is_err()
    {
        return;
    }
    let (mut cut, mut cut_listener) = (wires.cut.subscribe(), wires.cut_listener.subscribe());
    let listens = AtomicBool::new(false);
    let (from_node, to_node) = node.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        _ = requests(from_node, to_server, wires.protocol, &listens) => {}
        _ = answers(from_server, to_node, &wires) => {}
        _ = cut.changed() => {}
        () = async {
            loop {
                if cut_listener.changed().await.is_err() || listens.load(Ordering::SeqCst) {
                    return;
                }
            }
        } => {}
    }
}

/// Passes bytes to the server, and notes whether LISTEN or SUB is among them.
async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    protocol: Protocol,
    listens: &AtomicBool,
) -> io::Result<()> {
    let word: &[u8] = match protocol {
        Protocol::Postgres => b"listen ",
        Protocol::Nats => b"sub ",
    };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes
            .windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
        {
            listens.store(true, Ordering::SeqCst);
        }
        to.write_all(bytes).await?;
    }
}

/// Passes messages to the node one by one, but for what is to be done to wake-ups.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wires: &Wires) -> io::Result<()> {
    let mut meddling = wires.meddling.subscribe();
    let mut buffer = Vec::new();
    let mut held: Vec<Vec<u8>> = Vec::new();
    let mut is_first = true;
    loop {
        let read = tokio::select! {
            read = from.read_buf(&mut buffer) => Some(read?),
            _ = meddling.changed() => None,
        };
        if *meddling.borrow() != Meddling::Hold {
            for message in held.drain(..).rev() {
                to.write_all(&message).await?;
            }
        }
        if read == Some(0) {
            return Ok(());
        }
        let mut passed = 0;
        while let Some(Frame { length, is_wakeup }) = wires
            .protocol
            .frame(buffer.get(passed..).unwrap_or_default(), is_first)
        {
            is_first = false;
            let message = buffer.get(passed..passed + length).unwrap_or_default();
            let mut done = *meddling.borrow();
            if !is_wakeup {
                done = Meddling::Pass;
            }
            match done {
                Meddling::Drop => {}
                Meddling::Hold => held.push(message.to_owned()),
                Meddling::Double => {
                    to.write_all(message).await?;
                    to.write_all(message).await?;
                }
                Meddling::Pass => to.write_all(message).await?,
            }
            if done != Meddling::Pass {
                wires.caught.send_modify(|caught| *caught += 1);
            }
            passed += length;
        }
        buffer.drain(..passed);
    }
}

/// A message of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    length: usize,
    is_wakeup: bool,
}

impl Protocol {
    /// The message at the beginning of `bytes`, once it is complete.
    fn frame(self, bytes: &[u8], is_first: bool) -> Option<Frame> {
        match self {
            Self::Postgres => Some(Frame {
                length: message_length(bytes, is_first)?,
                is_wakeup: bytes.first() == Some(&NOTIFICATION_RESPONSE),
            }),
            Self::Nats => nats_frame(bytes),
        }
    }
}

/// `MSG subject id [reply] bytes` has a payload behind its line; everything else is a line.
fn nats_frame(bytes: &[u8]) -> Option<Frame> {
    let line_length = bytes.windows(2).position(|end| end == b"\r\n")? + 2;
    let line = String::from_utf8_lossy(bytes.get(..line_length)?);
    let mut words = line.split_whitespace();
    if words.next() != Some("MSG") {
        return Some(Frame {
            length: line_length,
            is_wakeup: false,
        });
    }
    let is_wakeup = words.next()?.ends_with(".wakeup");
    let payload: usize = words.last()?.parse().ok()?;
    let length = line_length + payload + 2;
    (bytes.len() >= length).then_some(Frame { length, is_wakeup })
}

/// The length of PostgreSQL's message at the beginning of `bytes`, once it is complete.
fn message_length(bytes: &[u8], is_first: bool) -> Option<usize> {
    // The answer to a client that asked for TLS has no length.
    if is_first && matches!(bytes, [b'N' | b'S']) {
        return Some(1);
    }
    let length: [u8; 4] = bytes.get(1..5)?.try_into().ok()?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()? + 1;
    (bytes.len() >= length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::{Frame, message_length, nats_frame};

    #[test]
    fn messages_of_nats_are_cut_where_they_end() {
        let frame = |length, is_wakeup| Some(Frame { length, is_wakeup });
        for (bytes, expected) in [
            (&b"PING\r\nMSG"[..], frame(6, false)),
            (b"PIN", None),
            (b"MSG a.wakeup 1 3\r\n1:2\r\n", frame(23, true)),
            (b"MSG a.wakeup 1 3\r\n1:2\r", None),
            (b"MSG a.echo.x 2 1\r\n1\r\n+OK", frame(21, false)),
            (b"MSG a.wakeup 1 back 1\r\n1\r\n", frame(26, true)),
        ] {
            assert_eq!(nats_frame(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn messages_are_cut_where_they_end() {
        for (bytes, is_first, length) in [
            (&b"N"[..], true, Some(1)),
            (b"N", false, None),
            (b"Z\0\0\0\x05I", false, Some(6)),
            (b"Z\0\0\0\x05", false, None),
            (b"A\0\0\0\x04Z", false, Some(5)),
        ] {
            assert_eq!(message_length(bytes, is_first), length, "{bytes:?}");
        }
    }
}
