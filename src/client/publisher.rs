//! Publishing to a broker: one event per request, or a batch of them as NDJSON.
//!
//! A request that failed is repeated where that is safe, as [`super::retry`] says: after a connection that broke nobody
//! knows whether the broker has the event, so without an idempotency key that is for the caller to decide.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::timeout;
use url::Url;

use super::answer::{Answer, essence};
use super::header::{self, Header};
use super::idempotency::{HEADER, IdempotencyKey};
use super::lost::{Lost, Peer};
use super::network::Network;
use super::redirect::{Follow, Outgoing};
use super::reply::{JSON, NDJSON, PROBLEM, Reply};
use super::retry::{Tell, repeated};
use super::transport::Transport;
use super::way::Way;

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
    /// How long the broker wants to be left alone, if it says so.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
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
    /// There is no answer, and nothing was published.
    #[error(transparent)]
    Lost(Lost),
    /// The connection broke: the broker may have the event, or may not.
    #[error("{peer} did not answer: the event may be published or not")]
    Unanswered {
        /// Who was connected to.
        peer: Peer,
        /// What the network said.
        #[source]
        cause: Network,
    },
    /// The time for the answer is over: the broker may have the event, or may not.
    #[error("{peer} did not answer within {patience:?}: the event may be published or not")]
    Late {
        /// Who was connected to.
        peer: Peer,
        /// The time that it had.
        patience: Duration,
    },
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

impl From<Lost> for PublishError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Unanswered { peer, cause } => Self::Unanswered { peer, cause },
            lost => Self::Lost(lost),
        }
    }
}

/// What the broker says of an event that it took.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The ID of the event.
    pub id: String,
    /// The whole answer as it came: a JSON object that has the ID among its members.
    pub json: Box<RawValue>,
}

/// An event as the body of a request.
#[derive(Clone, Debug)]
pub enum Body {
    /// Its data, byte for byte; what else is said of it is in the URL.
    Data(Bytes),
    /// A JSON object that says all of it, its topics too.
    Object(Bytes),
}

/// What the broker says of one item of a batch: that it took the event, or why it did not.
pub type Outcome = Result<Receipt, Problem>;

/// A publisher for the servers that it is made for.
pub struct Publisher {
    way: Way,
    headers: HeaderMap,
    patience: Duration,
    retries: u32,
    tell: Box<Tell>,
}

/// The members of a result; a problem has no `id`.
#[derive(Deserialize)]
struct ResultLine {
    id: Option<String>,
    #[serde(flatten)]
    problem: Problem,
}

/// What the broker says of a topic.
#[derive(Deserialize)]
struct Presence {
    subscribers: u64,
}

/// Parses what the broker says of one event.
fn outcome(json: Box<RawValue>) -> Result<Outcome, serde_json::Error> {
    let line: ResultLine = serde_json::from_str(json.get())?;
    Ok(line.id.map(|id| Receipt { id, json }).ok_or(line.problem))
}

impl Publisher {
    /// A publisher that sends `headers` with every request, to `url` or others on that server, each of which may take
    /// as long as `patience` until its answer is complete, and may be repeated `retries` times.
    ///
    /// # Errors
    /// [`PublishError::Setup`].
    pub fn new(
        url: &Url,
        transport: &Transport,
        headers: &[Header],
        patience: Duration,
        retries: u32,
    ) -> Result<Self, PublishError> {
        let way = transport.way_to(url, Follow::Unchanged).map_err(PublishError::Setup)?;
        let defaults = [(ACCEPT, HeaderValue::from_static(JSON))];
        let headers = header::merge(&defaults, headers);
        Ok(Self { way, headers, patience, retries, tell: Box::new(|_, _| {}) })
    }

    /// Tells of every failure after which the request is repeated, and how long after it.
    #[must_use]
    pub fn on_retry(self, tell: impl Fn(&PublishError, Duration) + Send + Sync + 'static) -> Self {
        Self { tell: Box::new(tell), ..self }
    }

    /// Publishes one event. A broker that has seen the key before publishes nothing, and answers as it did then.
    ///
    /// # Errors
    /// Says whether the event may have been published nevertheless: see [`PublishError`].
    pub async fn publish(&self, url: &Url, body: Body, key: Option<&IdempotencyKey>) -> Result<Receipt, PublishError> {
        let (media_type, bytes) = match body {
            Body::Data(bytes) => ("text/plain; charset=utf-8", bytes),
            Body::Object(bytes) => (JSON, bytes),
        };
        let attempt = async || self.publish_now(url, media_type, bytes.clone(), key).await;
        repeated(self.retries, key.is_some(), &*self.tell, attempt).await
    }

