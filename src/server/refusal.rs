//! Every way in which a request is refused: one enum, one status each, one sentence that says what to do.
//!
//! A refusal is answered as `application/problem+json`, RFC 9457. `code` is a member of our own that programs can rely on;
//! the sentences may get better.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytesize::ByteSize;
use serde::Serialize;

use super::batch::Fault;
use super::forwarded::Unclear;
use super::limit::{Exceeded, seconds};
use crate::auth::{self, Denied, NoTicket};
use crate::broker::{self, NotAName, NotStored, TooMany, Unfit};
use crate::topic;
use crate::wire::Forbidden;

/// When to come again where nobody knows when there will be room.
const LATER: Duration = Duration::from_secs(5);

/// Why a request, or one item of a batch, was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0:?} is no topic: {1}")]
    Topic(String, #[source] topic::Error),
    #[error("{0:?} is a pattern, and one topic is asked for here; who listens to it by a pattern counts as well")]
    Pattern(String),
    #[error("{0} is heard by those it is for without asking: name other topics")]
    Unasked(String),
    #[error("what {0} tells is the broker's to say: nobody else publishes there")]
    OfBroker(String),
    #[error("no topic is named: use /events/TOPIC, or /events?topic=TOPIC, which can be repeated")]
    NoTopic,
    #[error("no topic is named: give \"topic\", or \"topics\" for an event that is for several")]
    NoTopicInItem,
    #[error("{count} topics are named; at most {limit} can be")]
    TooManyTopics { count: usize, limit: usize },
    #[error("more than {0} patterns are named; name topics instead, or fewer and wider patterns")]
    TooManyPatterns(usize),
    #[error("what is named has more than {} together; name fewer topics, or wider patterns", ByteSize(*.0))]
    NamesTooLong(u64),
    #[error("more than {0} types of events are asked for with event=; without it all come")]
    TooManyTypes(usize),
    #[error("the parameter {0:?} is not known here; known are: {1}")]
    UnknownParameter(String, String),
    #[error("the parameter {0:?} is not known here, where there are none: in a batch, say it in the items")]
    NoParameters(String),
    #[error("the parameter {0:?} is given more than once: in the query, in headers, or in both")]
    Repeated(String),
    #[error("{name}={value:?} is not valid: {expected}")]
    Parameter { name: &'static str, value: String, expected: &'static str },
    #[error("{0} is not UTF-8, in which an event stream is written")]
    NotUtf8(&'static str),
    #[error("{0}")]
    Field(#[from] Forbidden),
    #[error("{0}")]
    Unfit(#[from] Unfit),
    #[error("{0} is not valid: {1}")]
    Name(&'static str, #[source] NotAName),
    #[error("{0}")]
    Refused(#[from] broker::Refused),
    #[error("the header {0} is not known here; known are: {1}")]
    UnknownHeader(String, String),
    #[error("the header {0} is for a single event: in a batch, say it in the items")]
    NotForBatches(&'static str),
    #[error("{0}")]
    Json(Fault),
    #[error("the event is larger than {}, the limit that --max-event-size sets", ByteSize(*.0))]
    EventTooLarge(u64),
    #[error("the batch is larger than {}; send newline-delimited JSON (application/x-ndjson), which has no limit", ByteSize(*.0))]
    BatchTooLarge(u64),
    #[error(
        "the batch has more than {0} items; send newline-delimited JSON (application/x-ndjson), which has no limit"
    )]
    TooManyItems(usize),
    #[error("a batch is JSON or newline-delimited JSON: send application/json or application/x-ndjson, not {0}")]
    MediaType(String),
    #[error("the body of the request ended early: {0}")]
    Body(#[source] axum::Error),
    #[error("the body of the request did not come within {0:?}")]
    BodyTimeout(Duration),
    #[error("nothing of the body came for {0:?}; an empty line now and then keeps the request open")]
    BodySilent(Duration),
    #[error("{0} is not a name of this broker; its operator can add it with --allow-host")]
    Host(String),
    #[error(
        "the proxy does not say for whom it asks: {0}; it has to set one of forwarded and x-forwarded-for, and to remove the \
         other"
    )]
    UnclearClient(Unclear),
    #[error("pages of the origin {0} may not use this broker; its operator can allow them with --cors-origin {0}")]
    Origin(String),
    #[error("a page of another site may not embed a stream of this broker")]
    Embedded,
    #[error("{}; try again later, or raise {}", .0, limit_of(.0))]
    TooMany(#[from] TooMany),
    #[error("{0}")]
    Exceeded(#[from] Exceeded),
    #[error(
        "the batch has {count} events, and {option} lets {most} through at once; send newline-delimited JSON \
             (application/x-ndjson), which is slowed down instead, or smaller batches"
    )]
    BatchBeyondRate { count: u32, most: u32, option: &'static str },
    #[error("too many bad tokens came from this address (--max-auth-failures); try again in {} s", seconds(*.0))]
    TooManyFailures(Duration),
    #[error("{0} requests are under way, as many as --max-requests allows; try again in a moment")]
    TooManyRequests(usize),
    #[error("the bodies of the requests that are under way take all the room that there is; try again in a moment")]
    TooManyBodies,
    #[error("this address has {0} connections open that are no streams, as many as it may; close some")]
    TooManySockets(usize),
    #[error("no file descriptor is left for another connection; try again later, or raise the limit of open files")]
    NoDescriptor,
    #[error("the broker is stopping: connect again in a moment")]
    Stopping,
    #[error("{0}")]
    Denied(#[from] Denied),
    #[error("{0}")]
    Forbidden(#[from] auth::Forbidden),
    #[error("this path is for roles that the token does not have")]
    Role,
    #[error(
        "this path needs the claim {0:?} of a token as a part of a topic: text without / and *, or an integer of 64 bits"
    )]
    RouteClaim(String),
    #[error("this path needs the parameter {0:?} in the URL as a part of a topic: text without / and *")]
    RouteQuery(String),
    #[error("the part of this path that stands for {0:?} cannot be a part of a topic")]
    RoutePath(String),
    #[error("the Authorization header has to be: Bearer TOKEN")]
    NotBearer,
    #[error(
        "a token in a URL ends up in logs: send a ticket of POST /api/tickets, or have the operator set --allow-query-token"
    )]
    TokenInQuery,
    #[error("there is more than one of a token in a header, a token in the URL and a ticket: send one")]
    SeveralTokens,
    #[error(
        "the cookie is not looked at, since pages of the origin {0} may be anyone's: send a ticket of POST /api/tickets, or \
             have the operator name that origin with --cors-origin {0}"
    )]
    CookieOfPage(String),
    #[error("a ticket gets no other ticket: send the token itself")]
    TicketForTicket,
    #[error("a ticket opens a stream with GET, and is good for nothing else: send the token itself")]
    TicketElsewhere,
    #[error("{0}; try again later")]
    NoTicket(#[from] NoTicket),
    #[error("there is no connection {0:?}: it may have ended")]
    NoConnection(String),
    #[error("the token for which this connection was opened does not allow it: {0}")]
    NotOfConnection(String),
    #[error("a stream needs a topic; DELETE ends it")]
    NoTopicLeft,
    #[error(r#"say what is to change as {{"subscribe": […], "unsubscribe": […]}}, or as {{"topics": […]}}: {0}"#)]
    Change(String),
    #[error("say which connections are to end, with user=, topic= or address=")]
    AllConnections,
    #[error("there is nothing at this path; / lists what there is")]
    NotFound,
    #[error("this path does not take {0} requests; / lists what it takes")]
    Method(String),
    #[error("{0}, and nothing was published; try again later")]
    Store(Arc<NotStored>),
}

/// The option that sets a limit.
fn limit_of(too_many: &TooMany) -> &'static str {
    match too_many {
        TooMany::InAll { .. } => "--max-connections",
        TooMany::OfAddress { .. } => "--max-connections-per-address",
        TooMany::OfUser { .. } => "--max-connections-per-user",
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Json(fault)
    }
}

