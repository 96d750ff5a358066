//! Listening sockets for LMTP, and who comes in through them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lmtp::Reply;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UnixListener};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::LmtpContext;
use super::connection::{LmtpConnection, Peer};
use crate::config::{ListenAddress, ListenConfig};
use crate::connection::{Stream, handshake};
use crate::connection_slots::{ConnectionSlot, limit_word};
use crate::environment;
use crate::error::ServerError;
use crate::listen;
use crate::panics::PanicPlace;

/// After an accept that failed, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// For a client that is turned away to hear so.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// Whoever may reach the socket may use it, as on loopback: its directory says who.
const SOCKET_MODE: u32 = 0o666;

/// A socket that is listened on.
#[derive(Debug)]
pub(crate) enum Listener {
    /// By the network, in the clear.
    Plain(TcpListener),
    /// By the network, in TLS from the first byte.
    Tls(TcpListener),
    /// By the file system.
    Unix {
        listener: UnixListener,
        _file: SocketFile,
    },
}

/// Removed when dropped.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(cause) = std::fs::remove_file(&self.0) {
            debug!(%cause, "a socket's file was not there any more");
        }
    }
}

/// A listener on each address.
pub(crate) fn bind(config: &ListenConfig) -> Result<Vec<Listener>, ServerError> {
    let mut listeners = Vec::new();
    for address in &config.lmtp {
        match address {
            ListenAddress::Tcp(address) => {
                let bound = listen::bind(&[*address])?;
                listeners.extend(bound.into_iter().map(Listener::Plain));
            }
            ListenAddress::Unix(path) => listeners.push(bind_unix(path)?),
        }
    }
    let inside_tls = listen::bind(&config.lmtps)?;
    listeners.extend(inside_tls.into_iter().map(Listener::Tls));
    Ok(listeners)
}

fn bind_unix(path: &Path) -> Result<Listener, ServerError> {
    let bound = remove_left_over(path)
        .and_then(|()| UnixListener::bind(path))
        .and_then(|listener| {
            let file = SocketFile(path.to_owned());
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
            Ok(Listener::Unix {
                listener,
                _file: file,
            })
        });
    bound.map_err(|cause| ServerError::ListenUnix {
        path: path.display().to_string(),
        cause,
    })
}

/// A socket on which nobody listens is what a process left that had no time to remove it.
fn remove_left_over(path: &Path) -> io::Result<()> {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|file| file.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

impl Listener {
    /// Where it listens, with the port that the machine has chosen; `None` for a socket of the file system.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(listener) | Self::Tls(listener) => listener.local_addr().ok(),
            Self::Unix { .. } => None,
        }
    }

    /// Whether it is in TLS from the first byte.
    pub(crate) const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    async fn accept(&self) -> io::Result<(Stream, Option<IpAddr>)> {
        match self {
            Self::Plain(listener) | Self::Tls(listener) => {
                let (socket, address) = listener.accept().await?;
                socket.set_nodelay(true)?;
                Ok((Stream::Plain(socket), Some(address.ip().to_canonical())))
            }
            Self::Unix { listener, .. } => {
                let (socket, _) = listener.accept().await?;
                Ok((Stream::Unix(socket), None))
            }
        }
    }
}

/// Lets clients in for ever.
pub(crate) async fn accept(listener: Arc<Listener>, context: Arc<LmtpContext>) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                warn!(%cause, "an LMTP connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let admitted = admit(&context, address);
        let (is_tls, context) = (listener.is_tls(), Arc::clone(&context));
        let panics = Arc::clone(&context.panics);
        let work = async move {
            match admitted {
                Ok(slot) => Box::pin(converse(stream, address, is_tls, context, slot)).await,
                // A handshake would cost more than the answer is worth.
                Err(_) if is_tls => {}
                Err(reply) => turn_away(stream, reply).await,
            }
        };
        environment::start(panics.contain(PanicPlace::Session, work));
    }
}

/// A place for a client, or what it is told.
fn admit(context: &LmtpContext, address: Option<IpAddr>) -> Result<ConnectionSlot, Reply> {
    if !context.config.trusted_networks.has(address) {
        warn!(
            client.address = address.map(tracing::field::display),
            "an LMTP client was refused: its address is not in lmtp.trusted_networks"
        );
        context.metrics.count_lmtp_refused("untrusted");
        return Err(Reply::NotTrusted);
    }
    let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    context.slots.take(address).map_err(|full| {
        context.metrics.count_lmtp_refused(limit_word(full));
        Reply::TooManyConnections
    })
}

async fn converse(
    stream: Stream,
    address: Option<IpAddr>,
    is_tls: bool,
    context: Arc<LmtpContext>,
    slot: ConnectionSlot,
) {
    let stream = match stream {
        Stream::Plain(socket) if is_tls => {
            match handshake(&context.tls, context.timeouts.handshake, socket).await {
                Some(stream) => stream,
                None => return,
            }
        }
        stream => stream,
    };
    let Some(id) = environment::random_bytes() else {
        warn!("an LMTP connection was not accepted: the machine has no randomness to give");
        return;
    };
    let peer = Peer {
        id: u64::from_be_bytes(id),
        address,
        is_tls,
    };
    LmtpConnection::new(context, stream, peer, slot).run().await;
}

async fn turn_away(mut stream: Stream, reply: Reply) {
    let mut words = Vec::new();
    reply.write(&mut words);
    let said = stream.write_all(&words);
    // Whoever does not listen is turned away all the same.
    drop(timeout(REFUSAL_TIMEOUT, said).await);
}
