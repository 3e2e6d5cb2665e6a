//! The routes: one line each.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::Response;
use axum::routing::get;

use super::origin::Origins;
use super::refusal::{Refusal, Refused};
use super::{Settings, batch, ops, origin, publish, subscribe};
use crate::broker::Broker;
use crate::metrics::Metrics;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct App {
    pub(super) broker: Broker,
    pub(super) settings: Arc<Settings>,
    pub(super) metrics: Metrics,
    pub(super) started: Instant,
}

pub(super) fn router(broker: Broker, settings: Settings, metrics: Metrics) -> Router {
    let origins: Origins = settings.origins.clone().into();
    let app = App { broker, settings: Arc::new(settings), metrics: metrics.clone(), started: Instant::now() };
    Router::new()
        .route("/events", get(subscribe::handle).post(batch::handle))
        .route("/events/", get(subscribe::handle).post(publish::handle))
        .route("/events/{*topic}", get(subscribe::handle).post(publish::handle))
        .route("/api/stats", get(ops::stats))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/", get(ops::index))
        .fallback(|| async { Refusal::NotFound })
        .method_not_allowed_fallback(|request: Request| async move { Refusal::Method(request.method().to_string()) })
        .with_state(app)
        .layer(from_fn_with_state(Arc::clone(&origins), origin::guard))
        .layer(origin::cors(origins))
        .layer(map_response_with_state(metrics, count_refusal))
        .layer(tower_http::trace::TraceLayer::new_for_http())
}

async fn count_refusal(State(metrics): State<Metrics>, response: Response) -> Response {
    if response.extensions().get::<Refused>().is_some() {
        metrics.refusals.inc();
    }
    response
}
