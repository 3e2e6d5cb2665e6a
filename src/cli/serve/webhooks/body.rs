//! What is posted: the type of what happened, when, and the data about it, in the shape that Standard Webhooks suggest.

use bytes::Bytes;
use serde::Serialize;

use crate::broker::{Connection, Notice, What};
use crate::server::time;
use crate::topic::{Pattern, Topic};

/// Topics of a connection that are told; it may have very many.
const TOPICS: usize = 100;

/// What is posted, and what it is called. Cloning shares it.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) name: &'static str,
    pub(super) body: Bytes,
}

/// The body.
#[derive(Serialize)]
struct Body<'n> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'n>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'n> {
    Connection(OfConnection<'n>),
    Topic { topic: &'n str },
}

#[derive(Serialize)]
struct OfConnection<'n> {
    connection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'n str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'n str>,
    address: String,
    transport: &'static str,
    since: String,
    topics: Vec<String>,
    /// How many topics are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_topics: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Message {
    /// What tells of something.
    pub(super) fn of(notice: &Notice) -> Self {
        Self { name: name(&notice.what), body: body(notice).into() }
    }
}

fn body(notice: &Notice) -> Vec<u8> {
    let data = match &notice.what {
        What::Connected(connection) => Data::Connection(of_connection(connection, None)),
        What::Disconnected(connection, reason) => Data::Connection(of_connection(connection, Some(reason))),
        What::FirstSubscriber(topic) | What::LastSubscriber(topic) => Data::Topic { topic: topic.as_str() },
    };
    let body = Body { kind: name(&notice.what), timestamp: time(notice.at), data };
    // Text and numbers have no way to fail.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// What something is called, in a body and in the config file.
fn name(what: &What) -> &'static str {
    match what {
        What::Connected(_) => "connect",
        What::Disconnected(..) => "disconnect",
        What::FirstSubscriber(_) => "first_subscriber",
        What::LastSubscriber(_) => "last_subscriber",
    }
}

fn of_connection<'n>(connection: &'n Connection, reason: Option<&'static str>) -> OfConnection<'n> {
    let Connection { id, guest, filter, address, transport, since } = connection;
    let guest = guest.as_deref();
    let asked = filter.topics.asked();
    let topics = asked.topics().map(Topic::as_str).chain(asked.patterns().map(Pattern::as_str));
    OfConnection {
        connection: id.to_string(),
        user: guest.and_then(|guest| guest.user.as_deref()),
        session: guest.and_then(|guest| guest.session.as_deref()),
        token: guest.and_then(|guest| guest.token.as_deref()),
        address: address.to_canonical().to_string(),
        transport: transport.as_str(),
        since: time(*since),
        topics: topics.take(TOPICS).map(str::to_owned).collect(),
        more_topics: asked.len().checked_sub(TOPICS).filter(|more| *more > 0),
        reason,
    }
}
