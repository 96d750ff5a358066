//! The PROXY protocol, in both its versions: who is behind a proxy that is trusted to say so
//! (docs/adr/0070-behind-a-proxy.md). No words to clients.

mod header;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::{debug, warn};

use header::{BadHeader, Rest, SHORTEST_BYTES, rest_of, understand};
pub(crate) use header::{RemoteEnd, is_header};

/// How long a proxy may take for its header, which it sends before anything else.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

impl RemoteEnd {
    /// A client without a proxy.
    pub(crate) const fn direct(address: SocketAddr) -> Self {
        Self {
            address,
            proxy: None,
            is_tls: false,
        }
    }

    /// Whether client and peer are on this machine.
    pub(crate) fn is_loopback(self) -> bool {
        let is_loopback = |address: SocketAddr| address.ip().to_canonical().is_loopback();
        is_loopback(self.address) && self.proxy.is_none_or(is_loopback)
    }

    /// Whether the proxy speaks for itself, as for its health checks.
    pub(crate) fn is_proxy(self) -> bool {
        self.proxy == Some(self.address)
    }
}

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
enum NoHeader {
    #[error(transparent)]
    Bad(#[from] BadHeader),
    #[error("it did not come in time")]
    TooLate,
    #[error(transparent)]
    Gone(#[from] io::Error),
}

/// Reads the header with which a trusted proxy begins, and not a byte of what is behind it. `None` is logged: there is
/// no header, or not within a few seconds and `patience`.
pub(crate) async fn read(
    socket: &mut TcpStream,
    proxy: SocketAddr,
    patience: Duration,
) -> Option<RemoteEnd> {
    let received = timeout(patience.min(HEADER_TIMEOUT), receive(socket)).await;
    let understood = match received {
        Ok(Ok(header)) => understand(&header, proxy).map_err(NoHeader::Bad),
        Ok(Err(cause)) => Err(cause),
        Err(_) => Err(NoHeader::TooLate),
    };
    match understood {
        Ok(remote) => Some(remote),
        // A check of a balancer that only connects.
        Err(NoHeader::Gone(cause)) => {
            debug!(proxy.address = %proxy.ip(), %cause, "a proxy left without a header");
            None
        }
        Err(cause) => {
            warn!(
                proxy.address = %proxy.ip(),
                %cause,
                "a connection was refused: its address is in listen.proxy_from, and its header is not right"
            );
            None
        }
    }
}

/// Whether somebody who speaks first, as in TLS, begins with a header. Takes nothing of it.
pub(crate) async fn is_begun(socket: &TcpStream, patience: Duration) -> bool {
    let mut beginning = [0; SHORTEST_BYTES];
    match timeout(patience, socket.peek(&mut beginning)).await {
        Ok(Ok(bytes)) => is_header(beginning.get(..bytes).unwrap_or_default()),
        Ok(Err(_)) | Err(_) => false,
    }
}

/// Tells the log of a header that nobody is trusted to send.
pub(crate) fn warn_of_stranger(address: SocketAddr) {
    warn!(
        client.address = %address.ip(),
        "a connection was refused: it begins with a PROXY header, and its address is not in listen.proxy_from"
    );
}

async fn receive(socket: &mut TcpStream) -> Result<Vec<u8>, NoHeader> {
    let mut header = Vec::new();
    loop {
        match rest_of(&header)? {
            Rest::Nothing => return Ok(header),
            Rest::Bytes(bytes) => {
                let begun = header.len();
                header.resize(begun + bytes, 0);
                let rest = header.get_mut(begun..).unwrap_or_default();
                socket.read_exact(rest).await?;
            }
            Rest::Line(bytes_max) => receive_line(socket, &mut header, bytes_max).await?,
        }
    }
}

/// Looks before it takes, since the first bytes of the client may have come as well.
async fn receive_line(
    socket: &mut TcpStream,
    header: &mut Vec<u8>,
    bytes_max: usize,
) -> Result<(), NoHeader> {
    let mut seen = vec![0; bytes_max];
    let bytes = socket.peek(&mut seen).await?;
    if bytes == 0 {
        return Err(BadHeader::Malformed.into());
    }
    let line = seen.iter().take(bytes).position(|byte| *byte == b'\n');
    seen.truncate(line.map_or(bytes, |end| end + 1));
    socket.read_exact(&mut seen).await?;
    header.extend_from_slice(&seen);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use proxy_header::{ProxiedAddress, ProxyHeader, SslInfo, Tlv};

    use super::{BadHeader, RemoteEnd, is_header, understand};

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn proxied(from: &str, to: &str) -> ProxiedAddress {
        ProxiedAddress::stream(address(from), address(to))
    }

    fn second_version(header: &ProxyHeader<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        header.encode_v2(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn both_versions_name_the_client() {
        let proxy = address("192.0.2.1:4");
        let (four, six) = ("203.0.113.7:1234", "[2001:db8::7]:1234");
        let tls = |is_tls| [Tlv::Ssl(SslInfo::new(is_tls, false, false, 0))];
        let of_four = proxied(four, "192.0.2.9:993");
        let of_six = proxied(six, "[2001:db8::9]:993");
        for (header, from, is_tls) in [
            (
                b"PROXY TCP4 203.0.113.7 192.0.2.9 1234 993\r\n".to_vec(),
                four,
                false,
            ),
            (
                b"PROXY TCP6 2001:db8::7 2001:db8::9 1234 993\r\n".to_vec(),
                six,
                false,
            ),
            (
                second_version(&ProxyHeader::with_address(of_four.clone())),
                four,
                false,
            ),
            (
                second_version(&ProxyHeader::with_address(of_six)),
                six,
                false,
            ),
            (
                second_version(&ProxyHeader::with_tlvs(Some(of_four.clone()), tls(true))),
                four,
                true,
            ),
            (
                second_version(&ProxyHeader::with_tlvs(Some(of_four), tls(false))),
                four,
                false,
            ),
        ] {
            assert!(is_header(&header));
            let remote = understand(&header, proxy).unwrap();
            assert_eq!((remote.address, remote.is_tls), (address(from), is_tls));
            assert!(!remote.is_proxy() && !remote.is_loopback());
        }
    }

    #[test]
    fn a_proxy_may_speak_for_itself() {
        let proxy = address("192.0.2.1:4");
        let local = second_version(&ProxyHeader::with_local());
        for header in [&b"PROXY UNKNOWN\r\n"[..], &local] {
            assert!(understand(header, proxy).unwrap().is_proxy());
        }
    }

    #[test]
    fn a_client_is_of_this_machine_where_its_proxy_is_too() {
        for (proxy, is_loopback) in [("127.0.0.1:1", true), ("192.0.2.1:1", false)] {
            let remote = RemoteEnd {
                proxy: Some(address(proxy)),
                ..RemoteEnd::direct(address("127.0.0.1:2"))
            };
            assert_eq!(remote.is_loopback(), is_loopback, "{proxy}");
        }
        assert!(RemoteEnd::direct(address("[::ffff:127.0.0.1]:2")).is_loopback());
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for bytes in [
            &b"PROXY TCP4 203.0.113.7 192.0.2.9 1234\r\n"[..],
            b"PROXY TCP4 2001:db8::7 192.0.2.9 1234 993\r\n",
            b"PROXY UDP4 203.0.113.7 192.0.2.9 1234 993\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x0c\x7f\0\0\x01\x7f\0\0\x01\0\x01\0\x01",
            b"a LOGIN ada pass\r\n",
            b"",
        ] {
            let refused = understand(bytes, address("192.0.2.1:4"));
            assert!(matches!(refused, Err(BadHeader::Malformed)), "{bytes:?}");
        }
        for words in [&b"PROXY NOOP\r\n"[..], b"PROXY", b"\r\n", b"\x16\x03\x01"] {
            assert!(!is_header(words), "{words:?}");
        }
    }
}
