//! A way to a server, as a [`super::Transport`] has made it: requests go out on it, and what comes to nothing is named.

use std::path::PathBuf;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, Response};
use url::Url;

use super::lost::{Lost, Peer, address};

/// Requests to one server, and to those that it redirects to.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) client: Client,
    pub(super) detour: Detour,
}

/// What is between us and the server.
#[derive(Clone, Debug)]
pub(super) enum Detour {
    /// Nothing, or a proxy of the environment, if this variable is set.
    None(Option<&'static str>),
    /// The proxy with this URL.
    Proxy(String),
    /// The socket, instead of the network.
    Socket(PathBuf),
}

/// A request, as it can be made more than once.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

impl Way {
    /// Makes a request, and waits for the head of its answer.
    pub(super) async fn send(&self, request: Outgoing) -> Result<Response, Lost> {
        let Outgoing { method, url, headers, body } = request;
        tracing::debug!(%method, address = address(&url), "request");
        let mut builder = self.client.request(method, url.clone()).headers(headers);
        if let Some(body) = body {
            builder = with_body(builder, body);
        }
        let response = builder.send().await.map_err(|error| self.lost(&url, error))?;
        tracing::debug!(status = response.status().as_u16(), version = ?response.version(), "answer");
        Ok(response)
    }

    /// What came of a request to `url` that has no whole answer.
    pub(super) fn lost(&self, url: &Url, error: reqwest::Error) -> Lost {
        Lost::new(url, self.peer(url), error.into())
    }

    /// Who a request to `url` goes to.
    pub(super) fn peer(&self, url: &Url) -> Peer {
        let address = address(url);
        match &self.detour {
            Detour::None(variable) => Peer::Server { address, variable: *variable },
            Detour::Proxy(proxy) => Peer::Proxied { address, proxy: proxy.clone() },
            Detour::Socket(path) => Peer::Socket(path.clone()),
        }
    }
}

/// A request with this body. That of an empty one is said to be so: RFC 9110 §8.6 asks for it, the HTTP client leaves it
/// out, and there are servers that answer 411 then.
fn with_body(request: RequestBuilder, body: Bytes) -> RequestBuilder {
    let request = if body.is_empty() { request.header(CONTENT_LENGTH, 0) } else { request };
    request.body(body)
}
