//! A connection as an answer shows it.

use std::net::IpAddr;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::broker::Connection;
use crate::topic::{Pattern, Topic};

/// One connection.
#[derive(Serialize)]
pub(in crate::server) struct Row {
    pub(super) id: String,
    address: IpAddr,
    transport: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// The name of its static token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The topics and patterns that it asked for.
    topics: Vec<String>,
    /// The types of events, if only some are wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
}

impl Row {
    pub(super) fn of(connection: &Connection) -> Self {
        let Connection { id, guest, filter, address, transport, since } = connection;
        let guest = guest.as_deref();
        let text = |text: Option<&std::sync::Arc<str>>| text.map(ToString::to_string);
        let asked = filter.topics.asked();
        let patterns = asked.patterns().map(Pattern::to_string);
        Self {
            id: id.to_string(),
            address: address.to_canonical(),
            transport: transport.as_str(),
            user: text(guest.and_then(|guest| guest.user.as_ref())),
            session: text(guest.and_then(|guest| guest.session.as_ref())),
            token: text(guest.and_then(|guest| guest.token.as_ref())),
            since: time(*since),
            expires: guest.and_then(|guest| guest.expires).map(time),
            topics: asked.topics().map(Topic::to_string).chain(patterns).collect(),
            events: filter.names.iter().map(|name| name.as_str().to_owned()).collect(),
        }
    }

    /// About how many bytes its names take.
    pub(super) fn names(&self) -> usize {
        self.topics.iter().chain(&self.events).map(String::len).sum()
    }
}

/// A time as RFC 3339 has it, in UTC, to the millisecond.
pub fn time(time: SystemTime) -> String {
    Timestamp::try_from(time).map(|time| format!("{time:.3}")).unwrap_or_default()
}
