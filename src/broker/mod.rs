//! The broker: publishing into the log, and subscriptions as cursors in it.
//!
//! Events go into the log and nowhere else; a [`Subscription`] moves a cursor over the log and hands out what it passes.
//! The server opens subscriptions and gives them a sink: today a hyper body, which pulls. The broker knows no HTTP and
//! no engine.

mod gap;
mod limits;
mod publish;
mod stats;
mod subscribe;
mod subscription;

pub use gap::{Gap, Reason};
pub use limits::Limits;
pub use publish::{NotStored, Published, Unfit};
pub use stats::Stats;
pub use subscribe::{Start, TooMany};
pub use subscription::Subscription;

// What a publisher hands in and a subscriber asks with, as the log takes it.
pub use crate::store::{Draft, Filter};

use std::sync::Arc;

use tokio::sync::watch;

use crate::metrics::Metrics;
use crate::store::Log;

/// A handle on the one broker of the process; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Broker {
    log: Arc<dyn Log>,
    metrics: Metrics,
    limits: Limits,
    /// Whether the broker has been closed; every subscription watches it.
    closed: Arc<watch::Sender<bool>>,
}

impl Broker {
    /// A broker over this log.
    pub fn new(log: Arc<dyn Log>, limits: Limits, metrics: Metrics) -> Self {
        Self { log, metrics, limits, closed: Arc::new(watch::Sender::new(false)) }
    }

    /// Ends all subscriptions, those of the future included, each when it has come to the end of the log.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }
}
