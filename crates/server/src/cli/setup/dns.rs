//! Questions to a resolver, each answered within seconds or not at all.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::{OPT, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::environment;

/// How long a resolver may take to answer one question.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// Resolvers that are tried, as the C library does.
const RESOLVERS_MAX: usize = 3;
/// The payload that goes through every network in one piece (RFC 9715).
const DATAGRAM_BYTES_MAX: u16 = 1232;
/// Where the system names its resolvers.
const CONFIGURATION: &str = "/etc/resolv.conf";
const PORT: u16 = 53;

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    A,
    Aaaa,
    Mx,
    Srv,
}

/// A record that is there. Names are in lower case, without a dot at their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Address(IpAddr),
    /// The name is an alias of this one.
    OtherName(String),
    /// A service; an empty target says that it is not offered.
    Service {
        target: String,
        port: u16,
    },
    /// A mail exchange; an empty host takes none (RFC 7505).
    Letters {
        host: String,
        preference: u16,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("no resolver answered")]
    Silence,
    #[error("the resolver failed ({0})")]
    Failed(String),
}

/// Those whom this machine asks.
#[derive(Clone, Debug)]
pub(super) struct Resolvers(Vec<SocketAddr>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::OtherName(name) => f.write_str(name),
            Self::Service { target, .. } if target.is_empty() => f.write_str("not offered"),
            Self::Service { target, port } => write!(f, "{target}, port {port}"),
            Self::Letters { host, .. } if host.is_empty() => f.write_str("no letters"),
            Self::Letters { host, preference } => write!(f, "{preference} {host}"),
        }
    }
}

impl Resolvers {
    pub(super) fn of_the_system() -> Self {
        // Where the file is missing nobody answers.
        let text = std::fs::read_to_string(CONFIGURATION).unwrap_or_default();
        Self(named(&text))
    }

    pub(super) fn only(address: SocketAddr) -> Self {
        Self(vec![address])
    }

    /// What is known of a name; nothing where there is no such name.
    pub(super) async fn ask(&self, name: &str, kind: Kind) -> Result<Vec<Found>, NoAnswer> {
        let mut last = NoAnswer::Silence;
        for resolver in &self.0 {
            match timeout(ANSWER_TIMEOUT, exchange(*resolver, name, kind)).await {
                Ok(Ok(Ok(found))) => return Ok(found),
                Ok(Ok(Err(failed))) => last = failed,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        Err(last)
    }
}

impl std::str::FromStr for Resolvers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.parse::<SocketAddr>();
        let address = address.or_else(|_| Ok(SocketAddr::new(text.parse()?, PORT)));
        address
            .map(Self::only)
            .map_err(|_: std::net::AddrParseError| {
                "an address, maybe with a port: 192.0.2.53 or 127.0.0.1:5353".to_owned()
            })
    }
}

/// The resolvers that a configuration of the system names.
fn named(configuration: &str) -> Vec<SocketAddr> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let is_named = words.next() == Some("nameserver");
        let address: IpAddr = words.next().filter(|_| is_named)?.parse().ok()?;
        Some(SocketAddr::new(address, PORT))
    };
    let addresses = configuration.lines().filter_map(address);
    addresses.take(RESOLVERS_MAX).collect()
}

/// An error of the network is none of the resolver's.
async fn exchange(
    resolver: SocketAddr,
    name: &str,
    kind: Kind,
) -> io::Result<Result<Vec<Found>, NoAnswer>> {
    let random: Option<[u8; 2]> = environment::random_bytes();
    let id = u16::from_be_bytes(random.ok_or_else(|| io::Error::other("no random numbers"))?);
    let query = query(id, name, kind).map_err(io::Error::other)?;
    let answer = by_datagram(resolver, id, name, &query).await?;
    let is_cut =
        read(&answer, id, name).is_some_and(|packet| packet.has_flags(PacketFlag::TRUNCATION));
    let answer = if is_cut {
        by_stream(resolver, &query).await?
    } else {
        answer
    };
    let packet = read(&answer, id, name).ok_or_else(|| io::Error::other("an answer to nothing"))?;
    Ok(match packet.rcode() {
        RCODE::NoError | RCODE::NameError => Ok(found(&packet, kind)),
        other => Err(NoAnswer::Failed(format!("{other:?}"))),
    })
}

