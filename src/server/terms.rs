//! What a publisher asks of the log for an event: how long it lives, what it is the state of, and that it is taken once.

use std::time::Duration;

use axum::http::HeaderMap;
use jiff::SignedDuration;

use super::parameters::header;
use super::refusal::Refusal;
use crate::broker::{IdempotencyKey, Key};

/// The header of draft-ietf-httpapi-idempotency-key-header, whose value is taken as it is.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub(super) fn ttl(text: &str) -> Result<Duration, Refusal> {
    let expected = "give a duration such as 30s, 10m or 24h; 0s is for those who listen now";
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| Refusal::Parameter { name: "ttl", value: text.to_owned(), expected })
}

pub(super) fn key(text: &str) -> Result<Key, Refusal> {
    text.parse().map_err(|error| Refusal::Name("a key", error))
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Refusal> {
    let text = header(headers, IDEMPOTENCY_KEY)?;
    text.map(|text| text.parse().map_err(|error| Refusal::Name("an Idempotency-Key", error))).transpose()
}
