//! The counters of a running broker. Every layer raises its own; `/api/stats` reads them.
//!
//! Counting never blocks and never fails. What a number means stands here, once, in its comment.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

/// All counters since the start. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Subscriptions that are open now.
    pub connections: Gauge,
    /// Subscriptions ever opened.
    pub connections_opened: Counter,
    /// Events taken into the log.
    pub events_published: Counter,
    /// Events handed to subscribers: one event to ten subscribers counts ten.
    pub deliveries: Counter,
    /// Bytes of text/event-stream handed to subscribers, heartbeats not counted.
    pub delivered_bytes: Counter,
    /// `sse.gap` events sent.
    pub gaps: Counter,
    /// Requests answered with a problem, single items of a batch included.
    pub refusals: Counter,
}
