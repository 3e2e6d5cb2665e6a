//! For whom a request is made: behind a proxy that is trusted, its `Forwarded` (RFC 7239) or `X-Forwarded-For` says so.
//!
//! Each proxy adds the address that it was asked from at the right end. So from the right, the first address that is no
//! trusted proxy is the client; what stands left of it the client may have written itself, and is not looked at. If there
//! are both headers, both have to say the same: a proxy that knows only one of them passes on whatever its client wrote
//! into the other, and nobody can tell which. So where nothing can be made of them, the request is refused: if it counted
//! for the proxy, clients could choose not to count for themselves, and if one of the headers went before the other, they
//! could choose to count for somebody else wherever their proxy sets the other. A proxy that says nothing asks for itself.

mod element;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net};

/// The header that RFC 7239 §4 defines, and the one that came before it.
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of this machine.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// The networks that nobody has to himself: RFC 1918 §3, RFC 4193 §3.
const PRIVATE: [&str; 4] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// Proxies whose word counts: one address, a network, or all networks that a word stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy(Vec<IpNet>);

/// Says that a text names no proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give an address, a network such as 10.1.0.0/16 or 2001:db8::/32, or one of: loopback, private")]
pub struct NotAProxy;

/// All proxies that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<IpNet>);

/// Why it is not clear who the client is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unclear {
    #[error("the header {0} is not understood")]
    Malformed(HeaderName),
    #[error("forwarded and x-forwarded-for name different clients")]
    Contradiction,
}

/// What a proxy says of the one who asked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hop {
    Address(IpAddr),
    /// It does not know, or does not say: RFC 7239 §6.2, §6.3.
    Hidden,
}

impl FromStr for Proxy {
    type Err = NotAProxy;

    fn from_str(text: &str) -> Result<Self, NotAProxy> {
        let networks = match text {
            "loopback" => &LOOPBACK[..],
            "private" => &PRIVATE,
            _ => &[text],
        };
        networks.iter().map(|text| network(text).ok_or(NotAProxy)).collect::<Result<_, _>>().map(Self)
    }
}

/// A network or a single address; one of IPv4 addresses in IPv6 clothes (RFC 4291 §2.5.5.2) is one of IPv4 addresses.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    let IpNet::V6(v6) = network else { return Some(network) };
    let plain = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    Some(plain.and_then(|(v4, prefix)| Ipv4Net::new(v4, prefix).ok()).map_or(network, IpNet::V4))
}

impl FromIterator<Proxy> for Proxies {
    fn from_iter<I: IntoIterator<Item = Proxy>>(proxies: I) -> Self {
        Self(proxies.into_iter().flat_map(|proxy| proxy.0).collect())
    }
}

impl Proxies {
    /// Whether an address is that of one of them.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// For whom a peer asks, which has sent these headers.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, Unclear> {
        if !self.trusts(peer) {
            return Ok(peer);
        }
        let plain = self.first(peer, headers, X_FORWARDED_FOR, plain)?;
        match (plain, self.first(peer, headers, FORWARDED, element::hops)?) {
            (Some(plain), Some(full)) if plain != full => Err(Unclear::Contradiction),
            (plain, full) => Ok(plain.or(full).unwrap_or(peer)),
        }
    }

    /// The first hop of a header that is no trusted proxy, or the last one if all are; nobody if there are none. `hops` are
    /// those of a line, from the right.
    fn first(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: HeaderName,
        hops: fn(&str) -> Vec<Option<Hop>>,
    ) -> Result<Option<IpAddr>, Unclear> {
        let mut last = None;
        // What is no UTF-8 is nothing that would be understood.
        let lines = headers.get_all(&name).iter().rev().map(|line| String::from_utf8_lossy(line.as_bytes()));
        for hop in lines.flat_map(|line| hops(&line)) {
            match hop {
                Some(Hop::Address(address)) if self.trusts(address) => last = Some(address),
                Some(Hop::Address(address)) => return Ok(Some(address)),
                Some(Hop::Hidden) => return Ok(Some(peer)),
                None => return Err(Unclear::Malformed(name)),
            }
        }
        Ok(last)
    }
}

/// The hops in a line of `X-Forwarded-For`, from the right; those that are not understood are `None`.
fn plain(line: &str) -> Vec<Option<Hop>> {
    line.rsplit(',').map(str::trim).filter(|text| !text.is_empty()).map(hop).collect()
}

/// A hop as proxies write it: an address, perhaps with a port, perhaps in brackets.
fn hop(text: &str) -> Option<Hop> {
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    match bare().or_else(with_port).or_else(in_brackets) {
        Some(address) => Some(Hop::Address(address.to_canonical())),
        None => text.eq_ignore_ascii_case("unknown").then_some(Hop::Hidden),
    }
}

#[cfg(test)]
mod tests;
