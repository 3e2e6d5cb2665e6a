//! `/api/connections`: who is connected, and what becomes of them.

pub(super) mod change;
pub(super) mod ending;
mod row;

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;

pub use self::row::time;

use self::row::Row;
use super::identity::Who;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::router::App;
use crate::auth::Grant;
use crate::broker::{Connection, ConnectionId, Wanted};

/// The parameters that say which connections are meant.
const WHICH: [&str; 3] = ["user", "topic", "address"];

/// The same, and which part of them.
const LISTED: [&str; 5] = ["user", "topic", "address", "after", "limit"];

/// What comes before an ID in a path.
const BEFORE_ID: &str = "/api/connections/";

/// Bytes of names after which an answer ends, however few connections it has: one may name a thousand topics.
const NAMES: usize = 1 << 20;

/// The answer to `GET /api/connections`.
#[derive(Serialize)]
pub(super) struct Listed {
    connections: Vec<Row>,
    /// What to send as `after` for those that follow, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET /api/connections`: those that are wanted, in the order in which they came.
pub(super) async fn list(State(app): State<App>, Who(grant): Who, uri: Uri) -> Result<Json<Listed>, Refusal> {
    let parameters = Parameters::parse(&uri, &LISTED)?;
    let wanted = wanted(&parameters)?;
    may_see(&grant, &wanted)?;
    let limit = parameters.limit()?;
    let after = parameters.one("after")?.map(after).transpose()?;
    let (found, mut more) = app.broker.connections(&wanted, after, limit).await;
    let (mut connections, mut names) = (Vec::with_capacity(found.len()), 0);
    let mut found = found.iter();
    while names < NAMES
        && let Some(connection) = found.next()
    {
        let row = Row::of(connection);
        names += row.names();
        connections.push(row);
    }
    more |= found.next().is_some();
    let next = connections.last().map(|last| last.id.clone()).filter(|_| more);
    Ok(Json(Listed { connections, next }))
}

/// Whoever administers sees all, everyone their own.
fn may_see(grant: &Grant, wanted: &Wanted) -> Result<(), Refusal> {
    if grant.user.is_some() && grant.user == wanted.user {
        return Ok(());
    }
    Ok(grant.may_administer()?)
}

/// The connection with the ID in a path, which whoever administers may change, and whoever it belongs to.
fn may_change(app: &App, grant: &Grant, uri: &Uri) -> Result<Connection, Refusal> {
    let id = uri.path().strip_prefix(BEFORE_ID).unwrap_or_default();
    let found = id.parse().ok().and_then(|id| app.broker.connection(id));
    if !found.as_ref().is_some_and(|connection| is_of(connection, grant)) {
        // Who may not see others does not learn which there are either.
        grant.may_administer()?;
    }
    found.ok_or_else(|| Refusal::NoConnection(id.to_owned()))
}

/// Whether a connection belongs to whoever has this grant: to the same user, or to the same token that is nobody's.
fn is_of(connection: &Connection, grant: &Grant) -> bool {
    let Some(guest) = &connection.guest else { return false };
    match (&grant.user, &grant.token) {
        (Some(user), _) => guest.user.as_deref() == Some(user),
        (None, Some(token)) => guest.user.is_none() && guest.token.as_deref() == Some(token),
        (None, None) => false,
    }
}

fn wanted(parameters: &Parameters) -> Result<Wanted, Refusal> {
    let topic = |text: &str| text.parse().map_err(|error| Refusal::of_topic(text, error));
    Ok(Wanted {
        user: parameters.one("user")?.map(str::to_owned),
        topic: parameters.one("topic")?.map(topic).transpose()?,
        address: parameters.one("address")?.map(address).transpose()?,
    })
}

fn address(text: &str) -> Result<IpAddr, Refusal> {
    text.parse().map_err(|_| parameter("address", text, "give an IP address such as 192.0.2.7 or 2001:db8::7"))
}

fn after(text: &str) -> Result<ConnectionId, Refusal> {
    text.parse()
        .map_err(|_| parameter("after", text, "give the ID of a connection, such as what an answer has as next"))
}

fn parameter(name: &'static str, value: &str, expected: &'static str) -> Refusal {
    Refusal::Parameter { name, value: value.to_owned(), expected }
}
