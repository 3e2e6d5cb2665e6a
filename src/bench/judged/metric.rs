//! The figures of a report by the names that `--fail-if` knows them by: `p99`, `last.p99`, `lost`.

use std::fmt;
use std::str::FromStr;

use super::super::figures::{float, milliseconds, whole};
use super::super::samples::least;
use super::super::{Kind, Percentiles, Report, Scenario};

/// The names of times before the dot; without one it is the latency.
const KINDS: [(&str, Kind); 14] = [
    ("latency", Kind::Latency),
    ("last", Kind::LastDelivery),
    ("server", Kind::ServerLatency),
    ("send-delay", Kind::SendDelay),
    ("connect", Kind::Connect),
    ("tls", Kind::Tls),
    ("first-byte", Kind::FirstByte),
    ("first-event", Kind::FirstEvent),
    ("reconnect", Kind::Reconnect),
    ("next-event", Kind::NextEvent),
    ("recovered", Kind::Recovered),
    ("replay", Kind::Replay),
    ("event-gap", Kind::EventGap),
    ("stream", Kind::Stream),
];

const LEVELS: [(&str, Level); 5] =
    [("p50", Level::P50), ("p90", Level::P90), ("p99", Level::P99), ("p99.9", Level::P99_9), ("max", Level::Max)];

const COUNTS: [(&str, Count); 10] = [
    ("lost", Count::Lost),
    ("gap", Count::Gap),
    ("duplicated", Count::Duplicated),
    ("reordered", Count::Reordered),
    ("foreign", Count::Foreign),
    ("refused", Count::Refused),
    ("closed", Count::Closed),
    ("failed", Count::Failed),
    ("late", Count::Late),
    ("unsent", Count::Unsent),
];

/// All names, for whoever gave another.
pub(super) const KNOWN: &str = "p50, p90, p99, p99.9 and max (of the latency, or behind `last.`, `server.`, `connect.`, \
                                `tls.`, `first-byte.`, `first-event.`, `send-delay.`, `reconnect.`, `next-event.`, \
                                `recovered.`, `replay.`, `event-gap.` or `stream.`), lost, gap, duplicated, reordered, \
                                foreign, refused, closed, failed, late and unsent";

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
    /// Requests for a stream that brought none, or one that broke off.
    Failed,
    /// Events that were sent late.
    Late,
    /// Events of the plan that were not sent.
    Unsent,
}

/// A figure of a report; the larger, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Milliseconds.
    Time(Kind, Level),
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
    /// It is none of the figures of the scenario.
    #[error("not measured by `sse bench {}`", .0.name())]
    NotMeasured(Scenario),
    /// TLS is not spoken.
    #[error("not known: the run has no such times")]
    Absent,
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
    pub(super) fn needed(self) -> u64 {
        match self {
            Self::P50 => least(2),
            Self::P90 => least(10),
            Self::P99 => least(100),
            Self::P99_9 => least(1000),
            Self::Max => 1,
        }
    }
}

impl Metric {
    /// Its value in a report.
    ///
    /// # Errors
    /// [`Unknown::NotMeasured`] if its scenario has no such figure, [`Unknown::Absent`] if the run has no such times,
    /// [`Unknown::TooFew`] for a percentile that rests on too few samples.
    pub fn of(self, report: &Report) -> Result<Figure, Unknown> {
        self.known_in(report.scenario)?;
        match self {
            Self::Time(kind, level) => {
                let times = report.times();
                let time = times.iter().find(|time| time.kind == kind).ok_or(Unknown::Absent)?;
                let value = level.of(&time.known());
                value
                    .map(|value| Figure { value, whole: 0.0 })
                    .ok_or(Unknown::TooFew { samples: time.samples, needed: level.needed() })
            }
            Self::Count(count) => {
                let (value, whole) = count.of(report);
                Ok(Figure { value: float(value), whole: float(whole) })
            }
        }
    }

    /// A value of it for people, without its unit.
    pub fn shown(self, value: f64) -> String {
        if self.is_time() { milliseconds(value) } else { whole(value) }
    }

