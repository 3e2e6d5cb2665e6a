//! `GET /api/presence/{topic}`: who listens to a topic, and how many.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;

use super::connections::time;
use super::identity::Who;
use super::parameters::{Parameters, topic_in};
use super::refusal::Refusal;
use super::router::App;
use crate::broker::Attendee;
use crate::topic::{Selection, Topic};

/// Users in one answer.
const MOST: usize = 1000;

/// Who is there.
#[derive(Serialize)]
pub(super) struct Answer {
    topic: String,
    /// The open subscriptions that select the topic, by its name or by a pattern.
    subscribers: usize,
    /// Those of them that are for nobody in particular.
    anonymous: usize,
    users: Vec<Row>,
    /// There are more users than these.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

/// A user.
#[derive(Serialize)]
struct Row {
    user: String,
    connections: usize,
    since: String,
}

pub(super) async fn handle(State(app): State<App>, Who(grant): Who, uri: Uri) -> Result<Json<Answer>, Refusal> {
    let name = topic_in(&uri, "/api/presence/")?.ok_or(Refusal::NoTopic)?;
    let topic: Topic = name.parse().map_err(|error| Refusal::of_topic(&name, error))?;
    grant.may_subscribe(&Selection::from(topic.clone()))?;
    Parameters::parse(&uri, &[])?;
    let present = app.broker.presence(&topic, MOST).await.ok_or(Refusal::Stopping)?;
    let row = |attendee: Attendee| {
        let Attendee { user, connections, since } = attendee;
        Row { user: user.to_string(), connections, since: time(since) }
    };
    Ok(Json(Answer {
        topic: topic.to_string(),
        subscribers: present.subscribers,
        anonymous: present.anonymous,
        users: present.users.into_iter().map(row).collect(),
        more: present.more,
    }))
}
