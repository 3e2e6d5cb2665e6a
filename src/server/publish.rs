//! `POST /events/{topic}`: the body is the data of one event.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::Serialize;

use super::parameters::{Parameters, header, topic_in};
use super::refusal::Refusal;
use super::router::App;
use crate::broker::Published;
use crate::topic::Topic;
use crate::wire::Event;

/// The parameters that publishing takes, each also as a header `Sse-…`.
const KNOWN: [&str; 3] = ["event", "id", "retry"];

/// What a publisher is told about its event.
#[derive(Serialize)]
pub(super) struct Receipt {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topics: Vec<String>,
}

impl From<&Published> for Receipt {
    fn from(published: &Published) -> Self {
        let (id, topics) = (published.id.to_string(), published.topics.iter().map(Topic::to_string));
        match &*published.topics {
            [topic] => Self { id, topic: Some(topic.to_string()), topics: Vec::new() },
            _ => Self { id, topic: None, topics: topics.collect() },
        }
    }
}

pub(super) async fn handle(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Refusal> {
    let name = topic_in(&uri)?.ok_or(Refusal::NoTopic)?;
    let topic = name.parse().map_err(|error| Refusal::Topic(name, error))?;
    let fields = Fields::of(&uri, &headers)?;
    let data = data(body, app.settings.max_event_size).await?;
    let draft = app.broker.draft(vec![topic], fields.event(data)?)?;
    let published = app.broker.publish(vec![draft]).await?;
    published.first().map(|published| Json(published.into())).ok_or(Refusal::Stopping)
}

async fn data(body: Body, limit: u64) -> Result<String, Refusal> {
    let bytes = to_bytes(body, usize::try_from(limit).unwrap_or(usize::MAX)).await;
    let bytes = bytes.map_err(|error| too_large_or_broken(error, Refusal::EventTooLarge(limit)))?;
    String::from_utf8(bytes.into()).map_err(|_| Refusal::NotUtf8("the body"))
}

/// Tells a body beyond the limit from one that ended early.
pub(super) fn too_large_or_broken(error: axum::Error, too_large: Refusal) -> Refusal {
    let cause = std::error::Error::source(&error);
    if cause.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) {
        too_large
    } else {
        Refusal::Body(error)
    }
}

/// The fields of an event beside its data, as the publisher wrote them.
struct Fields {
    event: Option<String>,
    id: Option<String>,
    retry: Option<String>,
}

impl Fields {
    fn of(uri: &Uri, headers: &HeaderMap) -> Result<Self, Refusal> {
        refuse_unsupported(headers)?;
        let parameters = Parameters::parse(uri, &KNOWN)?;
        let field = |name: &'static str, header_name| match (parameters.one(name)?, header(headers, header_name)?) {
            (Some(_), Some(_)) => Err(Refusal::Repeated(name.to_owned())),
            (in_query, in_header) => Ok(in_query.or(in_header).map(str::to_owned)),
        };
        Ok(Self {
            event: field("event", "sse-event")?,
            id: field("id", "sse-id")?,
            retry: field("retry", "sse-retry")?,
        })
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

/// What a later version may promise must not be dropped without a word by this one.
pub(super) fn refuse_unsupported(headers: &HeaderMap) -> Result<(), Refusal> {
    for (name, what) in [
        ("idempotency-key", "the header Idempotency-Key"),
        ("sse-ttl", "the header Sse-Ttl"),
        ("sse-key", "the header Sse-Key"),
    ] {
        if headers.contains_key(name) {
            return Err(Refusal::Unsupported(what));
        }
    }
    Ok(())
}
