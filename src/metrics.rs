//! The numbers of a running broker, as Prometheus and `/api/stats` read them.
//!
//! Every layer raises its own; counting never fails. What a number means stands in its help text, once. There are no
//! labels whose values come from outside, such as topics: their number would have no bound.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// How a subscription reaches its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Plain HTTP/1.1, written by a shard.
    Http1,
    /// HTTP/1.1 over TLS, written by a shard.
    Tls,
    /// Anything else: HTTP/2 and HTTP/1.0; written by hyper.
    Hyper,
}

/// Why a subscription ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closed {
    /// The client closed it.
    Client,
    /// The network broke it, or the client has gone without a word.
    Lost,
    /// The client did not keep up, and the operator wants such clients cut.
    Slow,
    /// The client sent data where it has nothing to send.
    Chatter,
    /// The broker stopped, and said so.
    Drained,
    /// The broker stopped, and the client had not read all that was sent to it.
    Cut,
    /// Somebody who may do so ended it.
    Kicked,
    /// The token for which it was admitted is over.
    Expired,
}

impl Transport {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::Tls => "http1_tls",
            Self::Hyper => "other",
        }
    }
}

impl EncodeLabelValue for Transport {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.as_str().encode(encoder)
    }
}

/// What became of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Webhook {
    /// Its receiver took it.
    Delivered,
    /// Its receiver did not take it, however often it was sent.
    Failed,
    /// There was no room for it, so it was not sent.
    Dropped,
}

impl EncodeLabelValue for Webhook {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        let word = match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        };
        word.encode(encoder)
    }
}

impl Closed {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Lost => "lost",
            Self::Slow => "slow",
            Self::Chatter => "chatter",
            Self::Drained => "drained",
            Self::Cut => "cut",
            Self::Kicked => "kicked",
            Self::Expired => "expired",
        }
    }
}

impl EncodeLabelValue for Closed {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.as_str().encode(encoder)
    }
}

/// The label of a family by transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByTransport {
    /// How the client is reached.
    pub transport: Transport,
}

/// The label of a family by the reason of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByClosed {
    /// Why it ended.
    pub reason: Closed,
}

/// The label of a family by what became of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByOutcome {
    /// What became of it.
    pub outcome: Webhook,
}

/// The label of a family by a fixed word of the broker's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByReason {
    /// The word.
    pub reason: &'static str,
}

/// All numbers. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Numbers>);

/// What is counted.
#[derive(Debug)]
pub struct Numbers {
    /// Subscriptions that are open, whatever their transport.
    pub open: Gauge,
    /// The same by transport.
    pub connections: Family<ByTransport, Gauge>,
    /// Subscriptions ever opened.
    pub opened: Family<ByTransport, Counter>,
    /// Subscriptions ended.
    pub closed: Family<ByClosed, Counter>,
    /// Events taken into the log.
    pub events_published: Counter,
    /// Events written to subscribers.
    pub deliveries: Counter,
    /// Bytes written to subscribers.
    pub delivered_bytes: Counter,
    /// Gap events sent, by reason; see [`Metrics::count_gap`].
    gaps: Family<ByReason, Counter>,
    /// All of them.
    pub gaps_in_all: Counter,
    /// Requests and batch items refused, by reason; see [`Metrics::count_refusal`].
    refusals: Family<ByReason, Counter>,
    /// All of them.
    pub refusals_in_all: Counter,
    /// Requests of a trusted proxy that did not say clearly for whom it asks, and were refused.
    pub unclear_clients: Counter,
    /// Webhooks, by what became of them.
    webhooks: Family<ByOutcome, Counter>,
    /// From the append of an event to the end of the writes to the subscribers that keep up.
    pub publish_to_write: Histogram,
    /// Subscriptions behind the newest event.
    pub lagging: Gauge,
    /// Events that the slowest of them is behind.
    pub lag: Gauge,
    /// Bytes of the shared tail.
    pub tail_bytes: Gauge,
    /// Events that the history holds.
    pub retained_events: Gauge,
    /// Their size, bookkeeping included.
    pub retained_bytes: Gauge,
    /// Events of the history that are known to be damaged or lost.
    pub damaged_events: Gauge,
}

