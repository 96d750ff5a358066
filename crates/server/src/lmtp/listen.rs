//! Listening sockets for LMTP, and who comes in through them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use lmtp::Reply;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::LmtpContext;
use super::connection::{LmtpConnection, Peer};
use crate::config::ListenConfig;
use crate::connection::{Stream, handshake};
use crate::connection_slots::{ConnectionSlot, limit_word};
use crate::environment;
use crate::error::ServerError;
use crate::listen;
use crate::listener::{self, Listener};
use crate::panics::PanicPlace;
use crate::proxied::{self, RemoteEnd};

/// A listener on each address.
pub(crate) fn bind(config: &ListenConfig) -> Result<Vec<Listener>, ServerError> {
    let mut listeners = listener::bind(&config.lmtp)?;
    let inside_tls = listen::bind(&config.lmtps)?;
    listeners.extend(inside_tls.into_iter().map(Listener::Tls));
    Ok(listeners)
}

/// Lets clients in for ever.
pub(crate) async fn accept(listener: Arc<Listener>, context: Arc<LmtpContext>) {
    loop {
        let (stream, peer) = listener.next_client().await;
        let (is_tls, context) = (listener.is_tls(), Arc::clone(&context));
        let panics = Arc::clone(&context.panics);
        let work = Box::pin(arrive(stream, peer, is_tls, context));
        environment::start(panics.contain(PanicPlace::Session, work));
    }
}

async fn arrive(
    mut stream: Stream,
    peer: Option<SocketAddr>,
    is_tls: bool,
    context: Arc<LmtpContext>,
) {
    let remote = match (&mut stream, peer) {
        (Stream::Plain(socket), Some(proxy))
            if context.trust.now().proxies.has(Some(proxy.ip())) =>
        {
            match introduce(socket, proxy, &context).await {
                Some(remote) => Some(remote),
                None => return context.metrics.count_lmtp_refused(listen::PROXY_HEADER),
            }
        }
        (_, peer) => peer.map(RemoteEnd::direct),
    };
    match admit(&context, remote) {
        Ok(slot) => converse(stream, remote, is_tls, context, slot).await,
        // A handshake would cost more than the answer is worth.
        Err(_) if is_tls => {}
        Err(reply) => turn_away(stream, reply).await,
    }
}

/// What a trusted proxy says of its client. It has a place while that is awaited.
async fn introduce(
    socket: &mut TcpStream,
    proxy: SocketAddr,
    context: &LmtpContext,
) -> Option<RemoteEnd> {
    let _place = context.slots.take_unnamed().ok()?;
    proxied::read(socket, proxy, context.timeouts.handshake).await
}

/// A place for a client, or what it is told.
fn admit(context: &LmtpContext, remote: Option<RemoteEnd>) -> Result<ConnectionSlot, Reply> {
    let address = remote.map(|remote| remote.address.ip().to_canonical());
    if !context.trust.now().lmtp.has(address) {
        if remote.is_some_and(RemoteEnd::is_proxy) {
            debug!("a proxy that speaks for itself is not in lmtp.trusted_networks");
        } else {
            warn!(
                client.address = address.map(tracing::field::display),
                "an LMTP client was refused: its address is not in lmtp.trusted_networks"
            );
        }
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
    remote: Option<RemoteEnd>,
    is_tls: bool,
    context: Arc<LmtpContext>,
    slot: ConnectionSlot,
) {
    let stream = match stream {
        Stream::Plain(socket) if is_tls => match begin_tls(socket, remote, &context).await {
            Some(stream) => stream,
            None => return,
        },
        stream => stream,
    };
    let Some(id) = environment::random_bytes() else {
        warn!("an LMTP connection was not accepted: the machine has no randomness to give");
        return;
    };
    let peer = Peer {
        id: u64::from_be_bytes(id),
        address: remote.map(|remote| remote.address.ip().to_canonical()),
        is_tls: is_tls || remote.is_some_and(|remote| remote.is_tls),
    };
    LmtpConnection::new(context, stream, peer, slot).run().await;
}

async fn begin_tls(
    socket: TcpStream,
    remote: Option<RemoteEnd>,
    context: &LmtpContext,
) -> Option<Stream> {
    let patience = context.timeouts.handshake;
    if let Some(RemoteEnd {
        address,
        proxy: None,
        ..
    }) = remote
        && proxied::is_begun(&socket, patience).await
    {
        proxied::warn_of_stranger(address);
        context.metrics.count_lmtp_refused(listen::PROXY_HEADER);
        return None;
    }
    handshake(&context.tls, patience, socket, &context.metrics).await
}

async fn turn_away(mut stream: Stream, reply: Reply) {
    let mut words = Vec::new();
    reply.write(&mut words);
    let said = stream.write_all(&words);
    // Whoever does not listen is turned away all the same.
    drop(timeout(listen::REFUSAL_TIMEOUT, said).await);
}
