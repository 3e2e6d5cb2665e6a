//! Publishing to a broker: one event per request, or a batch of them as NDJSON.
//!
//! It repeats nothing by itself: after a connection that broke nobody knows whether the broker has the event, so that is
//! for the caller to decide.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use super::answer::{Answer, essence};
use super::header::{self, Header};
use super::http::{self, Follow};
use super::network::Network;
use super::source::address;

/// The longest answer that is read, in bytes: far more than the results of the largest batch that `sse send` makes.
const LONGEST_ANSWER: usize = 8 << 20;

const JSON: &str = "application/json";

const NDJSON: &str = "application/x-ndjson";

/// RFC 9457 §3.
const PROBLEM: &str = "application/problem+json";

/// Why the broker did not take an event: RFC 9457, in the members that it uses.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Problem {
    /// The HTTP status of the refusal.
    #[serde(default)]
    pub status: u16,
    /// What kind of problem it is, in a few words.
    #[serde(default)]
    pub title: String,
    /// What is wrong with this request, and what to do about it.
    #[serde(default)]
    pub detail: String,
}

impl Problem {
    fn sentence(&self) -> String {
        match (self.detail.as_str(), self.title.as_str()) {
            ("", "") => format!("status {}, without a reason", self.status),
            ("", title) => title.to_owned(),
            (detail, _) => detail.to_owned(),
        }
    }
}

/// Why nothing was published, or why it is not known.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Setup(#[source] Network),
    /// No connection came about.
    #[error("cannot connect to {address}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// The connection broke: the broker may have the event, or may not.
    #[error("{address} did not answer: the event may be published or not")]
    Unanswered {
        /// Host and port.
        address: String,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// The time for the answer is over: the broker may have the event, or may not.
    #[error("{address} did not answer within {patience:?}: the event may be published or not")]
    Late {
        /// Host and port.
        address: String,
        /// The time that it had.
        patience: Duration,
    },
    /// The request cannot succeed, however often it is made.
    #[error("the request failed")]
    Request(#[source] Network),
    /// The broker says no.
    #[error("the broker refused")]
    Refused(#[from] Problem),
    /// The answer is not that of a broker.
    #[error("{} answered {}, which is not the answer of a broker", .0.url, .0.status_text())]
    NotABroker(Box<Answer>),
    /// A batch was answered with more or fewer results than it had items.
    #[error("the broker answered for {answered} of {sent} events")]
    Miscounted {
        /// The number of results.
        answered: usize,
        /// The number of items.
        sent: usize,
    },
}

/// What the broker says of one item of a batch: the ID of the event, or why there is none.
pub type Outcome = Result<String, Problem>;

/// A publisher for the servers that it is made for.
#[derive(Debug)]
pub struct Publisher {
    client: reqwest::Client,
    headers: HeaderMap,
    patience: Duration,
}

/// The members of a result; a problem has no `id`.
#[derive(Deserialize)]
struct ResultLine {
    id: Option<String>,
    #[serde(flatten)]
    problem: Problem,
}

impl Publisher {
    /// A publisher that sends `headers` with every request, to `url` or others on that server, each of which may take
    /// as long as `patience` until its answer is complete.
    ///
    /// # Errors
    /// [`PublishError::Setup`].
    pub fn new(url: &Url, headers: &[Header], patience: Duration) -> Result<Self, PublishError> {
        let client = http::client_for(url, Follow::Unchanged).map_err(|error| PublishError::Setup(error.into()))?;
        let defaults = [(ACCEPT, HeaderValue::from_static(JSON))];
        Ok(Self { client, headers: header::merge(&defaults, headers), patience })
    }

    /// Publishes one event with `body` as its data, byte for byte, and returns its ID.
    ///
    /// # Errors
    /// Says whether the event may have been published nevertheless: see [`PublishError`].
    pub async fn publish(&self, url: &Url, body: Bytes) -> Result<String, PublishError> {
        let reply = self.post(url, "text/plain; charset=utf-8", body).await?;
        match serde_json::from_slice::<ResultLine>(&reply.body) {
            Ok(ResultLine { id: Some(id), .. }) if reply.success => Ok(id),
            _ => Err(reply.refusal()),
        }
    }

    /// Publishes the `items` lines of `ndjson`, and returns what became of each, in their order.
    ///
    /// # Errors
    /// As [`Publisher::publish`]; an item that is refused is no error, but an outcome.
    pub async fn publish_batch(&self, url: &Url, ndjson: Bytes, items: usize) -> Result<Vec<Outcome>, PublishError> {
        let reply = self.post(url, NDJSON, ndjson).await?;
        // The status is that of a refusal where any item is refused; what counts are the results.
        if !reply.success && reply.media_type != NDJSON {
            return Err(reply.refusal());
        }
        let lines = serde_json::Deserializer::from_slice(&reply.body).into_iter::<ResultLine>();
        let outcome = |line: ResultLine| line.id.ok_or(line.problem);
        match lines.map(|line| line.map(outcome)).collect::<Result<Vec<_>, _>>() {
            Ok(outcomes) if outcomes.len() == items => Ok(outcomes),
            Ok(outcomes) => Err(PublishError::Miscounted { answered: outcomes.len(), sent: items }),
            Err(_) => Err(reply.refusal()),
        }
    }

    async fn post(&self, url: &Url, media_type: &'static str, body: Bytes) -> Result<Reply, PublishError> {
        let mut headers = self.headers.clone();
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
        let request = self.client.post(url.clone()).headers(headers).body(body);
        let lost = |error: reqwest::Error| lost(url, error.into());
        let late = |_| PublishError::Late { address: address(url), patience: self.patience };
        let began = Instant::now();
        tracing::debug!(method = "POST", address = address(url), "request");
        let response = timeout(self.patience, request.send()).await.map_err(late)?.map_err(lost)?;
        tracing::debug!(status = response.status().as_u16(), version = ?response.version(), "answer");
        let media_type = essence(response.headers());
        if ![JSON, NDJSON, PROBLEM].contains(&media_type.as_str()) {
            // What no broker says may never end.
            return Err(PublishError::NotABroker(Box::new(Answer::keep(response).await)));
        }
        Ok(Reply {
            success: response.status().is_success(),
            media_type,
            answer: Answer::head(&response),
            body: timeout(self.patience.saturating_sub(began.elapsed()), read(response))
                .await
                .map_err(late)?
                .map_err(lost)?,
        })
    }
}

/// A whole answer.
struct Reply {
    success: bool,
    media_type: String,
    answer: Answer,
    body: Vec<u8>,
}

impl Reply {
    /// What the answer means if it is not the one that was hoped for.
    fn refusal(self) -> PublishError {
        match serde_json::from_slice::<Problem>(&self.body) {
            Ok(problem) if self.media_type == PROBLEM => {
                PublishError::Refused(Problem { status: self.answer.status, ..problem })
            }
            _ => PublishError::NotABroker(Box::new(self.answer.with_body(&self.body))),
        }
    }
}

fn lost(url: &Url, cause: Network) -> PublishError {
    let address = address(url);
    if cause.is_hopeless() {
        PublishError::Request(cause)
    } else if cause.is_connect() {
        PublishError::Unreachable { address, cause }
    } else {
        PublishError::Unanswered { address, cause }
    }
}

/// The body, up to [`LONGEST_ANSWER`]; what is longer is cut, and then is no valid answer.
async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk[..chunk.len().min(LONGEST_ANSWER - body.len())]);
        if body.len() == LONGEST_ANSWER {
            break;
        }
    }
    Ok(body)
}
