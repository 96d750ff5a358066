//! By which networks addresses are counted.

use std::net::{IpAddr, Ipv6Addr};

/// The address by which connections and failed logins from `address` are counted: of IPv6 its /64,
/// because one host owns at least that. An IPv4 address is the same whether or not it is written as IPv6.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::network_of;

    #[test]
    fn ipv6_counts_by_its_first_half_and_ipv4_whole() {
        for (address, network) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8::1", "2001:db8::"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(network_of(address).to_string(), network);
        }
    }
}
