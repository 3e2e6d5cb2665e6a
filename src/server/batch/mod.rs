//! `POST /events`: many events in one request, one result per item, in their order.
//!
//! A JSON body is read whole, within a bound. Newline-delimited JSON is read as it comes and may go on forever, as long as
//! something comes: its results are sent while it does. Both take the same items and give the same results.

mod item;
mod items;
mod lines;
mod misfit;
mod outcome;
mod place;
mod several;
mod streamed;

pub(super) use self::place::Fault;

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use self::place::Place;
use super::body::{self, Limit, Whole};
use super::connection::Peer;
use super::identity::Who;
use super::parameters::Parameters;
use super::publish::receipt;
use super::refusal::Refusal;
use super::router::App;
use super::terms::idempotency_key;
use crate::auth::Grant;
use crate::broker::{Draft, IdempotencyKey};

/// The largest JSON body, in bytes, but for a single object, if that may be larger: it is in memory as a whole.
const MAX_JSON: u64 = 16 << 20;

/// The headers that say something about one event.
const SINGLE: [&str; 5] = ["sse-event", "sse-id", "sse-retry", "sse-ttl", "sse-key"];

pub(super) async fn handle(
    State(app): State<App>,
    Who(grant): Who,
    uri: Uri,
    headers: HeaderMap,
    Extension(peer): Extension<Peer>,
    body: Body,
) -> Result<Response, Refusal> {
    Parameters::parse(&uri, &[])?;
    if let Some(name) = SINGLE.into_iter().find(|name| headers.contains_key(*name)) {
        return Err(Refusal::NotForBatches(name));
    }
    grant.may_publish_at_all()?;
    let key = idempotency_key(&headers)?;
    let publisher = Publisher { app, grant, address: peer.address };
    match media_type(&headers).as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            Ok(streamed::respond(publisher, body, key).await)
        }
        // What curl sends if nobody tells it otherwise is taken for what it looks like.
        "" | "application/json" | "application/x-www-form-urlencoded" => json(&publisher, body, key).await,
        other => Err(Refusal::MediaType(other.to_owned())),
    }
}

/// Who publishes, and where.
#[derive(Clone)]
struct Publisher {
    app: App,
    grant: Arc<Grant>,
    address: IpAddr,
}

/// The bytes that an item has room for: an event within its limit fits, even if each of its bytes is escaped as \u0000.
pub(super) fn max_item(max_event_size: u64) -> u64 {
    max_event_size.saturating_mul(6).saturating_add(64 << 10)
}

/// The essence of the content type, lower case; empty without one.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Gives each item of a batch a key of its own, so that what is repeated of the batch is known item by item.
fn number(key: Option<&IdempotencyKey>, first: usize, items: &mut [Result<Draft, Refusal>]) {
    let Some(key) = key else { return };
    for (index, item) in items.iter_mut().enumerate() {
        if let Ok(draft) = item {
            draft.terms.idempotency = Some(key.of_item(first + index));
        }
    }
}

/// The limit of a JSON body goes by its first byte that is no space.
struct OfJson {
    object: u64,
    first: Option<u8>,
}

impl Limit for OfJson {
    fn with(&mut self, chunk: &Bytes) -> u64 {
        self.first = self.first.or_else(|| chunk.trim_ascii_start().first().copied());
        if self.first == Some(b'{') { self.object } else { MAX_JSON }
    }

    fn beyond(limit: u64) -> Refusal {
        Refusal::BatchTooLarge(limit)
    }
}

async fn json(publisher: &Publisher, body: Body, key: Option<IdempotencyKey>) -> Result<Response, Refusal> {
    let app = &publisher.app;
    let limit = OfJson { object: MAX_JSON.max(max_item(app.settings.max_event_size)), first: None };
    let Whole { bytes, held: _held } = body::read(app, body, limit).await?;
    if !bytes.trim_ascii_start().starts_with(b"[") {
        let limits = app.gates.publish.take(&publisher.grant, publisher.address, 1)?;
        let mut draft = item::draft(publisher, &bytes, Place::START)?;
        draft.terms.idempotency = key;
        let outcomes = app.broker.publish(vec![draft]).await?;
        return Ok((limits, receipt(outcomes.into_iter().next().ok_or(Refusal::Stopping)??)).into_response());
    }
    several::respond(publisher, &bytes, key).await
}