impl From<NotStored> for Refusal {
    fn from(error: NotStored) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// Marks a response as a refusal, for whoever counts them.
#[derive(Clone, Copy)]
pub(super) struct Refused(pub(super) &'static str);

/// The members of the answer, RFC 9457 §3.1.
#[derive(Serialize)]
pub(super) struct Problem {
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    /// The index, from 0, of the item of a batch that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<usize>,
}

impl Refusal {
    /// The status, and the code that programs can rely on.
    fn kind(&self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::Topic(..) | Self::Pattern(_) | Self::Unasked(_) | Self::OfBroker(_) => (S::BAD_REQUEST, "bad_topic"),
            Self::NoTopic | Self::NoTopicInItem | Self::NoTopicLeft => (S::BAD_REQUEST, "no_topic"),
            Self::TooManyTopics { .. } | Self::TooManyPatterns(_) | Self::NamesTooLong(_) => {
                (S::BAD_REQUEST, "too_many_topics")
            }
            Self::TooManyTypes(_) => (S::BAD_REQUEST, "too_many_types"),
            Self::UnknownParameter(..) | Self::NoParameters(_) => (S::BAD_REQUEST, "unknown_parameter"),
            Self::Repeated(_) => (S::BAD_REQUEST, "repeated_parameter"),
            Self::Parameter { .. } | Self::RouteQuery(_) | Self::RoutePath(_) => (S::BAD_REQUEST, "bad_parameter"),
            Self::NotUtf8(_) => (S::BAD_REQUEST, "not_utf8"),
            Self::Field(_) | Self::Unfit(_) => (S::BAD_REQUEST, "bad_field"),
            Self::Name(..) => (S::BAD_REQUEST, "bad_key"),
            Self::Refused(broker::Refused::KeyReused) => (S::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
            Self::Refused(broker::Refused::TooManyKeys) => (S::TOO_MANY_REQUESTS, "too_many_idempotency_keys"),
            Self::Refused(broker::Refused::StateFull) => (S::INSUFFICIENT_STORAGE, "state_full"),
            Self::NotForBatches(_) => (S::BAD_REQUEST, "not_for_batches"),
            Self::UnknownHeader(..) => (S::BAD_REQUEST, "unknown_header"),
            Self::Json(_) | Self::Change(_) => (S::BAD_REQUEST, "bad_json"),
            Self::EventTooLarge(_) => (S::PAYLOAD_TOO_LARGE, "event_too_large"),
            Self::BatchTooLarge(_) | Self::TooManyItems(_) => (S::PAYLOAD_TOO_LARGE, "batch_too_large"),
            Self::MediaType(_) => (S::UNSUPPORTED_MEDIA_TYPE, "bad_media_type"),
            Self::Body(_) => (S::BAD_REQUEST, "bad_body"),
            Self::BodyTimeout(_) | Self::BodySilent(_) => (S::REQUEST_TIMEOUT, "body_timeout"),
            Self::Host(_) => (S::MISDIRECTED_REQUEST, "host_not_allowed"),
            Self::UnclearClient(_) => (S::BAD_REQUEST, "unclear_client"),
            Self::Origin(_) | Self::Embedded => (S::FORBIDDEN, "origin_not_allowed"),
            Self::TooMany(TooMany::InAll { .. }) => (S::SERVICE_UNAVAILABLE, "too_many_connections"),
            Self::TooMany(TooMany::OfAddress { .. }) => (S::TOO_MANY_REQUESTS, "too_many_connections_of_address"),
            Self::Denied(denied) => (S::UNAUTHORIZED, denied.code()),
            Self::Forbidden(forbidden) => (S::FORBIDDEN, forbidden.code()),
            Self::Role => (S::FORBIDDEN, "role_missing"),
            Self::RouteClaim(_) => (S::FORBIDDEN, "claim_missing"),
            Self::NotBearer => (S::UNAUTHORIZED, "token_not_bearer"),
            Self::TokenInQuery => (S::UNAUTHORIZED, "token_in_query"),
            Self::SeveralTokens => (S::BAD_REQUEST, "several_tokens"),
            Self::TooMany(TooMany::OfUser { .. }) => (S::TOO_MANY_REQUESTS, "too_many_connections_of_user"),
            Self::CookieOfPage(_) => (S::UNAUTHORIZED, "cookie_of_page"),
            Self::TicketForTicket => (S::UNAUTHORIZED, "ticket_for_ticket"),
            Self::TicketElsewhere => (S::UNAUTHORIZED, "ticket_only_for_streams"),
            Self::NoTicket(NoTicket::TooMany(_)) => (S::SERVICE_UNAVAILABLE, "too_many_tickets"),
            Self::NoTicket(NoTicket::TooManyOfOne(_)) => (S::TOO_MANY_REQUESTS, "too_many_tickets_of_user"),
            Self::NoTicket(NoTicket::NoRandomness) => (S::SERVICE_UNAVAILABLE, "no_randomness"),
            Self::Exceeded(exceeded) => (S::TOO_MANY_REQUESTS, exceeded.limit.code()),
            Self::BatchBeyondRate { .. } => (S::PAYLOAD_TOO_LARGE, "batch_beyond_rate"),
            Self::TooManyFailures(_) => (S::TOO_MANY_REQUESTS, "too_many_bad_tokens"),
            Self::TooManyBodies => (S::SERVICE_UNAVAILABLE, "too_many_bodies"),
            Self::TooManyRequests(_) => (S::SERVICE_UNAVAILABLE, "too_many_requests"),
            Self::TooManySockets(_) => (S::SERVICE_UNAVAILABLE, "too_many_sockets_of_address"),
            Self::NoDescriptor => (S::SERVICE_UNAVAILABLE, "no_descriptor"),
            Self::Stopping => (S::SERVICE_UNAVAILABLE, "stopping"),
            Self::NoConnection(_) => (S::NOT_FOUND, "no_connection"),
            Self::AllConnections => (S::BAD_REQUEST, "no_filter"),
            Self::NotOfConnection(_) => (S::FORBIDDEN, "not_allowed"),
            Self::NotFound => (S::NOT_FOUND, "not_found"),
            Self::Method(_) => (S::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Store(_) => (S::SERVICE_UNAVAILABLE, "store_failed"),
        }
    }

    /// That a text is no topic about which something could be asked.
    pub(super) fn of_topic(text: &str, error: topic::Error) -> Self {
        match error {
            topic::Error::Wildcard => Self::Pattern(text.to_owned()),
            error => Self::Topic(text.to_owned(), error),
        }
    }

    /// When it may fare better, where that can be said: exactly for a rate. When somebody else gives up a place, nobody
    /// knows; a request is over soon, a connection not.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Exceeded(exceeded) => Some(exceeded.wait),
            Self::TooManyFailures(wait) | Self::NoTicket(NoTicket::TooMany(wait) | NoTicket::TooManyOfOne(wait)) => {
                Some(*wait)
            }
            Self::TooManyRequests(_) | Self::TooManyBodies => Some(Duration::from_secs(1)),
            _ if matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
                Some(LATER)
            }
            _ => None,
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.kind().0
    }

    pub(super) fn code(&self) -> &'static str {
        self.kind().1
    }

