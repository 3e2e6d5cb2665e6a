//! A request that brought no answer: who did not give it, as messages name them, and why.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use super::network::Network;
use super::redirect::Misdirection;

/// Who a connection goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A server.
    Server {
        /// Host and port.
        address: String,
        /// The variable of the environment, if there is one, that may name a proxy for it.
        variable: Option<&'static str>,
    },
    /// A server that only a proxy is connected to.
    Proxied {
        /// Host and port of the server.
        address: String,
        /// The URL of the proxy, without credentials.
        proxy: String,
    },
    /// A Unix socket.
    Socket(PathBuf),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { address, .. } => f.write_str(address),
            Self::Proxied { address, proxy } => write!(f, "{address} through the proxy {proxy}"),
            Self::Socket(path) => write!(f, "the socket {}", path.display()),
        }
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// No connection came about: the server has seen nothing of the request.
    #[error("cannot connect to {peer}")]
    Unreachable {
        /// Who was to be connected to.
        peer: Peer,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// The connection broke: the server may have done what was asked for, or may not.
    #[error("{peer} did not answer")]
    Unanswered {
        /// Who was connected to.
        peer: Peer,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// Redirections lead nowhere.
    #[error("the request to {url} failed")]
    Astray {
        /// What was asked for, without credentials.
        url: String,
        /// What is wrong with the last one.
        #[source]
        cause: Misdirection,
    },
    /// The request cannot succeed, however often it is made.
    #[error("the request to {url} failed")]
    Request {
        /// What was asked for, without credentials.
        url: String,
        /// Why it cannot succeed.
        #[source]
        cause: Network,
    },
}

impl Lost {
    /// What came of a request to `url`, at this peer.
    pub(super) fn new(url: &Url, peer: Peer, cause: Network) -> Self {
        if cause.is_hopeless() {
            Self::Request { url: without_credentials(url), cause }
        } else if cause.is_connect() {
            Self::Unreachable { peer, cause }
        } else {
            Self::Unanswered { peer, cause }
        }
    }

    /// Why, without who.
    #[must_use]
    pub fn cause(&self) -> &dyn fmt::Display {
        match self {
            Self::Unreachable { cause, .. } | Self::Unanswered { cause, .. } | Self::Request { cause, .. } => cause,
            Self::Astray { cause, .. } => cause,
        }
    }

    /// Whether the server's certificate is not one that can be trusted.
    pub(super) fn is_certificate(&self) -> bool {
        matches!(self, Self::Unreachable { cause, .. } if cause.is_certificate())
    }
}

/// Host and port.
pub(super) fn address(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

/// The URL as it may be shown.
#[must_use]
pub fn without_credentials(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail for URLs without a host only, which no http or https URL is.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
