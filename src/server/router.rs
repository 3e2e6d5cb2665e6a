//! The routes: one line each.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::Response;
use axum::routing::get;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

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
    /// How often each address subscribes, if that is bounded.
    pub(super) subscribe_rate: Option<Arc<DefaultKeyedRateLimiter<IpAddr>>>,
    pub(super) started: Instant,
}

impl App {
    pub(super) fn new(broker: Broker, settings: Arc<Settings>, metrics: Metrics) -> Self {
        let subscribe_rate = settings.subscribe_rate.map(|rate| Arc::new(RateLimiter::keyed(Quota::per_second(rate))));
        Self { broker, settings, metrics, subscribe_rate, started: Instant::now() }
    }
}

pub(super) fn router(app: App) -> Router {
    let settings = Arc::clone(&app.settings);
    let metrics = app.metrics.clone();
    Router::new()
        .route("/events", get(subscribe::handle).post(batch::handle))
        .route("/events/", get(subscribe::handle).post(publish::handle))
        .route("/events/{*topic}", get(subscribe::handle).post(publish::handle))
        .route("/api/stats", get(ops::stats))
        .route("/metrics", get(ops::metrics))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/", get(ops::index))
        .fallback(|| async { Refusal::NotFound })
        .method_not_allowed_fallback(|request: Request| async move { Refusal::Method(request.method().to_string()) })
        .with_state(app)
        .layer(from_fn_with_state(Arc::clone(&settings), origin::guard))
        .layer(origin::cors(settings))
        .layer(map_response_with_state(metrics, count_refusal))
        .layer(tower_http::trace::TraceLayer::new_for_http())
}

async fn count_refusal(State(metrics): State<Metrics>, response: Response) -> Response {
    if let Some(Refused(code)) = response.extensions().get() {
        metrics.count_refusal(code);
    }
    response
}
