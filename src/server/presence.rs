//! `GET /api/presence/{topic}`: how many listen to a topic.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;

use super::identity::Who;
use super::parameters::topic_in;
use super::refusal::Refusal;
use super::router::App;
use crate::topic::{Selection, Topic};

/// Who is there; so far that is a number.
#[derive(Serialize)]
pub(super) struct Presence {
    topic: String,
    /// The open subscriptions that select the topic, by its name or by a pattern.
    subscribers: usize,
}

pub(super) async fn handle(State(app): State<App>, Who(grant): Who, uri: Uri) -> Result<Json<Presence>, Refusal> {
    let name = topic_in(&uri, "/api/presence/")?.ok_or(Refusal::NoTopic)?;
    let topic: Topic = name.parse().map_err(|error| Refusal::Topic(name, error))?;
    grant.may_subscribe(&Selection::from(topic.clone()))?;
    let counts = app.broker.subscribers(std::slice::from_ref(&topic)).await.ok_or(Refusal::Stopping)?;
    let subscribers = counts.into_iter().sum();
    Ok(Json(Presence { topic: topic.to_string(), subscribers }))
}
