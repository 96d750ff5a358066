//! A proxy between one node and PostgreSQL. It passes everything on, and drops what a talk wants
//! dropped.
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

/// A port that leads to PostgreSQL.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    wires: Arc<Wires>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Wires {
    /// The address of PostgreSQL.
    postgres: watch::Sender<SocketAddr>,
    drops_wakeups: AtomicBool,
    /// Counts the notifications that were dropped since dropping began.
    lost: watch::Sender<u32>,
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
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let wires = Arc::new(Wires {
            postgres: watch::Sender::new(postgres),
            drops_wakeups: AtomicBool::new(false),
            lost: watch::Sender::new(0),
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

    /// The address at which a node finds PostgreSQL.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends new connections to another address, because PostgreSQL has moved.
    pub fn lead_to(&self, postgres: SocketAddr) {
        self.wires.postgres.send_replace(postgres);
    }

    /// Drops all notifications that arrive from now on.
    pub fn drop_wakeups(&self) {
        self.wires.lost.send_replace(0);
        self.wires.drops_wakeups.store(true, Ordering::SeqCst);
    }

    /// Waits until a notification was dropped, and passes the next ones on.
    pub async fn pass_wakeups(&self) {
        // The sender is ours, so this cannot fail.
        drop(self.wires.lost.subscribe().wait_for(|&lost| lost > 0).await);
        self.wires.drops_wakeups.store(false, Ordering::SeqCst);
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
    let postgres = *wires.postgres.borrow();
    let Ok(postgres) = TcpStream::connect(postgres).await else {
        return;
    };
    if node
        .set_nodelay(true)
        .and_then(|()| postgres.set_nodelay(true))
        .is_err()
    {
        return;
    }
    let (mut cut, mut cut_listener) = (wires.cut.subscribe(), wires.cut_listener.subscribe());
    let listens = AtomicBool::new(false);
    let (from_node, to_node) = node.into_split();
    let (from_postgres, to_postgres) = postgres.into_split();
    tokio::select! {
        _ = requests(from_node, to_postgres, &listens) => {}
        _ = answers(from_postgres, to_node, &wires) => {}
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

/// Passes bytes to PostgreSQL, and notes whether LISTEN is among them.
async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    listens: &AtomicBool,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes
            .windows(7)
            .any(|word| word.eq_ignore_ascii_case(b"listen "))
        {
            listens.store(true, Ordering::SeqCst);
        }
        to.write_all(bytes).await?;
    }
}

/// Passes messages to the node one by one, without those that are to be dropped.
async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wires: &Wires) -> io::Result<()> {
    let mut buffer = Vec::new();
    let mut is_first = true;
    loop {
        if from.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        let mut passed = 0;
        while let Some(length) = message_length(buffer.get(passed..).unwrap_or_default(), is_first)
        {
            is_first = false;
            let message = buffer.get(passed..passed + length).unwrap_or_default();
            let is_wakeup = message.first() == Some(&NOTIFICATION_RESPONSE);
            if is_wakeup && wires.drops_wakeups.load(Ordering::SeqCst) {
                wires.lost.send_modify(|lost| *lost += 1);
            } else {
                to.write_all(message).await?;
            }
            passed += length;
        }
        buffer.drain(..passed);
    }
}

/// The length of the message at the beginning of `bytes`, once it is complete.
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
    use super::message_length;

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