    /// The refusal as bytes, for a connection whose request is not read.
    pub(super) fn raw(&self) -> Vec<u8> {
        let body = serde_json::to_string(&self.problem(None)).unwrap_or_default();
        let status = self.status();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nretry-after: {}\r\n\
             x-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
            body.len(),
            seconds(self.retry_after().unwrap_or(LATER))
        );
        (head + &body).into_bytes()
    }

    /// What is said of it, in one line. It may repeat what a client has sent, of which a terminal or a log could make more
    /// than a text: control characters are written out.
    fn sentence(&self) -> String {
        let written_out = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
        self.to_string().chars().map(written_out).collect()
    }

    /// The refusal as the answer says it, of the whole request or of one item of a batch.
    pub(super) fn problem(&self, item: Option<usize>) -> Problem {
        let (status, code) = self.kind();
        let title = status.canonical_reason().unwrap_or_default();
        Problem { title, status: status.as_u16(), detail: self.sentence(), code, item }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::debug!(status = self.status().as_u16(), "refused: {}", self.sentence());
        let mut response = (self.status(), Json(self.problem(None))).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds(wait).into());
        }
        if let Self::Exceeded(exceeded) = &self {
            response.headers_mut().extend(exceeded.fields().into_iter().flatten());
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(&self));
        }
        response.extensions_mut().insert(Refused(self.code()));
        response
    }
}

/// How to come in (RFC 6750 §3): with which error, unless nothing was tried.
fn challenge(refusal: &Refusal) -> HeaderValue {
    let plain = HeaderValue::from_static(r#"Bearer realm="sse""#);
    if matches!(refusal, Refusal::Denied(Denied::Missing)) {
        return plain;
    }
    // A quoted string may hold neither a quote nor a backslash unescaped, and the description nothing beyond ASCII.
    let fits = |c: char| c.is_ascii() && !c.is_ascii_control() && !"\"\\".contains(c);
    let words: String = refusal.to_string().chars().map(|c| if fits(c) { c } else { '\'' }).collect();
    let text = format!(r#"Bearer realm="sse", error="invalid_token", error_description="{words}""#);
    HeaderValue::try_from(text).unwrap_or(plain)
}
