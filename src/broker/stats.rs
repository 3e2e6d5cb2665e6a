//! What runs, in numbers.

use serde::Serialize;

use super::Broker;

/// A snapshot of the broker. The counters are read one after the other, so they may be a moment apart.
#[derive(Clone, Debug, Serialize)]
pub struct Stats {
    /// The epoch of the log.
    pub epoch: String,
    /// Subscriptions.
    pub connections: Connections,
    /// Events.
    pub events: Events,
    /// What the log retains.
    pub retained: Retained,
    /// Requests, and items of batches, that were refused.
    pub refusals: u64,
}

/// Subscriptions by number.
#[derive(Clone, Debug, Serialize)]
pub struct Connections {
    /// Open now.
    pub open: i64,
    /// Opened since the start.
    pub opened: u64,
    /// How many may be open at once.
    pub limit: usize,
}

/// Events by number, since the start.
#[derive(Clone, Debug, Serialize)]
pub struct Events {
    /// Taken into the log.
    pub published: u64,
    /// Handed to subscribers.
    pub delivered: u64,
    /// Bytes handed to subscribers.
    pub delivered_bytes: u64,
    /// Gaps that subscribers were told of.
    pub gaps: u64,
}

/// What the log retains.
#[derive(Clone, Debug, Serialize)]
pub struct Retained {
    /// Events, those that are damaged or lost apart.
    pub events: u64,
    /// Events that are known to be damaged or lost; who asks for them is told of a gap.
    pub damaged: u64,
    /// Bytes, bookkeeping included.
    pub bytes: u64,
    /// The position of the newest event ever published.
    pub newest: String,
    /// The position of the oldest event that can still be replayed; absent if there is none.
    pub oldest: Option<String>,
}

impl Broker {
    /// Brings the numbers up to date that are not counted as things happen.
    pub fn measure(&self) {
        let lags = self.shards.iter().map(|shard| shard.lag());
        let (behind, slowest) = lags.fold((0, 0), |(sum, most), (behind, lag)| (sum + behind, most.max(lag)));
        let (metrics, span) = (&self.metrics, self.hub.log.span());
        for (gauge, value) in [
            (&metrics.lagging, behind),
            (&metrics.lag, slowest),
            (&metrics.tail_bytes, self.hub.tail_bytes()),
            (&metrics.retained_events, span.events()),
            (&metrics.retained_bytes, span.bytes),
            (&metrics.damaged_events, self.hub.log.damaged()),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    /// What runs now.
    pub fn stats(&self) -> Stats {
        let (metrics, span, epoch) = (&self.metrics, self.hub.log.span(), self.hub.log.epoch());
        let damaged = self.hub.log.damaged();
        Stats {
            epoch: epoch.to_string(),
            connections: Connections {
                open: metrics.open.get(),
                opened: metrics.opened_in_all(),
                limit: self.admission.limits().connections,
            },
            events: Events {
                published: metrics.events_published.get(),
                delivered: metrics.deliveries.get(),
                delivered_bytes: metrics.delivered_bytes.get(),
                gaps: metrics.gaps_in_all.get(),
            },
            retained: Retained {
                events: span.events().saturating_sub(damaged),
                damaged,
                bytes: span.bytes,
                newest: epoch.at(span.last).to_string(),
                oldest: (span.events() > 0).then(|| epoch.at(span.first).to_string()),
            },
            refusals: metrics.refusals_in_all.get(),
        }
    }
}