impl Deref for Metrics {
    type Target = Numbers;

    fn deref(&self) -> &Numbers {
        &self.0
    }
}

impl Default for Numbers {
    fn default() -> Self {
        // From 50 µs, about one write, to 13 s.
        let publish_to_write =
            Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(5e-5, 2.0, 18));
        Self {
            open: Gauge::default(),
            connections: Family::default(),
            opened: Family::default(),
            closed: Family::default(),
            events_published: Counter::default(),
            deliveries: Counter::default(),
            delivered_bytes: Counter::default(),
            gaps: Family::default(),
            gaps_in_all: Counter::default(),
            refusals: Family::default(),
            refusals_in_all: Counter::default(),
            unclear_clients: Counter::default(),
            webhooks: Family::default(),
            publish_to_write,
            lagging: Gauge::default(),
            lag: Gauge::default(),
            tail_bytes: Gauge::default(),
            retained_events: Gauge::default(),
            retained_bytes: Gauge::default(),
            damaged_events: Gauge::default(),
        }
    }
}

impl Metrics {
    /// Counts a gap event.
    pub fn count_gap(&self, reason: &'static str) {
        self.gaps.get_or_create(&ByReason { reason }).inc();
        self.gaps_in_all.inc();
    }

    /// Counts a request or batch item that was refused.
    pub fn count_refusal(&self, reason: &'static str) {
        self.refusals.get_or_create(&ByReason { reason }).inc();
        self.refusals_in_all.inc();
    }

    /// Counts a webhook.
    pub fn count_webhook(&self, outcome: Webhook) {
        self.webhooks.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// Subscriptions that are open over this transport.
    pub fn open_by(&self, transport: Transport) -> i64 {
        self.connections.get_or_create(&ByTransport { transport }).get()
    }

    /// Subscriptions that ended for this reason.
    pub fn closed_for(&self, reason: Closed) -> u64 {
        self.closed.get_or_create(&ByClosed { reason }).get()
    }

    /// Subscriptions ever opened.
    pub fn opened_in_all(&self) -> u64 {
        let of = |transport| self.opened.get_or_create(&ByTransport { transport }).get();
        of(Transport::Http1) + of(Transport::Tls) + of(Transport::Hyper)
    }

    /// All numbers in the text format of Prometheus.
    pub fn text(&self) -> String {
        let mut registry = Registry::with_prefix("sse");
        let n = &self.0;
        registry.register("connections", "Open subscriptions", n.connections.clone());
        registry.register("connections_opened", "Subscriptions opened", n.opened.clone());
        registry.register("connections_closed", "Subscriptions ended, by reason", n.closed.clone());
        registry.register("events_published", "Events taken into the log", n.events_published.clone());
        registry.register("deliveries", "Events written to subscribers", n.deliveries.clone());
        registry.register_with_unit("delivered", "Event data written", Unit::Bytes, n.delivered_bytes.clone());
        registry.register("gaps", "Gap events sent, by reason", n.gaps.clone());
        registry.register("refusals", "Requests and batch items refused, by reason", n.refusals.clone());
        let help = "Requests refused because a trusted proxy did not say clearly for whom it asks";
        registry.register("unclear_clients", help, n.unclear_clients.clone());
        registry.register("webhooks", "Webhooks, by what became of them", n.webhooks.clone());
        let help = "From the append of an event to the end of its writes to those who keep up";
        registry.register_with_unit("publish_to_write", help, Unit::Seconds, n.publish_to_write.clone());
        registry.register("lagging_connections", "Subscriptions behind the newest event", n.lagging.clone());
        registry.register("lag_events", "Events that the slowest subscription is behind", n.lag.clone());
        registry.register_with_unit("tail", "Size of the shared tail", Unit::Bytes, n.tail_bytes.clone());
        registry.register("retained_events", "Events that the history holds", n.retained_events.clone());
        registry.register_with_unit(
            "retained",
            "Their size, bookkeeping included",
            Unit::Bytes,
            n.retained_bytes.clone(),
        );
        let help = "Events of the history that are known to be damaged or lost";
        registry.register("damaged_events", help, n.damaged_events.clone());
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = text::encode(&mut text, &registry);
        text
    }
}
