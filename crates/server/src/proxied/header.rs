//! A header of the PROXY protocol as bytes: how many belong to it, and what it says. No socket.

use std::net::SocketAddr;

use mail::limits::PROXY_HEADER_BYTES_MAX;
use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use tracing::debug;

/// What a header of version 2 begins with.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// What one of version 2 has before addresses and the rest.
const FIXED_BYTES: usize = 16;
/// What the headers of version 1 begin with. An IMAP tag may be PROXY, so that more is compared.
const WORDS: [&[u8]; 3] = [b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN"];
/// The shortest header of all is `PROXY UNKNOWN` and the end of its line.
pub(crate) const SHORTEST_BYTES: usize = 15;
/// The longest line of version 1.
const LINE_BYTES_MAX: usize = 107;

/// The other end of a connection: a client, perhaps with a proxy before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RemoteEnd {
    /// The client's address.
    pub(crate) address: SocketAddr,
    /// That of the proxy between the client and us, where there is one.
    pub(crate) proxy: Option<SocketAddr>,
    /// Whether the proxy speaks TLS with the client.
    pub(crate) is_tls: bool,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHeader {
    #[error("it is none of the PROXY protocol")]
    Malformed,
    #[error("it is longer than {PROXY_HEADER_BYTES_MAX} bytes")]
    TooLong,
}

/// What belongs to a header beyond what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Bytes(usize),
    /// All up to the end of the line, which is within so many bytes.
    Line(usize),
}

/// Whether what somebody sends begins as a header does.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    let is_begun = |beginning: &&[u8]| bytes.starts_with(beginning);
    WORDS.iter().any(is_begun) || bytes.starts_with(SIGNATURE)
}

/// What is still to be taken: not a byte of what is behind the header, which belongs to the client.
pub(crate) fn rest_of(header: &[u8]) -> Result<Rest, BadHeader> {
    if header.len() < SHORTEST_BYTES {
        return Ok(Rest::Bytes(SHORTEST_BYTES - header.len()));
    }
    if header.starts_with(SIGNATURE) {
        let Some(&[.., high, low]) = header.get(..FIXED_BYTES) else {
            return Ok(Rest::Bytes(FIXED_BYTES - header.len()));
        };
        let bytes = FIXED_BYTES + usize::from(u16::from_be_bytes([high, low]));
        return match bytes.saturating_sub(header.len()) {
            _ if bytes > PROXY_HEADER_BYTES_MAX => Err(BadHeader::TooLong),
            0 => Ok(Rest::Nothing),
            more => Ok(Rest::Bytes(more)),
        };
    }
    match LINE_BYTES_MAX.saturating_sub(header.len()) {
        _ if !is_header(header) || header.ends_with(b"\n") => Ok(Rest::Nothing),
        0 => Err(BadHeader::Malformed),
        more => Ok(Rest::Line(more)),
    }
}

/// Who is behind the proxy that sent this header.
pub(crate) fn understand(header: &[u8], proxy: SocketAddr) -> Result<RemoteEnd, BadHeader> {
    let parsed = ProxyHeader::parse(header, ParseConfig::default());
    let (parsed, _) = parsed.map_err(|_| BadHeader::Malformed)?;
    let Some(addresses) = parsed.proxied_address() else {
        // A connection of the proxy's own, or of somebody who has no address.
        return Ok(RemoteEnd {
            address: proxy,
            proxy: Some(proxy),
            is_tls: false,
        });
    };
    if addresses.protocol != Protocol::Stream {
        return Err(BadHeader::Malformed);
    }
    let tls = parsed.ssl().filter(|tls| tls.client_ssl());
    debug!(
        client.address = %addresses.source.ip(),
        proxy.address = %proxy.ip(),
        tls.version = tls.as_ref().and_then(|tls| tls.version()),
        tls.cipher = tls.as_ref().and_then(|tls| tls.cipher()),
        tls.server_name = parsed.authority(),
        "a client comes by a proxy"
    );
    Ok(RemoteEnd {
        address: addresses.source,
        proxy: Some(proxy),
        is_tls: tls.is_some(),
    })
}
