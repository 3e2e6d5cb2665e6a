//! A way to a server, as a [`super::Transport`] has made it: requests go out on it, redirections are followed, and what comes
//! to nothing is named.

use std::path::PathBuf;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use super::lost::{Lost, Peer, address, without_credentials};
use super::redirect::{self, Follow, Misdirection, Outgoing};

/// Requests to one server, and to those that it redirects to.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) client: Client,
    pub(super) follow: Follow,
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

/// Marks an answer of another server than was asked: these headers it was not sent.
#[derive(Clone, Debug)]
pub(super) struct LeftBehind(pub(super) Vec<HeaderName>);

impl Way {
    /// Makes a request, follows where it leads, and waits for the head of the last answer.
    pub(super) async fn send(&self, mut request: Outgoing) -> Result<Response, Lost> {
        let asked = request.url.clone();
        let astray = |cause| Lost::Astray { url: without_credentials(&asked), cause };
        for _ in 0..=redirect::MOST {
            let mut response = self.send_once(&request).await?;
            let Some(location) = self.location(&response) else {
                response.extensions_mut().insert(LeftBehind(request.left_behind));
                return Ok(response);
            };
            request = request.redirected(response.status().as_u16(), location.as_bytes()).map_err(astray)?;
            let left_behind = &request.left_behind;
            tracing::info!(server = address(&request.url), ?left_behind, "redirected");
        }
        Err(astray(Misdirection::TooMany))
    }

    async fn send_once(&self, request: &Outgoing) -> Result<Response, Lost> {
        let Outgoing { method, url, headers, body, .. } = request;
        tracing::debug!(%method, address = address(url), "request");
        let mut builder = self.client.request(method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = body {
            builder = with_body(builder, body.clone());
        }
        let response = builder.send().await.map_err(|error| self.lost(url, error))?;
        tracing::debug!(status = response.status().as_u16(), version = ?response.version(), "answer");
        Ok(response)
    }

    /// Where an answer redirects to. One that does not say where is an answer like any other.
    fn location(&self, response: &Response) -> Option<HeaderValue> {
        response.headers().get(LOCATION).filter(|_| self.follow.follows(response.status().as_u16())).cloned()
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
