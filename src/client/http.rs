//! The HTTP client under both sides: limits, proxies and TLS, decided once.

use std::time::Duration;

use reqwest::redirect::Policy;
use url::{Host, Url};

/// The time that connecting may take, name resolution and TLS included. There is none here for the answer: a
/// stream may be silent until its first event.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Which redirections a client follows, ten of them at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    /// All, as a browser does.
    All,
    /// Those that repeat the request as it is: 307 and 308 of RFC 9110 §15.4. After any other a POST goes on as a GET,
    /// which publishes nothing and, at a broker, opens a stream without end.
    Unchanged,
}

impl Follow {
    fn policy(self) -> Policy {
        match self {
            Self::All => Policy::default(),
            Self::Unchanged => Policy::custom(|attempt| match attempt.status().as_u16() {
                307 | 308 => Policy::default().redirect(attempt),
                _ => attempt.stop(),
            }),
        }
    }
}

/// A client for requests to `url`. By the defaults of `reqwest` it asks by TCP keep-alive every 15 s whether a silent
/// server is still there, so that one that vanished does not look live for ever.
///
/// # Errors
/// If TLS cannot be set up, such as where an `https` URL meets a system without root certificates.
pub(super) fn client_for(url: &Url, follow: Follow) -> Result<reqwest::Client, reqwest::Error> {
    let built = builder(url, follow).build();
    if built.is_err() && url.scheme() == "http" {
        // A container image without root certificates must not keep anyone from a server without TLS.
        return builder(url, follow).tls_certs_only([]).build();
    }
    built
}

fn builder(url: &Url, follow: Follow) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("sse/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(follow.policy())
        .tcp_nodelay(true);
    if is_loopback(url) { builder.no_proxy() } else { builder }
}

/// Whether the URL names this machine, which no proxy can reach.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised_in_all_its_spellings() {
        let loopback = |text: &str| is_loopback(&Url::parse(text).expect("a URL"));
        for url in
            ["http://127.0.0.1:8080/", "http://127.9.9.9/", "http://[::1]/", "http://LOCALHOST/", "http://a.localhost/"]
        {
            assert!(loopback(url), "{url}");
        }
        assert!(!loopback("http://example.com/") && !loopback("http://10.0.0.1/") && !loopback("http://notlocalhost/"));
    }
}
