//! `GET /api/topics`: which topics there are.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;

use super::identity::Who;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::router::App;
use crate::broker::Held;
use crate::topic::Topic;

/// The answer.
#[derive(Serialize)]
pub(super) struct Listed {
    topics: Vec<Row>,
    /// What to send as `after` for those that follow, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A topic.
#[derive(Serialize)]
struct Row {
    topic: String,
    /// The open subscriptions that select it, by its name or by a pattern.
    subscribers: usize,
    /// Its events that can be replayed.
    retained: usize,
    /// Its keys that have a current state.
    state: usize,
}

/// In the order of their names.
pub(super) async fn list(State(app): State<App>, Who(grant): Who, uri: Uri) -> Result<Json<Listed>, Refusal> {
    grant.may_administer()?;
    let parameters = Parameters::parse(&uri, &["after", "limit"])?;
    let topic = |text: &str| text.parse::<Topic>().map_err(|error| Refusal::Topic(text.to_owned(), error));
    let after = parameters.one("after")?.map(topic).transpose()?;
    let limit = parameters.limit()?;
    let (found, more) = app.broker.topics(after.as_ref(), limit).await.ok_or(Refusal::Stopping)?;
    let row = |(held, subscribers): (Held, usize)| {
        let Held { topic, retained, state } = held;
        Row { topic: topic.to_string(), subscribers, retained, state }
    };
    let topics: Vec<Row> = found.into_iter().map(row).collect();
    let next = topics.last().map(|last| last.topic.clone()).filter(|_| more);
    Ok(Json(Listed { topics, next }))
}
