//! `POST /events/{topic}`: the body is the data of one event.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::body::{self, Limit, Whole};
use super::connection::Peer;
use super::identity::Who;
use super::parameters::{Parameters, header, topic_in};
use super::refusal::Refusal;
use super::router::App;
use super::terms::{self, idempotency_key};
use crate::auth::Grant;
use crate::broker::{Published, Terms};
use crate::topic::{Native, Topic};
use crate::wire::Event;

/// The parameters that publishing takes, each also as a header `Sse-…`.
const KNOWN: [&str; 5] = ["event", "id", "retry", "ttl", "key"];

/// Says that the event was published before, by a request with the same Idempotency-Key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a publisher is told about its event: its ID and its topic, or topics. It is the same however often it asks.
pub(super) struct Receipt(pub(super) Published);

impl Serialize for Receipt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut receipt = serializer.serialize_struct("Receipt", 2)?;
        receipt.serialize_field("id", &format_args!("{}", self.0))?;
        match self.0.topics() {
            [topic] => receipt.serialize_field("topic", topic.as_str())?,
            topics => receipt.serialize_field("topics", &topics.iter().map(Topic::as_str).collect::<Vec<_>>())?,
        }
        receipt.end()
    }
}

pub(super) async fn handle(
    State(app): State<App>,
    Who(grant): Who,
    uri: Uri,
    headers: HeaderMap,
    Extension(peer): Extension<Peer>,
    body: Body,
) -> Result<Response, Refusal> {
    let name = topic_in(&uri, "/events/")?.ok_or(Refusal::NoTopic)?;
    let topic: Topic = name.parse().map_err(|error| Refusal::Topic(name, error))?;
    may_publish(&grant, &topic)?;
    let fields = Fields::of(&uri, &headers)?;
    let limits = app.gates.publish.take(&grant, peer.address, 1)?;
    let Whole { bytes, held: _held } = body::read(&app, body, OfEvent(app.settings.max_event_size)).await?;
    let data = String::from_utf8(bytes).map_err(|_| Refusal::NotUtf8("the body"))?;
    let mut terms = fields.terms()?;
    terms.idempotency = idempotency_key(&headers)?;
    let draft = app.broker.draft(vec![topic], fields.event(data)?, terms)?;
    let published = app.broker.publish(vec![draft]).await?;
    Ok((limits, receipt(published.into_iter().next().ok_or(Refusal::Stopping)??)).into_response())
}

/// Whether an event may go to a topic.
pub(super) fn may_publish(grant: &Grant, topic: &Topic) -> Result<(), Refusal> {
    if let Some(Native::Presence(_)) = topic.native() {
        return Err(Refusal::OfBroker(topic.to_string()));
    }
    Ok(grant.may_publish(topic)?)
}

/// The answer to a request that publishes one event.
pub(super) fn receipt(published: Published) -> Response {
    let replayed = published.is_repeated().then_some([(REPLAYED, "true")]);
    (replayed, Json(Receipt(published))).into_response()
}

/// The data of an event within its limit.
struct OfEvent(u64);

impl Limit for OfEvent {
    fn with(&mut self, _: &Bytes) -> u64 {
        self.0
    }

    fn beyond(limit: u64) -> Refusal {
        Refusal::EventTooLarge(limit)
    }
}

/// The fields of an event beside its data, as the publisher wrote them.
struct Fields {
    event: Option<String>,
    id: Option<String>,
    retry: Option<String>,
    ttl: Option<String>,
    key: Option<String>,
}

impl Fields {
    fn of(uri: &Uri, headers: &HeaderMap) -> Result<Self, Refusal> {
        let parameters = Parameters::parse(uri, &KNOWN)?;
        let misspelt =
            |name: &&HeaderName| name.as_str().strip_prefix("sse-").is_some_and(|name| !KNOWN.contains(&name));
        if let Some(name) = headers.keys().find(misspelt) {
            return Err(Refusal::UnknownHeader(name.to_string(), KNOWN.map(|name| format!("sse-{name}")).join(", ")));
        }
        let field = |name: &'static str, header_name| match (parameters.one(name)?, header(headers, header_name)?) {
            (Some(_), Some(_)) => Err(Refusal::Repeated(name.to_owned())),
            (in_query, in_header) => Ok(in_query.or(in_header).map(str::to_owned)),
        };
        Ok(Self {
            event: field("event", "sse-event")?,
            id: field("id", "sse-id")?,
            retry: field("retry", "sse-retry")?,
            ttl: field("ttl", "sse-ttl")?,
            key: field("key", "sse-key")?,
        })
    }

    fn terms(&self) -> Result<Terms, Refusal> {
        let (ttl, key) = (self.ttl.as_deref().map(terms::ttl), self.key.as_deref().map(terms::key));
        Ok(Terms { ttl: ttl.transpose()?, key: key.transpose()?, idempotency: None })
    }

    fn event(self, data: String) -> Result<Event, Refusal> {
        Ok(Event {
            id: self.id.map(|id| id.parse()).transpose()?,
            name: self.event.filter(|name| !name.is_empty()).map(|name| name.parse()).transpose()?,
            retry: self.retry.map(|text| retry(&text)).transpose()?,
            data,
        })
    }
}

fn retry(text: &str) -> Result<Duration, Refusal> {
    let expected = "give the reconnection time as a whole number of milliseconds";
    let milliseconds =
        text.parse().map_err(|_| Refusal::Parameter { name: "retry", value: text.to_owned(), expected })?;
    Ok(Duration::from_millis(milliseconds))
}
