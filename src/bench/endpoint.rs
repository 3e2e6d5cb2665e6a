//! Where one side of a run connects to, how, and what its requests say besides: a URL, taken apart and resolved once, so that
//! name servers take no part in what is measured.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use url::Url;

use super::http::{NUMBER, TOPIC};
use super::{Error, Protocol, Tls, Trust};

/// How long one address of a host with several may take to answer before the next is tried.
const TRY_LIMIT: Duration = Duration::from_secs(3);

/// What becomes of [`NUMBER`] and [`TOPIC`] in the path of a URL.
const ENCODED: [(&str, &str); 2] = [("%7Bi%7D", NUMBER), ("%7Bt%7D", TOPIC)];

/// Where requests go. `{i}` in the path and in the values of headers is the number of who makes the request: of the
/// subscriber or of the publisher, from 0. `{t}` is the number of the topic that it is about, likewise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// Where to connect to.
    pub address: SocketAddr,
    /// The `Host` header.
    pub host: String,
    /// The request target: path and query.
    pub path: String,
    /// Headers beside those that every request has, or instead of those of the same name.
    pub headers: Vec<Header>,
    /// What it takes to speak TLS there; `None` is plain HTTP.
    pub tls: Option<Tls>,
}

/// A request header, as it goes over the wire: neither part holds a line end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// In whatever case.
    pub name: String,
    /// Without white space around it.
    pub value: String,
}

impl Endpoint {
    /// Takes a URL apart and looks up its host. Of several addresses the first that accepts a connection is taken. User and
    /// password in the URL become an `Authorization` header (RFC 7617), unless there is one.
    ///
    /// # Errors
    /// [`Error::Scheme`] if it is neither `http:` nor `https:`, [`Error::Tls`] if TLS cannot be spoken at all,
    /// [`Error::Resolve`] if the host has no address.
    pub fn resolve(url: &Url, mut headers: Vec<Header>, trust: &Trust, protocol: Protocol) -> Result<Self, Error> {
        let tls = tls(url, trust, protocol)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(80);
        let found = (name(url), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        let addresses = found.map_err(|source| Error::Resolve { host: host.clone(), source: source.into() })?;
        let Some(address) = choose(&addresses) else {
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address");
            return Err(Error::Resolve { host, source: source.into() });
        };
        if !headers.iter().any(|header| header.is("authorization")) {
            headers.extend(basic(url));
        }
        let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Ok(Self { address, host, path: path(url), headers, tls })
    }

    /// The scheme of its URL.
    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

/// What it takes to speak TLS with the server of a URL, if that is to be.
pub(super) fn tls(url: &Url, trust: &Trust, protocol: Protocol) -> Result<Option<Tls>, Error> {
    match url.scheme() {
        "http" => Ok(None),
        "https" => {
            let failed = |source| Error::Tls { host: name(url).to_owned(), source };
            trust.with(name(url), protocol).map(Some).map_err(failed)
        }
        _ => Err(Error::Scheme { url: without_credentials(url) }),
    }
}

/// The host of a URL as it is looked up: an IPv6 address without its brackets.
fn name(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Path and query of a URL, with the places of numbers as they were written.
pub(super) fn path(url: &Url) -> String {
    let path = ENCODED.iter().fold(url.path().to_owned(), |path, (encoded, place)| path.replace(encoded, place));
    url.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

impl Header {
    /// Whether it has this name, in whatever case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// User and password of a URL as the header that carries them.
fn basic(url: &Url) -> Option<Header> {
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    if user.is_empty() && password.is_empty() {
        return None;
    }
    let both: Vec<u8> =
        percent_decode_str(user).chain(b":".iter().copied()).chain(percent_decode_str(password)).collect();
    Some(Header { name: "Authorization".to_owned(), value: format!("Basic {}", BASE64_STANDARD.encode(both)) })
}

/// A URL that can be shown.
fn without_credentials(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only where there can be none.
    let _ = (url.set_username(""), url.set_password(None));
    url.to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: &str) -> Result<Endpoint, Error> {
        with(url, Vec::new())
    }

    fn with(url: &str, headers: Vec<Header>) -> Result<Endpoint, Error> {
        let mut trust = Trust::default();
        trust.insecure = true;
        Endpoint::resolve(&Url::parse(url).expect("a URL"), headers, &trust, Protocol::Http1)
    }

    #[test]
    fn a_url_is_taken_apart() {
        let endpoint = resolve("http://127.0.0.1:8080/events/a%20b?x=1#y").expect("an address");
        assert_eq!(endpoint.address, "127.0.0.1:8080".parse().expect("an address"));
        assert_eq!((endpoint.host.as_str(), endpoint.path.as_str()), ("127.0.0.1:8080", "/events/a%20b?x=1"));
        let endpoint = resolve("http://[::1]").expect("an address");
        assert_eq!(endpoint.address, "[::1]:80".parse().expect("an address"));
        assert_eq!((endpoint.host.as_str(), endpoint.path.as_str()), ("[::1]", "/"));
        assert!(endpoint.headers.is_empty());
    }

    #[test]
    fn the_place_of_a_number_stays_in_path_and_query() {
        assert_eq!(
            resolve("http://[::1]/u/{i}/{t}?user={i}&t={t}").expect("an address").path,
            "/u/{i}/{t}?user={i}&t={t}"
        );
    }

    #[test]
    fn user_and_password_become_a_header_unless_there_is_one() {
        let url = "http://Aladdin:open%20sesame@127.0.0.1/";
        let endpoint = resolve(url).expect("an address");
        // The example of RFC 7617 §2.
        let expected = Header { name: "Authorization".into(), value: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into() };
        assert_eq!((endpoint.host.as_str(), endpoint.headers), ("127.0.0.1", vec![expected]));
        let own = Header { name: "authorization".into(), value: "Bearer x".into() };
        assert_eq!(with(url, vec![own.clone()]).expect("an address").headers, [own]);
    }

    #[test]
    fn https_has_a_port_of_its_own_and_any_other_scheme_is_refused_without_its_password() {
        let endpoint = resolve("https://[::1]/x").expect("an address");
        assert_eq!((endpoint.address.port(), endpoint.scheme(), endpoint.host.as_str()), (443, "https", "[::1]"));
        let refused = resolve("ws://user:secret@localhost/").expect_err("it is not http");
        assert_eq!(refused.to_string(), "bench speaks http and https, not ws://localhost/");
    }
}
