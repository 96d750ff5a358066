//! Listening sockets for the pages, and who comes in through them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};
use web::Transport;

use super::{WebContext, request};
use crate::connection::{Stream, handshake};
use crate::connection_slots::{ConnectionSlot, limit_word};
use crate::environment;
use crate::error::ServerError;
use crate::listen::{self, ACCEPT_PAUSE};
use crate::panics::PanicPlace;

/// How long a request's header may take to arrive, the first as well as the next on the same connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may last, whatever is asked on it.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(120);
/// The head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Fields of the head of a request.
const HEAD_FIELDS_MAX: usize = 64;

/// A socket on which browsers connect.
#[derive(Debug)]
pub(crate) struct WebListener {
    listener: TcpListener,
    transport: Transport,
}

/// A listener on each address.
pub(crate) fn bind(addresses: &[SocketAddr]) -> Result<Vec<WebListener>, ServerError> {
    let listeners = listen::bind(addresses)?.into_iter().zip(addresses);
    let listeners = listeners.map(|(listener, address)| WebListener {
        listener,
        transport: transport(address.ip()),
    });
    Ok(listeners.collect())
}

/// What never leaves the machine needs no TLS.
fn transport(address: IpAddr) -> Transport {
    if address.to_canonical().is_loopback() {
        Transport::Loopback
    } else {
        Transport::Tls
    }
}

impl WebListener {
    /// Where it listens, with the port that the machine has chosen.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }
}

/// Lets browsers in for ever.
pub(crate) async fn accept(listener: Arc<WebListener>, context: Arc<WebContext>) {
    loop {
        let (socket, peer) = match listener.listener.accept().await {
            Ok(accepted) => accepted,
            Err(cause) => {
                warn!(%cause, "a connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let address = peer.ip().to_canonical();
        let slot = match context.slots.take(address) {
            Ok(slot) => slot,
            Err(full) => {
                debug!(bound = limit_word(full), "a browser was turned away");
                continue;
            }
        };
        let panics = Arc::clone(&context.panics);
        let visitor = Visitor {
            address,
            transport: listener.transport,
            context: Arc::clone(&context),
            _slot: slot,
        };
        let work = panics.contain(PanicPlace::Http, async move {
            let lasted = timeout(CONNECTION_TIMEOUT, visitor.converse(socket));
            if lasted.await.is_err() {
                debug!("a browser's connection has lasted long enough");
            }
        });
        environment::start(work);
    }
}

/// A browser's connection.
struct Visitor {
    address: IpAddr,
    transport: Transport,
    context: Arc<WebContext>,
    _slot: ConnectionSlot,
}

impl Visitor {
    async fn converse(self, socket: TcpStream) {
        let context = &self.context;
        let stream = match self.transport {
            Transport::Loopback => Some(Stream::Plain(socket)),
            Transport::Tls => {
                let patience = context.handshake_timeout;
                handshake(&context.tls, patience, socket, &context.metrics).await
            }
        };
        let Some(stream) = stream else {
            return;
        };
        let answer = service_fn(|request| {
            let (site, api) = (&context.site, context.api.as_ref());
            request::serve(request, site, api, self.address, self.transport)
        });
        let mut conversation = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .max_buf_size(HEAD_BYTES_MAX)
                .max_headers(HEAD_FIELDS_MAX)
                .serve_connection(TokioIo::new(stream), answer)
        );
        let mut drain = context.drain.clone();
        let ended = tokio::select! {
            ended = conversation.as_mut() => ended,
            () = drain.turn() => {
                // What was asked is answered.
                conversation.as_mut().graceful_shutdown();
                conversation.await
            }
        };
        if let Err(cause) = ended {
            debug!(%cause, "a browser's connection broke");
        }
    }
}

#[cfg(test)]
mod tests {
    use web::Transport;

    use super::transport;

    #[test]
    fn what_leaves_the_machine_is_in_tls() {
        for (address, expected) in [
            ("127.0.0.1", Transport::Loopback),
            ("127.1.2.3", Transport::Loopback),
            ("::1", Transport::Loopback),
            ("::ffff:127.0.0.1", Transport::Loopback),
            ("0.0.0.0", Transport::Tls),
            ("::", Transport::Tls),
            ("192.0.2.1", Transport::Tls),
        ] {
            assert_eq!(transport(address.parse().unwrap()), expected, "{address}");
        }
    }
}
