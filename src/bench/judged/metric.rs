//! The figures of a report by the names that `--fail-if` knows them by: `p99`, `last.p99`, `lost`.

use std::fmt;
use std::str::FromStr;

use super::super::figures::float;
use super::super::{Percentiles, Report};

/// The name of the latency, which needs not be said.
const LATENCY: &str = "latency";

/// The names of times before the dot, each with what [`Report::times`] calls it.
const TIMES: [(&str, Timed); 13] = [
    (LATENCY, Timed(LATENCY)),
    ("last", Timed("last delivery")),
    ("server", Timed("server latency")),
    ("send-delay", Timed("send delay")),
    ("connect", Timed("connect")),
    ("first-byte", Timed("first byte")),
    ("first-event", Timed("first event")),
    ("reconnect", Timed("reconnect")),
    ("next-event", Timed("next event")),
    ("recovered", Timed("recovered")),
    ("replay", Timed("replay")),
    ("event-gap", Timed("event gap")),
    ("stream", Timed("stream")),
];

const LEVELS: [(&str, Level); 5] =
    [("p50", Level::P50), ("p90", Level::P90), ("p99", Level::P99), ("p99.9", Level::P99_9), ("max", Level::Max)];

const COUNTS: [(&str, Count); 9] = [
    ("lost", Count::Lost),
    ("gap", Count::Gap),
    ("duplicated", Count::Duplicated),
    ("reordered", Count::Reordered),
    ("foreign", Count::Foreign),
    ("refused", Count::Refused),
    ("closed", Count::Closed),
    ("late", Count::Late),
    ("unsent", Count::Unsent),
];

/// All names, for whoever gave another.
pub(super) const KNOWN: &str = "p50, p90, p99, p99.9 and max (of the latency, or behind `last.`, `server.`, `connect.`, \
                                `first-byte.`, `first-event.`, `send-delay.`, `reconnect.`, `next-event.`, \
                                `recovered.`, `replay.`, `event-gap.` or `stream.`), lost, gap, duplicated, reordered, foreign, \
                                refused, closed, late and unsent";

/// A point of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The median.
    P50,
    /// Nine of ten are at most this.
    P90,
    /// 99 of 100 are at most this.
    P99,
    /// 999 of 1000 are at most this.
    P99_9,
    /// The largest.
    Max,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Deliveries that never came.
    Lost,
    /// Those of them that were due while their subscriber was away.
    Gap,
    /// Deliveries that came again.
    Duplicated,
    /// Deliveries behind a later one.
    Reordered,
    /// Events that this run has not sent.
    Foreign,
    /// Subscribers without a stream.
    Refused,
    /// Streams that ended too early.
    Closed,
    /// Events that were sent late.
    Late,
    /// Events of the plan that were not sent.
    Unsent,
}

/// A histogram of a report, by the name that [`Report::times`] has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed(&'static str);

/// A figure of a report; the larger, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Milliseconds.
    Time(Timed, Level),
    /// A number of things.
    Count(Count),
}

/// The value of a [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Milliseconds, or how many.
    pub value: f64,
    /// What a count is a part of; 0 for times.
    pub whole: f64,
}

/// Why a figure is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// A percentile without ten samples beyond it.
    #[error("not known: it rests on {samples} samples, and {needed} are the least")]
    TooFew {
        /// Those that are independent of each other.
        samples: u64,
        /// How many there have to be.
        needed: u64,
    },
    /// A time that the scenario has none of.
    #[error("not known: `sse bench {0}` measures no such time")]
    NotMeasured(&'static str),
    /// A part of nothing.
    #[error("not known: there is nothing that it could be a part of")]
    NoWhole,
}

impl Level {
    fn of(self, times: &Percentiles) -> Option<f64> {
        match self {
            Self::P50 => times.p50,
            Self::P90 => times.p90,
            Self::P99 => times.p99,
            Self::P99_9 => times.p99_9,
            Self::Max => times.max,
        }
    }

    /// How many samples it takes.
    fn needed(self) -> u64 {
        match self {
            Self::P50 => 20,
            Self::P90 => 100,
            Self::P99 => 1_000,
            Self::P99_9 => 10_000,
            Self::Max => 1,
        }
    }
}

impl Metric {
    /// Its value in a report.
    ///
    /// # Errors
    /// [`Unknown::TooFew`] for a percentile that rests on too few samples, [`Unknown::NotMeasured`] for a time that the
    /// scenario does not have.
    pub fn of(self, report: &Report) -> Result<Figure, Unknown> {
        match self {
            Self::Time(Timed(label), level) => {
                let found = report.times().into_iter().find(|(name, ..)| *name == label);
                let (_, times, samples) = found.ok_or(Unknown::NotMeasured(report.scenario.name()))?;
                let value = level.of(&times.resting_on(samples));
                value
                    .map(|value| Figure { value, whole: 0.0 })
                    .ok_or(Unknown::TooFew { samples, needed: level.needed() })
            }
            Self::Count(count) => {
                let (value, whole) = count.of(report);
                Ok(Figure { value: float(value), whole: float(whole) })
            }
        }
    }

    /// Whether it is a time.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time(..))
    }
}

