//! What counts as one address where clients are told apart by theirs.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The addresses that one client has: an IPv4 address, or all IPv6 addresses that begin with the same 64 bits. A client has
/// at least that many of them (RFC 6177 §2), and could use another one for every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block(IpAddr);

impl From<IpAddr> for Block {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(prefix) => write!(f, "{prefix}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_known_by_the_first_half_of_its_address() {
        let block = |text: &str| Block::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(block("2001:db8:1:2::3"), block("2001:db8:1:2:ffff::"));
        assert_ne!(block("2001:db8:1:2::3"), block("2001:db8:1:3::3"));
        assert_eq!(block("2001:db8:1:2::3").to_string(), "2001:db8:1:2::/64");
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
        assert_ne!(block("192.0.2.2"), block("192.0.2.1"));
        assert_eq!(block("192.0.2.1").to_string(), "192.0.2.1");
    }
}
