//! Listening sockets for LMTP, and who comes in through them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use lmtp::Reply;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use tracing::warn;

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
        let (stream, address) = listener.next_client().await;
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
            let (patience, metrics) = (context.timeouts.handshake, &context.metrics);
            match handshake(&context.tls, patience, socket, metrics).await {
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
    drop(timeout(listen::REFUSAL_TIMEOUT, said).await);
}