impl Count {
    /// How many there are, and of how many.
    fn of(self, report: &Report) -> (u64, u64) {
        let Report { connections, events, deliveries, plan, .. } = report;
        match self {
            Self::Lost => (deliveries.lost, deliveries.expected),
            Self::Gap => (report.reconnect.as_ref().map_or(0, |reconnects| reconnects.gap), deliveries.expected),
            Self::Duplicated => (deliveries.duplicated, deliveries.expected),
            Self::Reordered => (deliveries.reordered, deliveries.expected),
            Self::Foreign => (deliveries.foreign, deliveries.expected),
            Self::Refused => (connections.refused.into(), connections.asked.into()),
            Self::Closed => (connections.closed.into(), connections.opened.into()),
            Self::Late => (events.late, events.sent),
            Self::Unsent => (plan.events.saturating_sub(events.sent), plan.events),
        }
    }
}

impl FromStr for Metric {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(count) = named(&COUNTS, text) {
            return Ok(Self::Count(count));
        }
        if let Some(level) = named(&LEVELS, text) {
            return Ok(Self::Time(Timed(LATENCY), level));
        }
        let (kind, level) = text.split_once('.').ok_or(())?;
        Ok(Self::Time(named(&TIMES, kind).ok_or(())?, named(&LEVELS, level).ok_or(())?))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(Timed(LATENCY), level) => out.write_str(name(&LEVELS, *level)),
            Self::Time(timed, level) => write!(out, "{}.{}", name(&TIMES, *timed), name(&LEVELS, *level)),
            Self::Count(count) => out.write_str(name(&COUNTS, *count)),
        }
    }
}

fn named<T: Copy>(names: &[(&str, T)], text: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == text).map(|(_, item)| *item)
}

fn name<T: Copy + PartialEq>(names: &[(&'static str, T)], item: T) -> &'static str {
    names.iter().find(|(_, other)| *other == item).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Events, Reconnects, Replay, Scenario, Streams};

    #[test]
    fn every_name_means_the_time_or_the_count_that_it_says() {
        for text in ["p50", "p99.9", "max", "last.p99", "server.p99.9", "send-delay.max", "first-event.p90", "lost"] {
            assert_eq!(text.parse::<Metric>().map(|metric| metric.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("latency.p99".parse::<Metric>(), "p99".parse());
        for wrong in ["", "p95", "last", "last.", "last.lost", ".p99", "P99"] {
            assert_eq!(wrong.parse::<Metric>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn each_time_is_taken_from_its_own_histogram() {
        let only = |max| Percentiles { max: Some(max), count: 1, ..Percentiles::default() };
        let report = Report {
            latency_ms: only(1.0),
            last_delivery_ms: only(2.0),
            server_latency_ms: only(3.0),
            send_delay_ms: only(4.0),
            connect_ms: only(5.0),
            first_byte_ms: only(6.0),
            first_event_ms: only(7.0),
            ..Report::default()
        };
        let of = |report: &Report, names: &str| -> Vec<Result<f64, Unknown>> {
            let metrics = names.split(' ').map(|name| format!("{name}.max").parse::<Metric>().expect("a name"));
            metrics.map(|metric| metric.of(report).map(|figure| figure.value)).collect()
        };
        let published = "latency last server send-delay";
        assert_eq!(of(&report, published), [1.0, 2.0, 3.0, 4.0].map(Ok));
        assert_eq!(of(&report, "connect first-byte first-event"), [5.0, 6.0, 7.0].map(Ok));
        assert_eq!(of(&report, "stream"), [Err(Unknown::NotMeasured("fanout"))]);
        let connect = Report { scenario: Scenario::Connect, ..report.clone() };
        assert_eq!(of(&connect, "connect first-byte"), [5.0, 6.0].map(Ok));
        assert_eq!(of(&connect, published), [Err(Unknown::NotMeasured("connect")); 4]);
        let replay = Replay { replay_ms: only(8.0), ..Replay::default() };
        let replay = Report { scenario: Scenario::Replay, replay: Some(replay), ..report.clone() };
        assert_eq!(of(&replay, "connect first-event replay"), [5.0, 7.0, 8.0].map(Ok));
        assert_eq!(of(&replay, published), [Err(Unknown::NotMeasured("replay")); 4]);
        let streams = Streams { gap_ms: only(8.0), stream_ms: only(9.0), ..Streams::default() };
        let stream = Report { scenario: Scenario::Stream, streams: Some(streams), ..report.clone() };
        assert_eq!(of(&stream, "first-event event-gap stream"), [7.0, 8.0, 9.0].map(Ok));
        let (reconnect_ms, next_event_ms, recovered_ms) = (only(8.0), only(9.0), only(10.0));
        let again =
            Reconnects { reconnect_ms, next_event_ms, recovered_ms, recovered_events: 1, ..Reconnects::default() };
        let reconnect = Report { scenario: Scenario::Reconnect, reconnect: Some(again), ..report };
        assert_eq!(of(&reconnect, "latency reconnect next-event recovered"), [1.0, 8.0, 9.0, 10.0].map(Ok));
    }

    #[test]
    fn a_percentile_that_the_table_does_not_show_is_not_known() {
        let latency_ms = Percentiles { p99: Some(5.0), count: 100_000, ..Percentiles::default() };
        let of = |sent| {
            let events = Events { sent, ..Events::default() };
            Metric::Time(Timed(LATENCY), Level::P99).of(&Report { events, latency_ms, ..Report::default() })
        };
        assert_eq!(of(1_000), Ok(Figure { value: 5.0, whole: 0.0 }));
        assert_eq!(of(999), Err(Unknown::TooFew { samples: 999, needed: 1_000 }));
    }
}
