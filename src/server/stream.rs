//! The sink of a subscription: the body of an HTTP response, which hyper pulls as fast as the client reads.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;

use crate::broker::Subscription;
use crate::wire::{MEDIA_TYPE, encode_comment};

/// The headers of a stream. `no-store`: events are for their subscriber alone; `X-Accel-Buffering` keeps nginx from
/// collecting them.
pub(super) fn head() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ]
}

/// Answers with the events of the subscription, and with a comment after every `heartbeat` without one.
pub(super) fn respond(subscription: Subscription, heartbeat: Duration) -> Response {
    // The first bytes come at once, so that clients and proxies see that the stream is open.
    let opening = stream::iter([Ok::<_, std::convert::Infallible>(comment("connected"))]);
    let events = stream::unfold(subscription, move |mut subscription| async move {
        let chunk = tokio::select! {
            chunk = subscription.next() => chunk?,
            () = tokio::time::sleep(heartbeat) => comment("heartbeat"),
        };
        Some((Ok(chunk), subscription))
    });
    let body = Body::from_stream(futures_util::StreamExt::chain(opening, events));
    (head(), body).into_response()
}

fn comment(text: &str) -> Bytes {
    let mut chunk = Vec::new();
    encode_comment(text, &mut chunk);
    chunk.into()
}
