//! Streams under paths of the operator's own, so that a broker can take the place of what served them before: the topics
//! follow from the path, the query and the token, and the stream says hello and farewell in that system's words.

use axum::extract::{Extension, Request, State};
use axum::http::{Method, Uri};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::Value;

use super::connection::Peer;
use super::guest::guest;
use super::identity::Listener;
use super::parameters::{header, pairs};
use super::path::Path;
use super::refusal::Refusal;
use super::router::App;
use super::stream;
use super::subscribe::{add_unasked, check_count, check_open};
use crate::auth::{Grant, Template, Why};
use crate::broker::{Filter, Start, StyleId};
use crate::topic::{Pattern, Selection};
use crate::wire::{Event, EventId, EventName, encode_event};

/// How a client says in the URL which event it has got last, which those that cannot set a header do.
const LAST_EVENT_ID: [&str; 2] = ["last_event_id", "lastEventId"];

/// A path with its streams.
#[derive(Clone, Debug)]
pub struct Route {
    /// Where it is.
    pub path: Path,
    /// What is listened to there; its places are `claims.NAME`, `sub`, `path.NAME` and `query.NAME`.
    pub topics: Vec<Template>,
    /// One of these roles is required; empty is none.
    pub roles: Vec<String>,
    /// The types of events that are wanted; empty is all.
    pub events: Vec<EventName>,
    /// What is said first.
    pub hello: Option<Event>,
    /// How many events of the past a new stream begins with; none if 0.
    pub snapshot: usize,
    /// What is said else.
    pub style: StyleId,
}

/// Answers what no route of the broker's own does.
pub(super) async fn handle(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Refusal> {
    let uri = request.uri().clone();
    let mut routes = app.settings.routes.iter();
    let found = routes.find_map(|route| Some((route, route.path.places_in(uri.path())?)));
    let (route, places) = found.ok_or(Refusal::NotFound)?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::Method(request.method().to_string()));
    }
    let is_head = request.method() == Method::HEAD;
    let (parts, _) = request.into_parts();
    let Listener(grant) = Listener::of(&parts, &app).await?;
    let mut filter = route.filter(&grant, &places, &uri)?;
    if !filter.topics.is_empty() {
        check_count(&filter.topics, &app.settings)?;
    }
    add_unasked(&mut filter.topics, &grant);
    let start = match last_event_id(&uri, header(&parts.headers, "last-event-id")?)? {
        Some(id) => Start::After(id),
        None if route.snapshot > 0 => Start::Newest(route.snapshot),
        None => Start::Live,
    };
    if is_head {
        return Ok(stream::headers().into_response());
    }
    check_open(&app, &peer)?;
    let admitted = app.broker.subscribe(filter, start, guest(&grant), peer.address, peer.transport)?;
    let admitted = admitted.in_style(route.style);
    Ok(stream::respond(admitted, &app.broker, peer.transport, route.hello()))
}

impl Route {
    /// Whether it needs a token.
    pub fn looks_at_tokens(&self) -> bool {
        let of_token = |name: &str| !name.starts_with("path.") && !name.starts_with("query.");
        !self.roles.is_empty() || self.topics.iter().flat_map(Template::places).any(of_token)
    }

    /// A place that a topic takes from the path, and the path does not have.
    pub fn missing_place(&self) -> Option<&str> {
        let mut named = self.topics.iter().flat_map(Template::places).filter_map(|name| name.strip_prefix("path."));
        named.find(|name| !self.path.places().any(|place| place == *name))
    }

    /// What somebody would listen to at a path with its query, or the code and the sentence of the refusal; `None` if that is
    /// no path of this route.
    pub fn topics(&self, grant: &Grant, asked: &str) -> Option<Result<Selection, (&'static str, String)>> {
        let uri: Uri = asked.parse().ok()?;
        let places = self.path.places_in(uri.path())?;
        let filter = self.filter(grant, &places, &uri).map(|filter| filter.topics);
        Some(filter.map_err(|refusal| (refusal.code(), refusal.to_string())))
    }

    /// What a request listens to. What the path and the query bring is chosen by whoever asks, so that has to be allowed to
    /// the token by itself; the rest is the operator's word.
    fn filter(&self, grant: &Grant, places: &[(&str, Value)], uri: &Uri) -> Result<Filter, Refusal> {
        if !self.roles.is_empty() && !self.roles.iter().any(|role| grant.roles.contains(role)) {
            return Err(Refusal::Role);
        }
        let query = query(uri)?;
        let value = |name: &str| match name.split_once('.') {
            Some(("path", name)) => places.iter().find(|(found, _)| *found == name).map(|(_, value)| value),
            Some(("query", name)) => query.iter().find(|(found, _)| found == name).map(|(_, value)| value),
            _ => grant.claims.at(name.strip_prefix("claims.").unwrap_or(name)),
        };
        let (mut all, mut chosen) = (Selection::default(), Selection::default());
        for template in &self.topics {
            let patterns = template.fill(value).map_err(|why| unfilled(template, &why))?;
            let is_chosen = template.places().any(|name| name.starts_with("path.") || name.starts_with("query."));
            for pattern in patterns.iter().map(Pattern::as_str) {
                let add = |selection: &mut Selection| {
                    selection.add(pattern).map_err(|error| Refusal::Topic(pattern.to_owned(), error))
                };
                add(&mut all)?;
                if is_chosen {
                    add(&mut chosen)?;
                }
            }
        }
        grant.may_subscribe(&chosen)?;
        Ok(Filter { topics: all, names: self.events.clone() })
    }

    /// What is said first, as it goes over the wire.
    fn hello(&self) -> Bytes {
        let mut hello = Vec::new();
        if let Some(event) = &self.hello {
            encode_event(event, &mut hello);
        }
        hello.into()
    }
}

/// What is to be said if a template cannot be filled in: of a claim it is the token that lacks something.
fn unfilled(template: &Template, why: &Why) -> Refusal {
    let (Why::Missing(name) | Why::Unfit(name) | Why::Value(name)) = why else { return Refusal::Role };
    match name.split_once('.') {
        Some(("query", name)) => Refusal::RouteQuery(name.to_owned()),
        Some(("path", name)) => Refusal::RoutePath(name.to_owned()),
        _ => {
            tracing::debug!("a token has no claim that fits into {:?}", template.as_str());
            Refusal::RouteClaim(name.strip_prefix("claims.").unwrap_or(name).to_owned())
        }
    }
}

/// The parameters of the URL. What none of the topics names is for somebody else, as in the system that was here before.
fn query(uri: &Uri) -> Result<Vec<(String, Value)>, Refusal> {
    Ok(pairs(uri)?.into_iter().map(|(name, value)| (name, value.into())).collect())
}

fn last_event_id(uri: &Uri, in_header: Option<&str>) -> Result<Option<EventId>, Refusal> {
    let query = query(uri)?;
    let in_query =
        query.iter().find(|(name, _)| LAST_EVENT_ID.contains(&name.as_str())).and_then(|(_, id)| id.as_str());
    let id = in_header.filter(|id| !id.is_empty()).or(in_query.filter(|id| !id.is_empty()));
    Ok(id.map(str::parse).transpose()?)
}
