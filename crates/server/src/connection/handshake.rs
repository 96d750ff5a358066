//! The beginning of TLS.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, field, info};

use super::stream::Stream;
use crate::metrics::Metrics;

/// TLS on a fresh socket; `None` when the client cannot, will not, or takes too long.
pub(crate) async fn handshake(
    tls: &TlsAcceptor,
    patience: Duration,
    socket: TcpStream,
    metrics: &Metrics,
) -> Option<Stream> {
    let address = socket.peer_addr().map(|peer| peer.ip().to_canonical());
    let address = address.ok().map(field::display);
    let shaken = timeout(patience, tls.accept(socket)).await;
    metrics.count_handshake(shaken.as_ref().ok().map(Result::is_ok));
    match shaken {
        Ok(Ok(stream)) => Some(Stream::tls(stream)),
        Ok(Err(cause)) if is_about_certificate(&cause) => {
            info!(network.peer.address = address, %cause, "a client showed a certificate that is not believed");
            None
        }
        Ok(Err(cause)) => {
            debug!(network.peer.address = address, %cause, "a TLS handshake failed");
            None
        }
        Err(_) => {
            debug!(
                network.peer.address = address,
                "a TLS handshake took too long"
            );
            None
        }
    }
}

/// Whether it is the client's certificate that a handshake failed for. Whoever comes on has one.
fn is_about_certificate(cause: &io::Error) -> bool {
    let cause = cause.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}
