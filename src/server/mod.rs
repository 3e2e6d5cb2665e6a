//! The HTTP surface of the broker: routes, refusals, the accept loop.
//!
//! A server takes a bound listener and a stop signal, so that its caller decides what both are. It translates requests
//! into verbs of the broker and gives subscriptions their sink; it never sees the log.

mod accept;
mod batch;
mod body;
mod connection;
mod connections;
mod forwarded;
mod guest;
mod handoff;
mod host;
mod identity;
mod limit;
mod ops;
mod origin;
mod parameters;
mod path;
mod presence;
mod protection;
mod publish;
mod refusal;
mod route;
mod router;
mod seldom;
mod sockets;
mod stream;
mod streams;
mod subscribe;
mod terms;
mod tls;
mod tls_layer;
mod topics;
mod trim;

pub use accept::Report;
pub use connections::time;
pub use forwarded::{NotAProxy, Proxies, Proxy};
pub use identity::{Identity, KeysWanted, Places};
pub use limit::{BadTokens, Bounds, Pace};
pub use origin::{NotAnOrigin, Origin};
pub use path::{NotAPath, Path};
pub use route::Route;
pub use sockets::PerAddress;
pub use tls::{Tls, TlsError};

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::broker::Broker;
use crate::metrics::Metrics;
use connection::Service;
use router::App;

/// What a server is told by its operator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may use it.
    pub identity: Identity,
    /// Streams under paths of the operator's own.
    pub routes: Vec<Route>,
    /// The pages that may use the broker.
    pub origins: Vec<Origin>,
    /// The names under which it may be asked, beside `localhost`, addresses and the hosts of the origins; `None` is any.
    pub hosts: Option<Vec<String>>,
    /// The proxies that are believed when they say for whom they ask.
    pub proxies: Proxies,
    /// For how long browsers are to remember that it is asked over TLS only; none is that they are not told.
    pub tls_only: Option<Duration>,
    /// The largest data of one event, in bytes.
    pub max_event_size: u64,
    /// How many sockets may be open at once, whatever for.
    pub max_sockets: usize,
    /// How many of them may come from one address and be no streams.
    pub sockets_per_address: PerAddress,
    /// How many topics and patterns one subscription may name.
    pub max_topics: usize,
    /// How many subscriptions one address may open per second; none is no bound.
    pub subscribe_rate: Option<std::num::NonZeroU32>,
    /// What else one client may ask for.
    pub bounds: Bounds,
    /// How long a client may take for the head of a request, or for a TLS handshake.
    pub header_timeout: Duration,
    /// How long a client may take for the body of an event or a JSON batch, and be silent within newline-delimited JSON.
    pub body_timeout: Duration,
    /// The largest head of a request, in bytes.
    pub max_head_size: usize,
    /// Over how long streams are ended when the server stops.
    pub drain: Duration,
}

/// Serves until `stop` resolves, then ends all streams and returns what it had to cut.
pub async fn run(
    listener: TcpListener,
    broker: Broker,
    settings: Settings,
    tls: Option<Tls>,
    metrics: Metrics,
    stop: impl Future<Output = ()>,
) -> Report {
    let app = App::new(broker, settings, metrics);
    let front = router::front(app.clone());
    accept::run(listener, Arc::new(Service { app, front, tls }), stop).await
}
