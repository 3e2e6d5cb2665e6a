//! What operators and the curious ask: `/api/stats`, `/healthz`, `/readyz` and `/`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

use super::identity::Who;
use super::parameters::Parameters;
use super::protection::page;
use super::refusal::Refusal;
use super::router::App;
use crate::broker::Stats;

/// What runs, since when, in which version.
#[derive(Serialize)]
pub(super) struct Report {
    version: &'static str,
    uptime_seconds: u64,
    #[serde(flatten)]
    stats: Stats,
}

pub(super) async fn stats(State(app): State<App>, Who(grant): Who, uri: Uri) -> Result<Json<Report>, Refusal> {
    grant.may_administer()?;
    Parameters::parse(&uri, &[])?;
    let version = env!("CARGO_PKG_VERSION");
    Ok(Json(Report { version, uptime_seconds: app.started.elapsed().as_secs(), stats: app.broker.stats() }))
}

/// All numbers for Prometheus, which names the media type that it wants; anyone else can read it as text.
pub(super) async fn metrics(
    State(app): State<App>,
    Who(grant): Who,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    grant.may_administer()?;
    app.broker.measure();
    let content_type = if accepts(&headers, "application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    };
    Ok(([(header::CONTENT_TYPE, content_type)], app.metrics.text()))
}

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The process takes new connections.
pub(super) async fn readyz(State(app): State<App>) -> Result<&'static str, Refusal> {
    if app.broker.is_closing() { Err(Refusal::Stopping) } else { Ok("ready\n") }
}

/// Says what this is: a page for browsers, text for the rest.
pub(super) async fn index(headers: HeaderMap) -> Response {
    if accepts(&headers, "text/html") {
        (page(), Html(include_str!("ops/index.html"))).into_response()
    } else {
        include_str!("ops/index.txt").into_response()
    }
}

/// Whether the client names this media type among those it takes.
fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains(media_type))
}
