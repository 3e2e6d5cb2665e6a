//! The routes, one line each, and what holds for every request before it is routed.

use std::convert::Infallible;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, Service as _, service_fn};

use super::refusal::{Refusal, Refused};
use super::{Settings, batch, connections, identity, ops, origin, presence, publish, route, subscribe, topics};
use crate::broker::Broker;
use crate::metrics::Metrics;

/// What the handlers share; every request has its own handle on it.
#[derive(Clone)]
pub(super) struct App(Arc<Shared>);

/// See [`App`].
pub(super) struct Shared {
    pub(super) broker: Broker,
    pub(super) settings: Settings,
    pub(super) metrics: Metrics,
    /// How often each address subscribes, if that is bounded.
    pub(super) subscribe_rate: Option<DefaultKeyedRateLimiter<IpAddr>>,
    pub(super) started: Instant,
}

impl App {
    pub(super) fn new(broker: Broker, settings: Settings, metrics: Metrics) -> Self {
        let subscribe_rate = settings.subscribe_rate.map(|rate| RateLimiter::keyed(Quota::per_second(rate)));
        Self(Arc::new(Shared { broker, settings, metrics, subscribe_rate, started: Instant::now() }))
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What answers every request; cloning it is cheap.
pub(super) type Front = BoxCloneSyncService<Request, Response, Infallible>;

/// The routes behind the guards. What is put around a router with its own `layer` is put around every route, in a box of
/// its own that every request copies: this stands around all of them, once.
pub(super) fn front(app: App) -> Front {
    let cors = origin::cors(&app);
    let routes = routes(app.clone());
    let guarded = service_fn(move |request| answer(app.clone(), routes.clone(), request));
    BoxCloneSyncService::new(cors.layer(guarded))
}

async fn answer(app: App, mut routes: Router, request: Request) -> Result<Response, Infallible> {
    // Without its query, which may hold what is nobody else's business.
    let asked = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| (request.method().clone(), request.uri().path().to_owned(), Instant::now()));
    let response = match origin::check(&app.settings, &request) {
        Ok(()) => routes.call(request).await?,
        Err(refusal) => refusal.into_response(),
    };
    if let Some(Refused(code)) = response.extensions().get() {
        app.metrics.count_refusal(code);
    }
    if let Some((method, path, begun)) = asked {
        tracing::debug!(status = response.status().as_u16(), took = ?begun.elapsed(), "{method} {path}");
    }
    Ok(response)
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/events", get(subscribe::handle).post(batch::handle))
        .route("/events/", get(subscribe::handle).post(publish::handle))
        .route("/events/{*topic}", get(subscribe::handle).post(publish::handle))
        .route("/api/tickets", post(identity::ticket))
        .route("/api/stats", get(ops::stats))
        .route("/api/connections", get(connections::list).delete(connections::ending::several))
        .route("/api/connections/{id}", patch(connections::change::handle).delete(connections::ending::one))
        .route("/api/topics", get(topics::list))
        .route("/api/presence/", get(presence::handle))
        .route("/api/presence/{*topic}", get(presence::handle))
        .route("/metrics", get(ops::metrics))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/", get(ops::index))
        .fallback(route::handle)
        .method_not_allowed_fallback(|request: Request| async move { Refusal::Method(request.method().to_string()) })
        .with_state(app)
}
