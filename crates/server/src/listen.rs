//! Listening sockets, and who comes in through them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mail::SessionId;
use mail::limits::SEND_BUFFER_BYTES_MAX;
use session::{ConnectionLimit, Peer, Security};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::config::WithoutTls;
use crate::connection::{Connection, ConnectionContext, Stream, handshake};
use crate::connection_slots::{ConnectionSlot, ConnectionSlots, limit_word};
use crate::environment;
use crate::error::ServerError;
use crate::panics::PanicPlace;
use crate::proxied::{self, RemoteEnd};

/// Clients that the kernel holds until we accept them.
const BACKLOG: u32 = 1024;
/// After an accept that failed, most likely for want of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What is counted for a header of the PROXY protocol that is missing, wrong or of a stranger.
pub(crate) const PROXY_HEADER: &str = "proxy_header";
/// For a client that is turned away to hear so.
pub(crate) const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// How clients of one listener begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// In the clear; this says who may log in so.
    Plain(WithoutTls),
    /// With a handshake.
    Tls,
}

/// A listener on each of `addresses`.
pub(crate) fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ServerError> {
    let bind_one = |&address: &SocketAddr| {
        bind_to(address).map_err(|cause| ServerError::Listen { address, cause })
    };
    addresses.iter().map(bind_one).collect()
}

fn bind_to(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A restart does not wait for the last connections' TIME-WAIT.
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit both: who vanished without a word is noticed.
    socket.set_keepalive(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES_MAX)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Lets clients in for ever.
pub(crate) async fn accept(
    listener: Arc<TcpListener>,
    beginning: Beginning,
    context: Arc<ConnectionContext>,
    slots: Arc<ConnectionSlots>,
) {
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                warn!(%cause, "a connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (panics, slots) = (Arc::clone(&context.panics), Arc::clone(&slots));
        let work = arrive(socket, peer, beginning, Arc::clone(&context), slots);
        environment::start(panics.contain(PanicPlace::Session, work));
    }
}

async fn arrive(
    mut socket: TcpStream,
    peer: SocketAddr,
    beginning: Beginning,
    context: Arc<ConnectionContext>,
    slots: Arc<ConnectionSlots>,
) {
    let admitted = if context.trust.now().proxies.has(Some(peer.ip())) {
        // On the heap: a connection would have room for it as long as it lasts.
        let introduced = introduce(&mut socket, peer, &context, &slots);
        match Box::pin(introduced).await {
            Some(admitted) => admitted,
            None => return context.metrics.count_refused(PROXY_HEADER),
        }
    } else {
        let slot = slots.take(peer.ip());
        slot.map(|slot| (RemoteEnd::direct(peer), slot))
    };
    drop(slots);
    match admitted {
        Ok((remote, slot)) => converse(socket, remote, beginning, context, slot).await,
        Err(full) => {
            context.metrics.count_refused(limit_word(full));
            Box::pin(turn_away(socket, beginning, full)).await;
        }
    }
}

/// What a trusted proxy says of its client, and a place for that; `None` when it says nothing of the kind.
async fn introduce(
    socket: &mut TcpStream,
    proxy: SocketAddr,
    context: &ConnectionContext,
    slots: &Arc<ConnectionSlots>,
) -> Option<Result<(RemoteEnd, ConnectionSlot), ConnectionLimit>> {
    let mut slot = match slots.take_unnamed() {
        Ok(slot) => slot,
        Err(full) => return Some(Err(full)),
    };
    let remote = proxied::read(socket, proxy, context.timeouts.login).await?;
    let named = slot.name(remote.address.ip());
    Some(named.map(|()| (remote, slot)))
}

async fn converse(
    socket: TcpStream,
    remote: RemoteEnd,
    beginning: Beginning,
    context: Arc<ConnectionContext>,
    slot: ConnectionSlot,
) {
    // Responses are written whole: waiting for more to send helps nobody.
    if let Err(cause) = socket.set_nodelay(true) {
        debug!(%cause, "a client left at once");
        return;
    }
    let (stream, security) = match beginning {
        Beginning::Plain(without_tls) => (Stream::Plain(socket), plain(without_tls, remote)),
        Beginning::Tls => match Box::pin(begin_tls(socket, remote, &context)).await {
            Some(stream) => (stream, Security::Tls),
            None => return,
        },
    };
    let Some(bytes) = environment::random_bytes() else {
        warn!("a connection was not accepted: the machine has no randomness to give");
        return;
    };
    let peer = Peer {
        session: SessionId::from_random(bytes),
        address: remote.address,
        security,
    };
    Connection::new(context, stream, peer, slot).run().await;
}

async fn begin_tls(
    socket: TcpStream,
    remote: RemoteEnd,
    context: &ConnectionContext,
) -> Option<Stream> {
    let patience = context.timeouts.login;
    if remote.proxy.is_none() && proxied::is_begun(&socket, patience).await {
        proxied::warn_of_stranger(remote.address);
        context.metrics.count_refused(PROXY_HEADER);
        return None;
    }
    handshake(&context.tls, patience, socket, &context.metrics).await
}

fn plain(without_tls: WithoutTls, remote: RemoteEnd) -> Security {
    if remote.is_tls {
        return Security::Tls;
    }
    let may_login = match without_tls {
        WithoutTls::Never => false,
        WithoutTls::Loopback => remote.is_loopback(),
        WithoutTls::Always => true,
    };
    Security::Plain {
        may_login,
        may_starttls: true,
    }
}

/// Says why in the clear; a handshake would cost more than the answer is worth.
async fn turn_away(socket: TcpStream, beginning: Beginning, full: ConnectionLimit) {
    if beginning == Beginning::Tls {
        return;
    }
    let bye = session::turn_away(full);
    let mut stream = socket;
    let said = tokio::io::AsyncWriteExt::write_all(&mut stream, &bye);
    // Whoever does not listen is turned away all the same.
    drop(timeout(REFUSAL_TIMEOUT, said).await);
}
