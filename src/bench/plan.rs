//! What is to be measured, complete and checked: where, how many, how fast, how long.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use url::Url;

use super::Error;
use super::schedule;

/// The most events of a run: each costs 16 bytes per generator thread, for the time until it had reached everyone.
pub const MAX_EVENTS: u64 = 20_000_000;

/// How long one address of a host with several may take to answer before the next is tried.
const TRY_LIMIT: Duration = Duration::from_secs(3);

/// A run before it begins.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where subscribers listen.
    pub subscribe: Endpoint,
    /// Where publishers post.
    pub publish: Endpoint,
    /// How many subscribers there are, at least 1.
    pub connections: u32,
    /// Subscribers per second while they connect; `None` is as fast as the server answers.
    pub ramp: Option<u32>,
    /// Events per second, at least 1.
    pub rate: u32,
    /// How long events are published that do not count yet.
    pub warmup: Duration,
    /// How long events are published that count.
    pub duration: Duration,
    /// How long deliveries are waited for after the last event was published.
    pub drain: Duration,
    /// Bytes of an event's data, at least [`super::MIN_SIZE`].
    pub size: usize,
    /// How many publishers share the events, at least 1.
    pub publishers: u32,
    /// How many threads share the subscribers, at least 1.
    pub threads: u32,
}

/// A URL, taken apart and resolved once, so that name servers take no part in what is measured.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where to connect to.
    pub address: SocketAddr,
    /// The `Host` header.
    pub host: String,
    /// The request target: path and query.
    pub path: String,
}

impl Endpoint {
    /// Takes a URL apart and looks up its host. Of several addresses the first that accepts a connection is taken.
    ///
    /// # Errors
    /// [`Error::Scheme`] if it is not `http:`, [`Error::Resolve`] if the host has no address.
    pub fn resolve(url: &Url) -> Result<Self, Error> {
        if url.scheme() != "http" {
            return Err(Error::Scheme { url: url.to_string() });
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(80);
        // An IPv6 address stands in brackets in a URL and without them in a lookup.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let found = (name, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        let addresses = found.map_err(|source| Error::Resolve { host: host.clone(), source: source.into() })?;
        let Some(address) = choose(&addresses) else {
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address");
            return Err(Error::Resolve { host, source: source.into() });
        };
        let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { address, host, path })
    }
}

/// The first address that accepts a connection: `localhost` is often two addresses, and the server on one of them. If
/// none does, the first, so that connecting says why.
fn choose(addresses: &[SocketAddr]) -> Option<SocketAddr> {
    let accepts = |address: &&SocketAddr| TcpStream::connect_timeout(address, TRY_LIMIT).is_ok();
    match addresses {
        [only] => Some(*only),
        several => several.iter().find(accepts).or(several.first()).copied(),
    }
}

impl Plan {
    /// How many events are sent in all.
    pub fn events(&self) -> u64 {
        self.measured().saturating_add(self.warming())
    }

    /// How many events are measured.
    pub(super) fn measured(&self) -> u64 {
        schedule::events(self.duration, self.rate)
    }

    /// How many events come before them.
    pub(super) fn warming(&self) -> u64 {
        schedule::events(self.warmup, self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: &str) -> Result<Endpoint, Error> {
        Endpoint::resolve(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn a_url_is_taken_apart() {
        let endpoint = resolve("http://127.0.0.1:8080/events/a%20b?x=1#y").expect("an address");
        assert_eq!(endpoint.address, "127.0.0.1:8080".parse().expect("an address"));
        assert_eq!((endpoint.host.as_str(), endpoint.path.as_str()), ("127.0.0.1:8080", "/events/a%20b?x=1"));
        let endpoint = resolve("http://[::1]").expect("an address");
        assert_eq!(endpoint.address, "[::1]:80".parse().expect("an address"));
        assert_eq!((endpoint.host.as_str(), endpoint.path.as_str()), ("[::1]", "/"));
    }

    #[test]
    fn https_is_refused_by_name() {
        assert!(matches!(resolve("https://localhost/"), Err(Error::Scheme { .. })));
    }
}
