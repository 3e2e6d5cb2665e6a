//! Where a redirection leads, and what goes along: Fetch §4.4, "HTTP-redirect fetch", as a pure function of a request and of
//! what the answer says.
//!
//! Fetch keeps `Authorization` from other servers. Here any header may be a credential, such as `X-Api-Key`: to another
//! server go only those that cannot be one.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, HeaderMap, HeaderName, USER_AGENT,
};
use url::Url;

use super::idempotency;

/// Redirections that are followed in a row: as many as the Fetch standard allows.
pub(super) const MOST: usize = 20;

/// Headers that say what is asked for, never who asks, besides those about the body.
const HARMLESS: [HeaderName; 13] = [
    ACCEPT,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    USER_AGENT,
    idempotency::HEADER,
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("sse-event"),
    HeaderName::from_static("sse-id"),
    HeaderName::from_static("sse-key"),
    HeaderName::from_static("sse-retry"),
    HeaderName::from_static("sse-ttl"),
];

/// Which redirections are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    /// All, as a browser does.
    All,
    /// Those that repeat the request as it is: 307 and 308 of RFC 9110 §15.4. After any other a POST goes on as a GET,
    /// which publishes nothing and, at a broker, opens a stream without end.
    Unchanged,
    /// None: what is sent is for the one it is sent to.
    None,
}

impl Follow {
    pub(super) fn follows(self, status: u16) -> bool {
        match self {
            Self::All => matches!(status, 301 | 302 | 303 | 307 | 308),
            Self::Unchanged => matches!(status, 307 | 308),
            Self::None => false,
        }
    }
}

/// Why a redirection cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum Misdirection {
    /// Each leads to another one.
    #[error("too many redirects")]
    TooMany,
    /// The `Location` is none.
    #[error("its redirection leads to no URL")]
    NotAUrl(#[from] url::ParseError),
    /// The `Location` has another scheme than http or https.
    #[error("its redirection leads to {0}:, where no HTTP is spoken")]
    Scheme(String),
}

/// A request, as it can be made more than once.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    /// Those headers that another server, to which a redirection has led, is not sent.
    pub(super) left_behind: Vec<HeaderName>,
}

impl Outgoing {
    pub(super) fn new(method: Method, url: Url, headers: HeaderMap, body: Option<Bytes>) -> Self {
        Self { method, url, headers, body, left_behind: Vec::new() }
    }

    /// The request that an answer with this status and this `Location` asks for. What has been left behind once does not
    /// come back when the way does.
    pub(super) fn redirected(mut self, status: u16, location: &[u8]) -> Result<Self, Misdirection> {
        let url = destination(&self.url, location)?;
        let becomes_get = match status {
            301 | 302 => self.method == Method::POST,
            303 => !matches!(self.method, Method::GET | Method::HEAD),
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.remove(is_about_the_body);
        }
        if url.origin() != self.url.origin() {
            let mut left_behind = self.remove(|name| !HARMLESS.contains(name) && !is_about_the_body(name));
            if has_credentials(&self.url) {
                left_behind.push(AUTHORIZATION);
            }
            self.left_behind.extend(left_behind);
            self.left_behind.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            self.left_behind.dedup();
        }
        self.url = url;
        Ok(self)
    }

    fn remove(&mut self, unwanted: impl Fn(&HeaderName) -> bool) -> Vec<HeaderName> {
        let removed: Vec<_> = self.headers.keys().filter(|name| unwanted(name)).cloned().collect();
        for name in &removed {
            self.headers.remove(name);
        }
        removed
    }
}

fn is_about_the_body(name: &HeaderName) -> bool {
    name.as_str().starts_with("content-")
}

/// Fetch §2.2.6, "location URL".
fn destination(from: &Url, location: &[u8]) -> Result<Url, Misdirection> {
    // What is not UTF-8 is taken for ISO 8859-1.
    let latin = || location.iter().copied().map(char::from).collect();
    let location = std::str::from_utf8(location).map_or_else(|_| latin(), str::to_owned);
    let mut to = from.join(&location)?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(Misdirection::Scheme(to.scheme().to_owned()));
    }
    if to.fragment().is_none() {
        to.set_fragment(from.fragment());
    }
    if to.origin() == from.origin() && !has_credentials(&to) {
        // Both fail for URLs without a host only, which no http or https URL is.
        let _ = to.set_username(from.username());
        let _ = to.set_password(from.password());
    }
    Ok(to)
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{CONTENT_TYPE, HeaderValue};

    use super::*;

    fn asked(method: Method) -> Outgoing {
        let headers = [(CONTENT_TYPE, "a/b"), (AUTHORIZATION, "secret"), (ACCEPT, "c/d")];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect();
        let url = Url::parse("http://me:secret@a/b/c?d#e").expect("a URL");
        Outgoing::new(method, url, headers, Some(Bytes::from_static(b"body")))
    }

    fn names(request: &Outgoing) -> Vec<&str> {
        request.headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn the_method_changes_where_fetch_says_so() {
        let after = |status, method| {
            let next = asked(method).redirected(status, b"x").expect("a URL");
            (next.method.as_str().to_owned(), next.body.is_some(), next.headers.contains_key(CONTENT_TYPE))
        };
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(after(status, Method::HEAD), ("HEAD".to_owned(), true, true), "{status}");
            let becomes_get = status < 307;
            let expected = if becomes_get { ("GET", false, false) } else { ("POST", true, true) };
            assert_eq!(after(status, Method::POST), (expected.0.to_owned(), expected.1, expected.2), "{status}");
            let expected = if status == 303 { ("GET", false, false) } else { ("PUT", true, true) };
            assert_eq!(after(status, Method::PUT), (expected.0.to_owned(), expected.1, expected.2), "{status}");
        }
    }

    #[test]
    fn a_location_is_relative_and_inherits_the_fragment_and_the_credentials() {
        let to = |location: &[u8]| destination(&asked(Method::GET).url, location).map(String::from).ok();
        let url = |url: &str| Some(url.to_owned());
        assert_eq!(to(b"x?y"), url("http://me:secret@a/b/x?y#e"));
        assert_eq!(to(b"/x#y"), url("http://me:secret@a/x#y"));
        assert_eq!(to(b"http://a:80/x"), url("http://me:secret@a/x#e"));
        assert_eq!(to(b"http://you:s@a/x"), url("http://you:s@a/x#e"));
        assert_eq!(to(b"//f/x"), url("http://f/x#e"));
        assert_eq!(to("/ä".as_bytes()), to(b"/\xe4"));
        assert_eq!((to(b"http://"), to(b"mailto:a@b")), (None, None));
    }

    #[test]
    fn another_scheme_host_or_port_is_another_server() {
        for location in ["https://a/", "http://b/", "http://a:81/"] {
            let there = asked(Method::GET).redirected(307, location.as_bytes()).expect("a URL");
            assert_eq!((names(&there), &there.left_behind[..]), (vec!["content-type", "accept"], &[AUTHORIZATION][..]));
            let back = there.redirected(307, b"http://a/").expect("a URL");
            assert_eq!((names(&back).len(), &back.left_behind[..]), (2, &[AUTHORIZATION][..]), "{location}");
            assert!(!has_credentials(&back.url));
        }
        let same = asked(Method::GET).redirected(307, b"http://A:80/").expect("a URL");
        assert_eq!((names(&same).len(), same.left_behind.len()), (3, 0));
    }
}