fn query(id: u16, name: &str, kind: Kind) -> simple_dns::Result<Vec<u8>> {
    let kind = match kind {
        Kind::A => TYPE::A,
        Kind::Aaaa => TYPE::AAAA,
        Kind::Mx => TYPE::MX,
        Kind::Srv => TYPE::SRV,
    };
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Question::new(
        Name::new(name)?,
        QTYPE::TYPE(kind),
        QCLASS::CLASS(CLASS::IN),
        false,
    ));
    *packet.opt_mut() = Some(OPT {
        opt_codes: Vec::new(),
        udp_packet_size: DATAGRAM_BYTES_MAX,
        version: 0,
    });
    packet.build_bytes_vec()
}

/// What is not an answer to this question is somebody else's, and not listened to.
async fn by_datagram(
    resolver: SocketAddr,
    id: u16,
    name: &str,
    query: &[u8],
) -> io::Result<Vec<u8>> {
    let any: IpAddr = match resolver {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(resolver).await?;
    socket.send(query).await?;
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let answer = buffer.get(..length).unwrap_or_default();
        if read(answer, id, name).is_some() {
            return Ok(answer.to_vec());
        }
    }
}

/// For an answer that is longer than a datagram.
async fn by_stream(resolver: SocketAddr, query: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(resolver).await?;
    let length = u16::try_from(query.len()).map_err(io::Error::other)?;
    stream.write_u16(length).await?;
    stream.write_all(query).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

fn read<'a>(bytes: &'a [u8], id: u16, name: &str) -> Option<Packet<'a>> {
    let packet = Packet::parse(bytes).ok()?;
    let is_answer = packet.id() == id && packet.has_flags(PacketFlag::RESPONSE);
    let is_of_name = packet
        .questions
        .iter()
        .any(|question| plain(&question.qname) == name.to_ascii_lowercase());
    (is_answer && is_of_name).then_some(packet)
}

fn found(packet: &Packet<'_>, kind: Kind) -> Vec<Found> {
    let records = packet.answers.iter();
    let found = records.filter_map(|record| match (&record.rdata, kind) {
        (RData::A(a), Kind::A) => Some(Found::Address(Ipv4Addr::from(a.address).into())),
        (RData::AAAA(aaaa), Kind::Aaaa) => {
            Some(Found::Address(Ipv6Addr::from(aaaa.address).into()))
        }
        (RData::CNAME(name), Kind::A | Kind::Aaaa) => Some(Found::OtherName(plain(&name.0))),
        (RData::MX(mx), Kind::Mx) => Some(Found::Letters {
            host: plain(&mx.exchange),
            preference: mx.preference,
        }),
        (RData::SRV(srv), Kind::Srv) => Some(Found::Service {
            target: plain(&srv.target),
            port: srv.port,
        }),
        _ => None,
    });
    found.collect()
}

fn plain(name: &Name<'_>) -> String {
    name.to_string().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{Resolvers, named};

    #[test]
    fn resolvers_are_named_as_the_system_has_them() {
        let text = "# nameserver 192.0.2.9\nsearch example.org\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \n\
                    nameserver x\noptions ndots:1\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n";
        let expected = ["192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.3:53"];
        let expected = expected.map(|address| address.parse().unwrap());
        assert_eq!(named(text), expected);
        assert_eq!(named(""), []);
        for (text, address) in [
            ("127.0.0.1", "127.0.0.1:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("::1", "[::1]:53"),
        ] {
            let Resolvers(addresses) = text.parse().unwrap();
            assert_eq!(addresses, [address.parse().unwrap()]);
        }
        assert!("resolver.example.org".parse::<Resolvers>().is_err());
    }
}
