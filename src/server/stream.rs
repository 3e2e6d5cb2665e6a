//! The answer to a subscription: its head, and for hyper its body.
//!
//! The handler answers with an empty response that carries the admitted subscription. It passes all layers, which add
//! their headers as to any other; then the connection decides what the sink is.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::Notify;

use crate::broker::{Admitted, Broker, Subscription};
use crate::metrics::Transport;
use crate::wire::{MEDIA_TYPE, encode_comment};

/// A subscription on its way through the layers: they can only pass on what can be cloned.
#[derive(Clone)]
struct Carried {
    admitted: Arc<Mutex<Option<Admitted>>>,
    broker: Broker,
    transport: Transport,
    /// What is said before all events.
    hello: Bytes,
}

/// The headers of a stream. `no-store`: events are for their subscriber alone; `X-Accel-Buffering` keeps nginx from
/// collecting them.
pub(super) fn headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ]
}

/// Tells a client the ID of its connection, by which it can be changed while it is open.
pub(super) const CONNECTION: HeaderName = HeaderName::from_static("sse-connection");

/// The answer that a handler gives.
pub(super) fn respond(admitted: Admitted, broker: &Broker, transport: Transport, hello: Bytes) -> Response {
    let mut response = ([(CONNECTION, admitted.id().to_string())], headers()).into_response();
    let admitted = Arc::new(Mutex::new(Some(admitted)));
    response.extensions_mut().insert(Carried { admitted, broker: broker.clone(), transport, hello });
    response
}

/// Takes the subscription out of an answer that carries one.
fn carried(response: &mut Response) -> Option<(Carried, Admitted)> {
    let carried = response.extensions_mut().remove::<Carried>()?;
    let admitted = carried.admitted.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    Some((carried, admitted))
}

/// Takes the subscription out of an answer that can leave hyper.
pub(super) fn leaving(response: &mut Response) -> Option<(Admitted, Bytes)> {
    match response.extensions().get::<Carried>()?.transport {
        Transport::Http1 | Transport::Tls => carried(response).map(|(carried, admitted)| (admitted, carried.hello)),
        Transport::Hyper => None,
    }
}

/// Gives an answer that carries a subscription the body that hyper asks for events. If it is to end and hyper does not ask,
/// because the client reads nothing, `hang_up` is notified.
pub(super) fn fill(mut response: Response, hang_up: &Arc<Notify>) -> Response {
    if let Some((carried, admitted)) = carried(&mut response) {
        let subscription = carried.broker.open(admitted, Arc::clone(hang_up));
        // The layers took the answer for what it was, an empty one.
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = body(subscription, opening(&carried.hello));
    }
    response
}

fn body(subscription: Subscription, opening: Bytes) -> Body {
    // The first bytes come at once, so that clients and proxies see that the stream is open.
    let opening = stream::iter([Ok::<_, std::convert::Infallible>(opening)]);
    let events =
        stream::unfold(subscription, async |mut subscription| Some((Ok(subscription.next().await?), subscription)));
    Body::from_stream(futures_util::StreamExt::chain(opening, events))
}

/// What is written to a socket that has left hyper before all events: the head, and the first chunk of the body.
pub(super) fn head(response: &Response, hello: &Bytes) -> Bytes {
    let mut head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n".to_vec();
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    let date = HeaderValue::try_from(date).unwrap_or(HeaderValue::from_static(""));
    for (name, value) in response.headers().iter().chain([(&header::DATE, &date)]) {
        // The layers took the answer for what it was, an empty one.
        if name != header::CONTENT_LENGTH {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
    }
    let opening = opening(hello);
    head.extend_from_slice(format!("\r\n{:x}\r\n", opening.len()).as_bytes());
    head.extend_from_slice(&opening);
    head.extend_from_slice(b"\r\n");
    head.into()
}

/// The first bytes of a body, which come at once: a comment, and what is said first.
fn opening(hello: &Bytes) -> Bytes {
    let mut chunk = Vec::new();
    encode_comment("connected", &mut chunk);
    chunk.extend_from_slice(hello);
    chunk.into()
}
