//! `GET /events/{topic}` and `GET /events?topic=…`: from a request to a subscription.

use std::time::{Duration, SystemTime};

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::connection::Peer;
use super::guest::guest;
use super::identity::Listener;
use super::parameters::{Parameters, header, topic_in};
use super::refusal::Refusal;
use super::router::App;
use super::{Settings, stream};
use crate::auth::Grant;
use crate::broker::{Filter, Start};
use crate::topic::{Native, Pattern, Selection, Topic};
use crate::wire::{EventId, EventName};

/// The parameters that a subscription takes.
const KNOWN: [&str; 5] = ["topic", "event", "last_event_id", "since", "last"];

/// Patterns among them: each is looked at for every event that is replayed.
const MAX_PATTERNS: usize = 64;

/// Types of events that are asked for: an event is held against each of them.
const MAX_TYPES: usize = 64;

/// Bytes of the names of what one stream listens to, which are kept as long as it is open. If more fit into the head of a
/// request, that is the bound.
const NAMES: usize = 64 << 10;

/// How far ahead the clock of a client may be before a time that it names is taken for a mistake.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// The largest `last=`: bounds the snapshot of one topic.
const MAX_LAST: usize = 1000;

/// Opens a stream; `HEAD` answers as if it would, and opens none.
pub(super) async fn handle(
    State(app): State<App>,
    Listener(grant): Listener,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Extension(peer): Extension<Peer>,
) -> Result<Response, Refusal> {
    let parameters = Parameters::parse(&uri, &KNOWN)?;
    let mut filter = filter(&uri, &parameters)?;
    check_count(&filter.topics, &app.settings)?;
    check_asked(&filter.topics)?;
    grant.may_subscribe(&filter.topics)?;
    add_unasked(&mut filter.topics, &grant);
    let start = start(&headers, &parameters, SystemTime::now())?;
    if method == Method::HEAD {
        check_stopping(&app)?;
        return Ok(stream::headers().into_response());
    }
    check_open(&app, &peer)?;
    let admitted = app.broker.subscribe(filter, start, guest(&grant), peer.address, peer.transport)?;
    Ok(stream::respond(admitted, &app.broker, peer.transport, Bytes::new()))
}

fn check_stopping(app: &App) -> Result<(), Refusal> {
    if app.broker.is_closing() { Err(Refusal::Stopping) } else { Ok(()) }
}

/// Whether another stream may be opened now, as far as that does not depend on what it asks for.
pub(super) fn check_open(app: &App, peer: &Peer) -> Result<(), Refusal> {
    check_stopping(app)?;
    Ok(app.gates.may_subscribe(peer.address)?)
}

fn filter(uri: &Uri, parameters: &Parameters) -> Result<Filter, Refusal> {
    let in_path = topic_in(uri, "/events/")?;
    let topics = selection(in_path.as_deref().into_iter().chain(parameters.all("topic")))?;
    let mut names = parameters.all("event").map(str::parse).collect::<Result<Vec<EventName>, _>>()?;
    // In one order, so that those who want the same are known for it.
    names.sort_unstable();
    names.dedup();
    if names.len() > MAX_TYPES {
        return Err(Refusal::TooManyTypes(MAX_TYPES));
    }
    Ok(Filter { topics, names })
}

/// What texts name.
pub(super) fn selection<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Selection, Refusal> {
    Selection::of(texts).map_err(|(text, error)| Refusal::Topic(text.to_owned(), error))
}

/// Refuses what nobody has to ask for: it would also be a way to hear what is for others.
pub(super) fn check_asked(topics: &Selection) -> Result<(), Refusal> {
    let native = |native: Option<Native>| native.is_some_and(Native::is_unasked);
    let topic = topics.topics().find(|topic| native(topic.native())).map(Topic::as_str);
    let pattern = topics.patterns().find(|pattern| native(pattern.native())).map(Pattern::as_str);
    topic.or(pattern).map_or(Ok(()), |name| Err(Refusal::Unasked(name.to_owned())))
}

/// Adds what every connection hears, and what those of its user and its session do. An ID that no topic can hold is one
/// that nobody can publish to either.
pub(super) fn add_unasked(topics: &mut Selection, grant: &Grant) {
    let user = grant.user.as_ref().map(|id| format!("$user/{id}"));
    let session = grant.session.as_ref().map(|id| format!("$session/{id}"));
    let addresses = std::iter::once("$all".to_owned()).chain(user).chain(session);
    topics.extend(addresses.filter_map(|address| address.parse::<Topic>().ok()));
}

/// Whether it is something, and not too much, to listen to.
pub(super) fn check_count(topics: &Selection, settings: &Settings) -> Result<(), Refusal> {
    let most = NAMES.max(settings.max_head_size);
    match topics.len() {
        0 => Err(Refusal::NoTopic),
        count if count > settings.max_topics => Err(Refusal::TooManyTopics { count, limit: settings.max_topics }),
        _ if topics.patterns().count() > MAX_PATTERNS => Err(Refusal::TooManyPatterns(MAX_PATTERNS)),
        _ if topics.bytes() > most => Err(Refusal::NamesTooLong(most as u64)),
        _ => Ok(()),
    }
}

/// Where to begin. The header comes from a client that reconnects to the same URL, so it is newer than what the URL says;
/// for the same reason an ID in either place beats `since` and `last`, which are for the first connection.
fn start(headers: &HeaderMap, parameters: &Parameters, now: SystemTime) -> Result<Start, Refusal> {
    let in_header = header(headers, "last-event-id")?.filter(|id| !id.is_empty());
    let in_query = parameters.one("last_event_id")?.filter(|id| !id.is_empty());
    let (since, last) = (parameters.one("since")?, parameters.one("last")?);
    match (in_header.or(in_query), since, last) {
        (Some(id), ..) => Ok(Start::After(id.parse::<EventId>()?)),
        (None, Some(_), Some(last)) => {
            Err(parameter("last", last, "it cannot be combined with since, which already says where to begin"))
        }
        (None, Some(since), None) => self::since(since, now),
        (None, None, Some(last)) => self::last(last),
        (None, None, None) => Ok(Start::Live),
    }
}

fn since(text: &str, now: SystemTime) -> Result<Start, Refusal> {
    let expected = "give earliest, a duration such as 10m, or a time such as 2026-01-31T12:00:00Z";
    if text == "earliest" {
        return Ok(Start::Earliest);
    }
    let time = match text.parse::<SignedDuration>().map(Duration::try_from) {
        Ok(Ok(ago)) => now.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH),
        Ok(Err(_)) => return Err(parameter("since", text, expected)),
        // In a query a + stands for a space, and is forgotten easily in the offset of a time.
        Err(_) => {
            let time = text.replace(' ', "+").parse::<Timestamp>().map_err(|_| parameter("since", text, expected))?;
            time.into()
        }
    };
    if time > now + CLOCK_SKEW {
        return Err(parameter("since", text, "the time lies in the future"));
    }
    Ok(Start::Since { time, requested: text.to_owned() })
}

fn last(text: &str) -> Result<Start, Refusal> {
    match text.parse() {
        Ok(count @ 1..=MAX_LAST) => Ok(Start::Newest(count)),
        _ => Err(parameter("last", text, "give a number of events from 1 to 1000")),
    }
}

fn parameter(name: &'static str, value: &str, expected: &'static str) -> Refusal {
    Refusal::Parameter { name, value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests;
