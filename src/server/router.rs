//! The routes, one line each, and what holds for every request before it is routed.

use std::convert::Infallible;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use super::connection::Peer;
use super::forwarded::Unclear;
use super::limit::{Gates, UnderWay};
use super::protection::Protection;
use super::refusal::{Refusal, Refused};
use super::seldom::Seldom;
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
    pub(super) gates: Gates,
    /// Says that it is not clear who a client is.
    unclear: Seldom,
    pub(super) started: Instant,
}

impl App {
    pub(super) fn new(broker: Broker, settings: Settings, metrics: Metrics) -> Self {
        let gates = Gates::new(&settings);
        Self(Arc::new(Shared { broker, settings, metrics, gates, unclear: Seldom::default(), started: Instant::now() }))
    }

    /// For whom a peer asks.
    ///
    /// # Errors
    /// If a proxy that is trusted says nothing that makes sense.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, Unclear> {
        self.settings.proxies.client(peer, headers).inspect_err(|unclear| {
            self.metrics.unclear_clients.inc();
            if let Some(more) = self.unclear.now(Instant::now()) {
                tracing::warn!(
                    more,
                    "refused a request of the proxy {peer}, which does not say for whom it asks: {unclear}"
                );
            }
        })
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
    let (cors, protection) = (origin::cors(&app), Protection::new(&app.settings));
    let routes = routes(app.clone());
    let guarded = service_fn(move |request| answer(app.clone(), routes.clone(), request));
    BoxCloneSyncService::new(cors.layer(guarded).map_response(move |response| protection.add(response)))
}

async fn answer(app: App, mut routes: Router, request: Request) -> Result<Response, Infallible> {
    // Without its query, which may hold what is nobody else's business.
    let asked = tracing::enabled!(tracing::Level::DEBUG).then(|| {
        let client = request.extensions().get().map(|peer: &Peer| tracing::field::display(peer.address));
        (request.method().clone(), request.uri().path().to_owned(), client, Instant::now())
    });
    let is_of_page = request.headers().contains_key(header::ORIGIN);
    let mut response = match let_in(&app, &request) {
        Ok(_under_way) => routes.call(request).await?,
        Err(refusal) => refusal.into_response(),
    };
    if is_of_page {
        origin::expose(&mut response);
    }
    if let Some(Refused(code)) = response.extensions().get() {
        app.metrics.count_refusal(code);
    }
    if let Some((method, path, client, begun)) = asked {
        tracing::debug!(status = response.status().as_u16(), took = ?begun.elapsed(), client, "{method} {path}");
    }
    Ok(response)
}

/// What holds for all requests but those that ask whether the broker lives: those are answered in any case.
fn let_in(app: &App, request: &Request) -> Result<Option<UnderWay>, Refusal> {
    origin::check(&app.settings, request)?;
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return Ok(None);
    }
    match request.extensions().get::<Unclear>() {
        Some(unclear) => Err(Refusal::UnclearClient(unclear.clone())),
        None => UnderWay::enter(app).map(Some),
    }
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
