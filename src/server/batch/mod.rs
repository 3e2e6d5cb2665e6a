//! `POST /events`: many events in one request, one result per item, in their order.
//!
//! A JSON body is read whole, within a bound. Newline-delimited JSON is read as it comes and may go on forever: its
//! results are sent while it does. Both take the same items and give the same results.

mod item;
mod lines;
mod outcome;
mod place;
mod streamed;

pub(super) use self::place::Fault;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::value::RawValue;

use self::outcome::{Answer, publish, refused_with};
use self::place::Place;
use super::parameters::Parameters;
use super::publish::{refuse_unsupported, whole};
use super::refusal::Refusal;
use super::router::App;

/// The largest JSON body, in bytes: it is in memory as a whole.
const MAX_JSON: u64 = 16 << 20;

pub(super) async fn handle(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    Parameters::parse(&uri, &[])?;
    refuse_unsupported(&headers)?;
    match media_type(&headers).as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(streamed::respond(app, body).await),
        // What curl sends if nobody tells it otherwise is taken for what it looks like.
        "" | "application/json" | "application/x-www-form-urlencoded" => json(&app, body).await,
        other => Err(Refusal::MediaType(other.to_owned())),
    }
}

/// The essence of the content type, lower case; empty without one.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn json(app: &App, body: Body) -> Result<Response, Refusal> {
    let bytes = whole(body, MAX_JSON, app.settings.body_timeout, Refusal::BatchTooLarge(MAX_JSON)).await?;
    if !bytes.trim_ascii_start().starts_with(b"[") {
        let outcome = publish(app, vec![item::draft(app, &bytes, Place::START)]).await.pop();
        return outcome.unwrap_or(Err(Refusal::Stopping)).map(|receipt| Json(receipt).into_response());
    }
    let items: Vec<&RawValue> = serde_json::from_slice(&bytes).map_err(|error| Place::START.fault(&error))?;
    let place = |item: &RawValue| Place::of(&bytes, item.get().as_ptr().addr() - bytes.as_ptr().addr());
    let drafts = items.iter().map(|item| item::draft(app, item.get().as_bytes(), place(item))).collect();
    let outcomes = publish(app, drafts).await;
    let results: Vec<_> = outcomes.iter().enumerate().map(|(index, outcome)| Answer::new(outcome, index)).collect();
    let status = outcomes.iter().find_map(refused_with).unwrap_or(StatusCode::OK);
    Ok((status, Json(results)).into_response())
}
