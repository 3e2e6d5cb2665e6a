//! As much of HTTP/1.1 (RFC 9112) as a load generator needs: two requests, the head of a response, and its body as it
//! comes. Pure: bytes in, bytes out; the sockets are the callers'.

mod body;
mod head;

pub(super) use body::Body;
pub(super) use head::{Framing, Head, MAX_HEAD};

use super::plan::Endpoint;
use crate::wire::MEDIA_TYPE;

/// What the generator calls itself.
const AGENT: &str = concat!("sse-bench/", env!("CARGO_PKG_VERSION"));

/// How many bytes of a refusal's body are worth showing.
pub(super) const SHOWN_BODY: usize = 200;

/// That the bytes of a peer are not HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The status line or a header.
    #[error("the head of the answer is not HTTP")]
    Head,
    /// Longer than any honest server's.
    #[error("the head of the answer is longer than {MAX_HEAD} bytes")]
    LongHead,
    /// The chunks of `Transfer-Encoding: chunked`.
    #[error("the chunks of the answer are malformed")]
    Chunk,
}

/// The request of a subscriber.
pub(super) fn subscribe(endpoint: &Endpoint) -> Vec<u8> {
    let Endpoint { host, path, .. } = endpoint;
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {MEDIA_TYPE}\r\nCache-Control: no-cache\r\n\
         User-Agent: {AGENT}\r\n\r\n"
    )
    .into_bytes()
}

/// The head of a publish of `size` bytes of text, which follow it. `close` asks the server to end the connection.
pub(super) fn publish(endpoint: &Endpoint, size: usize, close: bool) -> Vec<u8> {
    let Endpoint { host, path, .. } = endpoint;
    let close = if close { "Connection: close\r\n" } else { "" };
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n{close}\
         User-Agent: {AGENT}\r\n\r\n"
    )
    .into_bytes()
}

/// The beginning of a body for people, on one line.
pub(super) fn first_words(body: &[u8]) -> String {
    let shown = &body[..body.len().min(SHOWN_BODY)];
    String::from_utf8_lossy(shown).split_whitespace().collect::<Vec<_>>().join(" ")
}