    async fn publish_now(
        &self,
        url: &Url,
        media_type: &'static str,
        body: Bytes,
        key: Option<&IdempotencyKey>,
    ) -> Result<Receipt, PublishError> {
        let reply = self.post(url, media_type, body, key).await?;
        match serde_json::from_slice(&reply.body).and_then(outcome) {
            Ok(Ok(receipt)) if reply.success => Ok(receipt),
            _ => Err(reply.refusal()),
        }
    }

    /// Publishes the `items` lines of `ndjson`, and returns what became of each, in their order. A broker knows each of
    /// them by the key and its place.
    ///
    /// # Errors
    /// As [`Publisher::publish`]; an item that is refused is no error, but an outcome.
    pub async fn publish_batch(
        &self,
        url: &Url,
        ndjson: Bytes,
        items: usize,
        key: Option<&IdempotencyKey>,
    ) -> Result<Vec<Outcome>, PublishError> {
        let attempt = async || self.publish_batch_now(url, ndjson.clone(), items, key).await;
        repeated(self.retries, key.is_some(), &*self.tell, attempt).await
    }

    async fn publish_batch_now(
        &self,
        url: &Url,
        ndjson: Bytes,
        items: usize,
        key: Option<&IdempotencyKey>,
    ) -> Result<Vec<Outcome>, PublishError> {
        let reply = self.post(url, NDJSON, ndjson, key).await?;
        // The status is that of a refusal where any item is refused; what counts are the results.
        if !reply.success && reply.media_type != NDJSON {
            return Err(reply.refusal());
        }
        let lines = serde_json::Deserializer::from_slice(&reply.body).into_iter::<Box<RawValue>>();
        match lines.map(|line| outcome(line?)).collect::<Result<Vec<_>, _>>() {
            Ok(outcomes) if outcomes.len() == items => Ok(outcomes),
            Ok(outcomes) => Err(PublishError::Miscounted { answered: outcomes.len(), sent: items }),
            Err(_) => Err(reply.refusal()),
        }
    }

    /// Asks a broker how many listen to a topic; what it says is at `url`.
    ///
    /// # Errors
    /// As [`Publisher::publish`]; nothing is published in any case.
    pub async fn subscribers(&self, url: &Url) -> Result<u64, PublishError> {
        // Asking twice is as good as asking once.
        repeated(self.retries, true, &*self.tell, async || self.count_now(url).await).await
    }

    async fn count_now(&self, url: &Url) -> Result<u64, PublishError> {
        let reply = self.ask(Method::GET, url, self.headers.clone(), None).await?;
        match serde_json::from_slice::<Presence>(&reply.body) {
            Ok(presence) if reply.success => Ok(presence.subscribers),
            _ => Err(reply.refusal()),
        }
    }

    async fn post(
        &self,
        url: &Url,
        media_type: &'static str,
        body: Bytes,
        key: Option<&IdempotencyKey>,
    ) -> Result<Reply, PublishError> {
        let mut headers = self.headers.clone();
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
        if let Some(key) = key {
            headers.insert(HEADER, key.header());
        }
        self.ask(Method::POST, url, headers, Some(body)).await
    }

    /// Makes a request, and reads its answer if it may be that of a broker.
    async fn ask(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Reply, PublishError> {
        let request = Outgoing::new(method, url.clone(), headers, body);
        let late = |_| PublishError::Late { peer: self.way.peer(url), patience: self.patience };
        let began = Instant::now();
        let response = timeout(self.patience, self.way.send(request)).await.map_err(late)??;
        let media_type = essence(response.headers());
        if ![JSON, NDJSON, PROBLEM].contains(&media_type.as_str()) {
            // What no broker says may never end.
            return Err(PublishError::NotABroker(Box::new(Answer::keep(response).await)));
        }
        let left = self.patience.saturating_sub(began.elapsed());
        let read = timeout(left, Reply::read(response, media_type)).await.map_err(late)?;
        Ok(read.map_err(|error| self.way.lost(url, error))?)
    }
}
