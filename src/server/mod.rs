//! The HTTP surface of the broker: routes, refusals, the accept loop.
//!
//! A server takes a bound listener and a stop signal, so that its caller decides what both are. It translates requests
//! into verbs of the broker and gives subscriptions their sink; it never sees the log.

mod accept;
mod batch;
mod ops;
mod origin;
mod parameters;
mod publish;
mod refusal;
mod router;
mod stream;
mod subscribe;

pub use accept::Report;
pub use origin::{NotAnOrigin, Origin};

use std::time::Duration;

use tokio::net::TcpListener;

use crate::broker::Broker;
use crate::metrics::Metrics;

/// What a server is told by its operator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The pages that may use the broker.
    pub origins: Vec<Origin>,
    /// After how long a stream without events gets a comment, so that proxies and clients know it lives.
    pub heartbeat: Duration,
    /// The largest data of one event, in bytes.
    pub max_event_size: u64,
}

/// Serves until `stop` resolves, then ends all streams and returns what it had to cut.
pub async fn run(
    listener: TcpListener,
    broker: Broker,
    settings: Settings,
    metrics: Metrics,
    stop: impl Future<Output = ()>,
) -> Report {
    let router = router::router(broker.clone(), settings, metrics);
    accept::run(listener, router, &broker, stop).await
}
