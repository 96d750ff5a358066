//! Networks, as settings write them, and who is in them.

use std::net::IpAddr;
use std::str::FromStr;

use super::setting::Setting;

/// Addresses that have their first bits in common: `192.0.2.0/24`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

/// Who may do something: clients in networks, and those of the Unix sockets of this machine (`unix`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    networks: Vec<Network>,
    has_unix: bool,
}

impl Peers {
    /// Whether a client belongs to them, by its address; `None` is one on a Unix socket.
    #[must_use]
    pub fn has(&self, address: Option<IpAddr>) -> bool {
        match address {
            Some(address) => self.networks.iter().any(|network| network.has(address)),
            None => self.has_unix,
        }
    }
}

impl Network {
    fn has(self, address: IpAddr) -> bool {
        let (own, other) = (self.address, address.to_canonical());
        let (own, other, bits) = match (own, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()), u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        let differing = own ^ other;
        // All bits are shifted out where no bit counts.
        differing
            .checked_shr(bits - self.prefix_bits)
            .is_none_or(|differing| differing == 0)
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| ())?,
            None => bits,
        };
        if prefix_bits > bits {
            return Err(());
        }
        Ok(Self {
            address,
            prefix_bits,
        })
    }
}

/// A list, or one text with commas, as variables have it.
impl Setting for Peers {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let mut peers = Self::default();
        let words = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
        for word in words.filter(|word| !word.is_empty()) {
            if word == "unix" {
                peers.has_unix = true;
                continue;
            }
            let network = word.parse().map_err(
                |()| "networks such as 192.0.2.0/24, ::1 or unix, for sockets of this machine",
            )?;
            peers.networks.push(network);
        }
        Ok(peers)
    }
}

#[cfg(test)]
mod tests {
    use super::{Peers, Setting as _};

    #[test]
    fn networks_have_their_addresses() {
        for (peers, address, has) in [
            ("127.0.0.0/8, ::1", "127.9.9.9", true),
            ("127.0.0.0/8, ::1", "::ffff:127.0.0.1", true),
            ("127.0.0.0/8, ::1", "::1", true),
            ("127.0.0.0/8, ::1", "::2", false),
            ("127.0.0.0/8, ::1", "128.0.0.1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("192.0.2.0/25", "192.0.2.128", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("unix", "127.0.0.1", false),
        ] {
            let peers = Peers::parse(&[peers.to_owned()]).unwrap();
            assert_eq!(peers.has(address.parse().ok()), has, "{peers:?} {address}");
        }
        let local = Peers::parse(&["unix".to_owned()]).unwrap();
        assert!(local.has(None) && !Peers::default().has(None));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "192.0.2.0/33",
            "::/129",
            "192.0.2.0/",
            "lan",
            "192.0.2.0/-1",
        ] {
            assert!(Peers::parse(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
