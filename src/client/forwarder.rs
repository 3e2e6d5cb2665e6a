//! Passing events on to a webhook: a POST for each, one after the other, repeated until it is taken.
//!
//! Unlike a [`super::Publisher`] it asks nothing of the answer but its status: any web server will do. For the same reason a
//! failure is followed by another attempt where a publisher would give up: after any status that may mean "later".

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde::de::IgnoredAny;
use tokio::time::{sleep, timeout};
use url::Url;

use super::idempotency::{self, IdempotencyKey};
use super::lost::Lost;
use super::network::Network;
use super::redirect::{Follow, Outgoing};
use super::retry;
use super::transport::Transport;
use super::way::Way;
use crate::wire::Message;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much is read of an answer, in bytes, and for how long: a body that is read to its end leaves the connection to the
/// next event. What is longer costs the connection.
const DRAINED: usize = 64 << 10;
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);

const EVENT: HeaderName = HeaderName::from_static("sse-event");

const ID: HeaderName = HeaderName::from_static("sse-id");

/// The target of a webhook.
#[derive(Debug)]
pub struct Forwarder {
    way: Way,
    url: Url,
    retries: u32,
}

/// How an event was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// The status line without the protocol, such as `200 OK`.
    pub status: String,
    /// How often it was sent.
    pub attempts: u32,
    /// From the first attempt to the answer.
    pub took: Duration,
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub struct NotForwarded {
    /// Why the last attempt failed.
    pub cause: Refusal,
    /// How often it was sent.
    pub attempts: u32,
}

impl fmt::Display for NotForwarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            1 => self.cause.fmt(f),
            attempts => write!(f, "{} ({attempts} attempts)", self.cause),
        }
    }
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No answer came.
    #[error("{}: {}", .0, .0.cause())]
    Lost(Lost),
    /// The time for the answer is over.
    #[error("no answer within {PATIENCE:?}")]
    Late,
    /// The answer says no.
    #[error("{status}")]
    Status {
        /// Such as `404 Not Found`.
        status: StatusCode,
        /// How long the target wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
}

impl Refusal {
    /// How long to wait before the next attempt, if another one may fare better.
    fn wait(&self, failures: u32) -> Option<Duration> {
        let pause = retry::pause(failures, fastrand::f64());
        match self {
            Self::Lost(Lost::Request { .. } | Lost::Astray { .. }) => None,
            Self::Lost(lost) if lost.is_certificate() => None,
            Self::Lost(_) | Self::Late => Some(pause),
            Self::Status { status, retry_after } => {
                let later = matches!(status.as_u16(), 408 | 425 | 429 | 500..);
                later.then(|| retry_after.unwrap_or_default().min(retry::LONGEST).max(pause))
            }
        }
    }
}

impl Forwarder {
    /// A forwarder to `url`, which sends an event `retries` times more if it is not taken.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(url: Url, transport: &Transport, retries: u32) -> Result<Self, Network> {
        Self::following(Follow::Unchanged, url, transport, retries)
    }

    /// The same, which follows these redirections.
    pub(super) fn following(follow: Follow, url: Url, transport: &Transport, retries: u32) -> Result<Self, Network> {
        let way = transport.way_to(&url, follow)?;
        Ok(Self { way, url, retries })
    }

    /// Sends an event until it is taken, or until no more attempts are left: its data as the body, its type and ID as the
    /// headers `Sse-Event` and `Sse-Id`, as far as a header can hold them, and an `Idempotency-Key`, which stays the same
    /// for all attempts. `again` is told of each that failed, and how long it is until the next.
    ///
    /// # Errors
    /// [`NotForwarded`].
    pub async fn forward(
        &self,
        message: &Message,
        again: impl FnMut(&Refusal, Duration),
    ) -> Result<Forwarded, NotForwarded> {
        let (headers, body) = (headers(message), Bytes::copy_from_slice(message.data.as_bytes()));
        self.deliver(body, || headers.clone(), again).await
    }

    /// The same with any body, and with headers that are made for each attempt.
    pub(super) async fn deliver(
        &self,
        body: Bytes,
        headers: impl Fn() -> HeaderMap,
        mut again: impl FnMut(&Refusal, Duration),
    ) -> Result<Forwarded, NotForwarded> {
        let began = Instant::now();
        let mut attempts = 1;
        loop {
            let answered = self.attempt(headers(), body.clone()).await;
            let took = began.elapsed();
            let cause = match answered {
                Ok(response) => {
                    let status = response.status().to_string();
                    drain(response).await;
                    return Ok(Forwarded { status, attempts, took });
                }
                Err(cause) => cause,
            };
            let Some(wait) = cause.wait(attempts).filter(|_| attempts <= self.retries) else {
                return Err(NotForwarded { cause, attempts });
            };
            again(&cause, wait);
            sleep(wait).await;
            attempts += 1;
        }
    }

    async fn attempt(&self, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
        let request = Outgoing::new(Method::POST, self.url.clone(), headers, Some(body));
        let sent = timeout(PATIENCE, self.way.send(request)).await.map_err(|_| Refusal::Late)?;
        let response = sent.map_err(Refusal::Lost)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry::after(response.headers());
        drain(response).await;
        Err(Refusal::Status { status, retry_after })
    }
}

/// Reads an answer to its end, if that is near.
async fn drain(mut response: Response) {
    let mut left = DRAINED;
    let drained = async {
        while let Ok(Some(chunk)) = response.chunk().await
            && chunk.len() <= left
        {
            left -= chunk.len();
        }
    };
    // It is over in any case.
    let _ = timeout(DRAIN_PATIENCE, drained).await;
}

fn headers(message: &Message) -> HeaderMap {
    let is_json = serde_json::from_str::<IgnoredAny>(&message.data).is_ok();
    let media_type = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(idempotency::HEADER, IdempotencyKey::random().header());
    for (name, text) in [(EVENT, &message.event_type), (ID, &message.last_event_id)] {
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes())
            && !text.is_empty()
        {
            headers.insert(name, value);
        }
    }
    headers
}
