//! As much of HTTP/1.1 (RFC 9112) as a load generator needs: two requests, the head of a response, and its body as it
//! comes; and the request of a subscriber as HTTP/2 has it. Pure: bytes in, bytes out; the sockets are the callers'.

mod body;
mod head;
mod pieces;
mod request;

use serde::{Deserialize, Serialize};

pub(super) use body::Body;
pub(super) use head::{Framing, Head, MAX_HEAD, MAX_HEADERS, media_type};
pub(super) use pieces::Publish;
pub(super) use request::{Form, Http2Request, NUMBER, TOPIC, publish, subscribe, subscribe_by_http2};

/// How many bytes of a refusal's body are worth showing.
pub(super) const SHOWN_BODY: usize = 200;

/// That the bytes of a peer are not HTTP/1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Malformed {
    /// The status line or a header.
    #[error("the head of the answer is not HTTP")]
    Head,
    /// A record of TLS (RFC 8446 §5.1) instead.
    #[error("the answer is one of TLS")]
    Tls,
    /// With more headers than any honest server's.
    #[error("the answer has more than {MAX_HEADERS} headers")]
    ManyHeaders,
    /// Longer than any honest server's.
    #[error("the head of the answer is longer than {MAX_HEAD} bytes")]
    LongHead,
    /// The chunks of `Transfer-Encoding: chunked`.
    #[error("the chunks of the answer are malformed")]
    Chunk,
}

/// The beginning of a body for people, on one line.
pub(super) fn first_words(body: &[u8]) -> String {
    let shown = &body[..body.len().min(SHOWN_BODY)];
    String::from_utf8_lossy(shown).split_whitespace().collect::<Vec<_>>().join(" ")
}
