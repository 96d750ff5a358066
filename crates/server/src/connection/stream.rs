//! A socket, with TLS or without.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use auth::TlsBinding;
use futures_util::FutureExt as _;
use rustls::ProtocolVersion;
use session::ClientCertificate;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, Interest, ReadBuf, Ready};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

/// For a client to take our end of the stream.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// What bytes come from and go to.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    /// From the same machine, as plain.
    Unix(UnixStream),
    /// On the heap: a plain connection does not pay for it.
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the end of the plain conversation and the end of the handshake.
    Away,
}

impl Stream {
    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::Tls(Box::new(stream))
    }

    /// The socket, for a handshake; `None` when there is TLS already.
    pub(crate) fn take_plain(&mut self) -> Option<TcpStream> {
        match std::mem::replace(self, Self::Away) {
            Self::Plain(socket) => Some(socket),
            other => {
                *self = other;
                None
            }
        }
    }

    /// By what both ends know this TLS connection. Before TLS 1.3 that is safe only where the client has the extended master secret
    /// (RFC 9266, 4), which rustls does not tell.
    pub(crate) fn tls_binding(&self) -> Option<TlsBinding> {
        let Self::Tls(stream) = self else {
            return None;
        };
        let connection = stream.get_ref().1;
        if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
            return None;
        }
        let exported = connection.export_keying_material([0; 32], TlsBinding::LABEL, None);
        exported.ok().map(TlsBinding)
    }

    /// The certificate that the client has shown, with those that it is signed by.
    pub(crate) fn client_certificate(&self) -> Option<ClientCertificate> {
        let Self::Tls(stream) = self else {
            return None;
        };
        let chain = stream.get_ref().1.peer_certificates()?;
        Some(ClientCertificate(
            chain.iter().map(|der| der.to_vec()).collect(),
        ))
    }

    /// Whether the client has closed its end, so that nothing more comes from it. What came before may still be unread.
    pub(super) fn is_read_closed(&self) -> bool {
        let socket = match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0,
            Self::Unix(_) | Self::Away => return false,
        };
        let readiness = socket.ready(Interest::READABLE).now_or_never();
        readiness.is_some_and(|ready| ready.is_ok_and(Ready::is_read_closed))
    }

    /// Says that nothing more comes, so that the last words arrive.
    pub(crate) async fn close(&mut self) {
        // Whoever does not take it has hung up as well.
        drop(timeout(CLOSE_TIMEOUT, self.shutdown()).await);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Self::Unix(socket) => Pin::new(socket).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Away => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Away => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Unix(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Away => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Away => Poll::Ready(Ok(())),
        }
    }
}
