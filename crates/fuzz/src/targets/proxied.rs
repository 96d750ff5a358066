//! What a load balancer says of its client: taken from what comes without a byte of what is behind it, however it comes in
//! pieces.

use std::net::SocketAddr;

use mail::limits::PROXY_HEADER_BYTES_MAX;
use proxy_header::{ParseConfig, ProxiedAddress, ProxyHeader};

use super::header::{BadHeader, RemoteEnd, Rest, is_header, rest_of, understand};
use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "proxied",
    words: &[
        "PROXY ",
        "TCP4 ",
        "TCP6 ",
        "UNKNOWN",
        "203.0.113.7 192.0.2.9 1234 993",
        "2001:db8::7 2001:db8::9 1234 993",
        " 65536",
        "\r\n",
        "\n",
        "\r\n\r\n\0\r\nQUIT\n",
        "\u{21}\u{11}\0\u{c}",
        "\u{21}\u{21}\0\u{24}",
        "\u{20}\0\0\0",
        "\u{20}\0\u{5}\u{1}\0\0\0\0",
        "\u{2}\0\u{4}name",
        "a LOGIN ada pass",
    ],
    meet,
};

const PROXY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

fn meet(input: &[u8]) -> Shape {
    let whole = receive(input, usize::MAX);
    for piece in [1, 7] {
        assert_eq!(receive(input, piece), whole, "in pieces of {piece}");
    }
    let understood = match &whole {
        Ok(header) => understand(header, PROXY),
        Err(Some(bad)) => Err(*bad),
        Err(None) => return Shape::of(b"it ends too early"),
    };
    if let (Ok(header), Ok(remote)) = (&whole, &understood) {
        assert!(is_header(header), "it does not begin as one");
        assert_eq!(remote.proxy, Some(PROXY));
        let parsed = ProxyHeader::parse(header, ParseConfig::default());
        let bytes = parsed.ok().map(|(_, bytes)| bytes);
        assert_eq!(bytes, Some(header.len()), "bytes of the client were taken");
        say_again(*remote);
    }
    Shape::of(format!("{understood:?}").as_bytes())
}

/// What is taken of what comes: `Err(None)` where it ends before the header does.
fn receive(input: &[u8], piece: usize) -> Result<Vec<u8>, Option<BadHeader>> {
    let (mut header, mut came) = (Vec::new(), input);
    loop {
        let bytes = match rest_of(&header).map_err(Some)? {
            Rest::Nothing => return Ok(header),
            Rest::Bytes(bytes) => bytes,
            Rest::Line(bytes_max) => {
                let seen = came.get(..bytes_max.min(piece)).unwrap_or(came);
                let end = seen.iter().position(|byte| *byte == b'\n');
                end.map_or(seen.len(), |end| end + 1)
            }
        };
        let Some((taken, rest)) = came.split_at_checked(bytes).filter(|_| bytes > 0) else {
            return Err(None);
        };
        header.extend_from_slice(taken);
        assert!(header.len() <= PROXY_HEADER_BYTES_MAX);
        came = rest;
    }
}

/// A client that was named once is named again by a header of ours.
fn say_again(remote: RemoteEnd) {
    if remote.address == PROXY {
        return;
    }
    let address = ProxiedAddress::stream(remote.address, remote.address);
    let mut header = Vec::new();
    let encoded = ProxyHeader::with_address(address).encode_v2(&mut header);
    assert!(encoded.is_ok());
    let again = understand(&header, PROXY);
    assert_eq!(again.map(|again| again.address), Ok(remote.address));
}
