//! How a server is reached: TLS, proxies and sockets, decided once for both sides of the client.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Identity, Proxy};
use url::{Host, Url};

use super::lost::without_credentials;
use super::network::Network;
use super::redirect::Follow;
use super::way::{Detour, Way};

/// The time that connecting may take, name resolution and TLS included. There is none here for the answer: a
/// stream may be silent until its first event.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// What is known of the way to a server. The default trusts the certificates of the system, and asks the environment for
/// a proxy (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
#[derive(Clone, Debug, Default)]
pub struct Transport {
    authorities: Option<Vec<Certificate>>,
    identity: Option<Identity>,
    /// The proxy, and its URL as it may be shown.
    proxy: Option<(Proxy, String)>,
    /// Take any certificate, also one for another name.
    pub insecure: bool,
    /// Connect to this socket, whatever host and port the URL names.
    pub unix_socket: Option<PathBuf>,
    /// Speak HTTP/2 and nothing else, to a server without TLS too.
    pub http2: bool,
}

/// Why a file does not hold what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPem {
    /// There is no certificate to be found.
    #[error("it holds no certificate in the PEM format")]
    NoCertificate,
    /// A certificate or its private key is missing.
    #[error("it takes a certificate and its private key, unencrypted, in the PEM format")]
    NoIdentity,
}

/// A proxy that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT")]
pub struct NotAProxy;

impl Transport {
    /// Trusts these certificates and no others; `pem` holds one or more.
    ///
    /// # Errors
    /// [`NotPem::NoCertificate`].
    pub fn trust(&mut self, pem: &[u8]) -> Result<(), NotPem> {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| NotPem::NoCertificate)?;
        if certificates.is_empty() {
            return Err(NotPem::NoCertificate);
        }
        self.authorities = Some(certificates);
        Ok(())
    }

    /// Shows this certificate to servers that ask for one; `pem` holds it and its private key.
    ///
    /// # Errors
    /// [`NotPem::NoIdentity`].
    pub fn identify(&mut self, pem: &[u8]) -> Result<(), NotPem> {
        self.identity = Some(Identity::from_pem(pem).map_err(|_| NotPem::NoIdentity)?);
        Ok(())
    }

    /// Goes through this proxy for every server, whatever the environment says.
    ///
    /// # Errors
    /// If the URL is not that of a proxy.
    pub fn go_through(&mut self, proxy: &str) -> Result<(), NotAProxy> {
        let url = Url::parse(proxy).map_err(|_| NotAProxy)?;
        if !matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h") {
            return Err(NotAProxy);
        }
        let shown = without_credentials(&url).trim_end_matches('/').to_owned();
        self.proxy = Some((Proxy::all(proxy).map_err(|_| NotAProxy)?, shown));
        Ok(())
    }

    /// The transport to another server than the one that this is for: the same trust and the same proxy. The socket and the
    /// certificate to show are those of one server, and so is what it speaks.
    #[must_use]
    pub fn to_another_server(&self) -> Self {
        Self { identity: None, unix_socket: None, http2: false, ..self.clone() }
    }

    /// The way to the server of `url`. By the defaults of `reqwest` it asks by TCP keep-alive every 15 s whether a silent
    /// server is still there, so that one that vanished does not look live for ever.
    ///
    /// # Errors
    /// If TLS cannot be set up, such as where an `https` URL meets a system without root certificates.
    pub(super) fn way_to(&self, url: &Url, follow: Follow) -> Result<Way, Network> {
        let mut client = self.builder(url, follow).build();
        if client.is_err() && url.scheme() == "http" {
            // A container image without root certificates must not keep anyone from a server without TLS.
            client = self.builder(url, follow).tls_certs_only([]).build();
        }
        Ok(Way { client: client?, follow, detour: self.detour(url) })
    }

    fn detour(&self, url: &Url) -> Detour {
        match (&self.unix_socket, &self.proxy) {
            (Some(path), _) => Detour::Socket(path.clone()),
            (None, Some((_, proxy))) => Detour::Proxy(proxy.clone()),
            (None, None) if is_loopback(url) => Detour::None(None),
            (None, None) => Detour::None(proxy_variable(url)),
        }
    }

    fn builder(&self, url: &Url, follow: Follow) -> reqwest::ClientBuilder {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("sse/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // A [`Way`] does that.
            .redirect(Policy::none())
            .tls_danger_accept_invalid_certs(self.insecure)
            .tcp_nodelay(true);
        builder = match &self.proxy {
            Some((proxy, _)) => builder.proxy(proxy.clone()),
            None if is_loopback(url) => builder.no_proxy(),
            None => builder,
        };
        if follow == Follow::All {
            // A stream has its connection to itself: with HTTP/2 one that is taken for dead would be asked again.
            builder = builder.pool_max_idle_per_host(0);
        }
        if let Some(certificates) = &self.authorities {
            builder = builder.tls_certs_only(certificates.iter().cloned());
        }
        if let Some(identity) = &self.identity {
            builder = builder.identity(identity.clone());
        }
        if let Some(path) = &self.unix_socket {
            builder = builder.unix_socket(path.as_path());
        }
        if self.http2 { builder.http2_prior_knowledge() } else { builder }
    }
}

/// The variable of the environment that names a proxy for the URL, unless `NO_PROXY` exempts its host.
fn proxy_variable(url: &Url) -> Option<&'static str> {
    let names = match url.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    names.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
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

    #[test]
    fn what_is_no_certificate_and_no_proxy_is_refused() {
        let mut transport = Transport::default();
        assert_eq!(transport.trust(b"hello"), Err(NotPem::NoCertificate));
        assert_eq!(transport.identify(b"hello"), Err(NotPem::NoIdentity));
        assert_eq!(transport.go_through("example.com:3128"), Err(NotAProxy));
        assert_eq!(transport.go_through("ftp://example.com"), Err(NotAProxy));
        assert_eq!(transport.go_through("http://example.com:3128"), Ok(()));
    }
}