    /// Whether it is a time.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time(..))
    }

    /// Makes sure that it is one of the figures of a scenario.
    ///
    /// # Errors
    /// [`Unknown::NotMeasured`] if it is not.
    pub fn known_in(self, scenario: Scenario) -> Result<(), Unknown> {
        let (publishes, streams) = (scenario.publishes(), scenario == Scenario::Stream);
        let is_known = match self {
            Self::Time(Kind::Connect | Kind::Tls | Kind::FirstByte, _) | Self::Count(Count::Refused) => true,
            Self::Time(Kind::FirstEvent, _) => publishes || streams,
            Self::Time(Kind::EventGap | Kind::Stream, _) | Self::Count(Count::Failed) => streams,
            Self::Time(Kind::Reconnect | Kind::NextEvent | Kind::Recovered, _) | Self::Count(Count::Gap) => {
                scenario == Scenario::Reconnect
            }
            Self::Time(Kind::Replay, _) => scenario == Scenario::Replay,
            Self::Count(Count::Closed) => !streams,
            Self::Time(..) => scenario.has_latency(),
            Self::Count(_) => publishes,
        };
        if is_known { Ok(()) } else { Err(Unknown::NotMeasured(scenario)) }
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
            Self::Failed => report.streams.as_ref().map_or((0, 0), |streams| (streams.failed, streams.requests)),
            Self::Late => (events.late, events.sent),
            Self::Unsent => (events.unsent, plan.events),
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
            return Ok(Self::Time(Kind::Latency, level));
        }
        let (kind, level) = text.split_once('.').ok_or(())?;
        Ok(Self::Time(named(&KINDS, kind).ok_or(())?, named(&LEVELS, level).ok_or(())?))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(Kind::Latency, level) => out.write_str(name(&LEVELS, *level)),
            Self::Time(kind, level) => write!(out, "{}.{}", name(&KINDS, *kind), name(&LEVELS, *level)),
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
    use crate::bench::{Events, Reconnects, Replay, Streams};

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
            tls_ms: Some(only(6.0)),
            first_byte_ms: only(7.0),
            first_event_ms: only(8.0),
            ..Report::default()
        };
        let of = |report: &Report| {
            let value = |(_, kind): &(&str, Kind)| Metric::Time(*kind, Level::Max).of(report).map(|it| it.value).ok();
            KINDS.iter().map(value).collect::<Vec<_>>()
        };
        let [first, opened, last] =
            [1.0, 5.0, 9.0].map(|first: f64| [0.0, 1.0, 2.0, 3.0].map(|more| Some(first + more)));
        let (none, no_streams) = ([None; 4], [None; 2]);
        assert_eq!(of(&report), [&first[..], &opened, &none, &no_streams].concat());
        let streams = Streams { gap_ms: only(9.0), stream_ms: only(10.0), ..Streams::default() };
        let stream = Report { scenario: Scenario::Stream, streams: Some(streams), ..report.clone() };
        assert_eq!(of(&stream), [&none[..], &opened, &none, &last[..2]].concat());
        let (reconnect_ms, next_event_ms, recovered_ms) = (only(9.0), only(10.0), only(11.0));
        let again = Reconnects { reconnect_ms, next_event_ms, recovered_ms, recovered_events: 1, ..Default::default() };
        let reconnect = Report { scenario: Scenario::Reconnect, reconnect: Some(again), ..report.clone() };
        assert_eq!(of(&reconnect), [&first[..], &opened, &last[..3], &[None], &no_streams].concat());
        let replay = Some(Replay { replay_ms: only(12.0), ..Replay::default() });
        let replay = Report { scenario: Scenario::Replay, replay, ..report };
        assert_eq!(of(&replay), [&none[..], &opened, &[None; 3], &last[3..], &no_streams].concat());
        let plain = Metric::Time(Kind::Tls, Level::Max).of(&Report::default());
        assert_eq!(plain.map(|figure| figure.value), Err(Unknown::Absent));
    }

    #[test]
    fn every_figure_that_a_scenario_knows_has_a_value_in_its_report() {
        let names = KNOWN.replace("and", ",").replace(['`', '(', ')'], "");
        assert!(
            COUNTS.iter().all(|(name, _)| names.contains(name))
                && KINDS[1..].iter().all(|(name, _)| names.contains(name))
        );
        for scenario in Scenario::ALL {
            let streams = (scenario == Scenario::Stream).then(Streams::default);
            let reconnect = (scenario == Scenario::Reconnect).then(Reconnects::default);
            let replay = (scenario == Scenario::Replay).then(Replay::default);
            let report = Report { scenario, reconnect, replay, streams, ..Report::default() };
            let times = KINDS.iter().map(|(_, kind)| Metric::Time(*kind, Level::P50));
            for metric in times.chain(COUNTS.iter().map(|(_, count)| Metric::Count(*count))) {
                let missing = metric.of(&report) == Err(Unknown::NotMeasured(scenario));
                assert_eq!(missing, metric.known_in(scenario).is_err(), "{metric} in {scenario:?}");
            }
        }
    }

    #[test]
    fn a_percentile_that_the_table_does_not_show_is_not_known() {
        let latency_ms = Percentiles { p99: Some(5.0), count: 100_000, ..Percentiles::default() };
        let of = |sent| {
            let events = Events { sent, ..Events::default() };
            Metric::Time(Kind::Latency, Level::P99).of(&Report { events, latency_ms, ..Report::default() })
        };
        assert_eq!(of(1_000), Ok(Figure { value: 5.0, whole: 0.0 }));
        assert_eq!(of(999), Err(Unknown::TooFew { samples: 999, needed: 1_000 }));
    }

    #[test]
    fn what_was_not_due_yet_when_a_run_was_stopped_is_not_unsent() {
        let mut report = Report { interrupted: true, ..Report::default() };
        (report.plan.events, report.events.sent) = (1_000, 400);
        let unsent = |report: &Report| Metric::Count(Count::Unsent).of(report).map(|figure| figure.value);
        assert_eq!(unsent(&report), Ok(0.0));
        report.events.unsent = 3;
        assert_eq!(unsent(&report), Ok(3.0));
    }

    #[test]
    fn an_event_that_nobody_received_is_no_sample() {
        let latency_ms =
            Percentiles { p50: Some(1.0), p99: Some(5.0), max: Some(5.0), count: 12, ..Percentiles::default() };
        let events = Events { sent: 10_000, acknowledged: 10_000, ..Events::default() };
        let report = Report { events, latency_ms, server_latency_ms: latency_ms, ..Report::default() };
        for kind in [Kind::Latency, Kind::ServerLatency] {
            let of = |level| Metric::Time(kind, level).of(&report);
            assert_eq!(of(Level::P50), Err(Unknown::TooFew { samples: 12, needed: 20 }));
            assert_eq!(of(Level::Max).map(|figure| figure.value), Ok(5.0));
        }
    }
}
