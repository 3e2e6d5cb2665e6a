//! What happened when: a row for each second of the measured phase and of what follows it. `recorder` takes in what the
//! threads of a run note, merged exactly over all of them; `sampler` makes a row of each interval that is over.
//!
//! A row describes the deliveries of its interval, all of them: its percentiles say nothing about another interval, so
//! they stand there however few events they rest on.

mod recorder;
mod sampler;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub(super) use recorder::{Open, Recorder, Window};
pub(super) use sampler::Sampler;

use super::figures::{self, float};
use super::load::Load;
use super::passive::{Flow, Traffic};
use super::plan::Plan;
use super::progress::Phase;
use super::samples::{Kind, Percentiles};
use super::scenario::Scenario;

/// The most rows of a series: an hour of seconds, and what follows it. A run of which it is known that it takes longer has
/// longer intervals; where it is not known before, the last row lasts until the end.
const MOST: u64 = 4_000;

/// What happened when. Times are in seconds from the beginning of the measured phase; what was before is negative.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// When the measured phase began: RFC 3339, in UTC.
    #[serde(serialize_with = "rfc3339")]
    pub start: Timestamp,
    /// How long an interval is in seconds; the last one ends with the run.
    pub interval_s: u64,
    /// When each phase began.
    pub phases: Vec<Mark>,
    /// When the last phase was over.
    pub end_s: f64,
    /// One row for each interval from the beginning of the measured phase on.
    pub intervals: Vec<Interval>,
    /// The histograms of the intervals, if they were asked for.
    #[serde(skip)]
    pub histograms: Vec<Logged>,
}

/// The beginning of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Which one.
    pub phase: Phase,
    /// When it began, in seconds.
    pub at_s: f64,
}

/// A row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// When it begins, in seconds.
    pub at_s: f64,
    /// How long it is, in seconds.
    pub length_s: f64,
    /// The phase in the middle of it.
    pub phase: Phase,
    /// Subscribers that had a stream when it was over.
    pub connections: u64,
    /// Measured events that were wholly written to a socket within it.
    pub sent: u64,
    /// Measured deliveries within it, repetitions not counted.
    pub received: u64,
    /// Of all measured events that were due by its end, the deliveries that never came. While the run goes on: those that
    /// a later event of the same publisher has overtaken.
    pub lost_so_far: u64,
    /// Receipt minus intended time of the deliveries within it.
    pub latency_ms: Percentiles,
    /// Time to the TCP connections that stood within it, in a run that opens connections and no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<Percentiles>,
    /// From the request to the head of the answers that came within it, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<Percentiles>,
    /// What came within it on streams that nothing was published to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// How streams went within it that are opened again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<Turnover>,
    /// From the request to the first events that came on such streams within it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event_ms: Option<Percentiles>,
    /// From the event before to the others that came on them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_ms: Option<Percentiles>,
    /// The thread of subscribers that was the busiest.
    pub generator: Option<Load>,
    /// What the server used, where it is watched.
    pub server: Option<ServerUse>,
}

/// How many streams were over in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Turnover {
    /// Streams that came to their end.
    pub ended: u64,
    /// Requests that brought no stream, or one that broke off.
    pub failed: u64,
}

impl Turnover {
    fn of(flow: &Flow) -> Self {
        Self { ended: flow.ended, failed: flow.failed }
    }
}

/// What the server used in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServerUse {
    /// Processor time by time: 1 is one whole processor.
    pub cpus: f64,
    /// Resident memory at its end.
    pub memory_bytes: u64,
}

/// A histogram of an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// What it counts.
    pub kind: Kind,
    /// When the interval begins, in seconds.
    pub at_s: f64,
    /// How long it is, in seconds.
    pub length_s: f64,
    /// The largest value in milliseconds.
    pub max_ms: f64,
    /// The histogram as the HdrHistogram libraries exchange it: V2, compressed.
    pub compressed: Vec<u8>,
}

impl Interval {
    /// Deliveries per second; 0 for an interval of no length.
    pub fn received_per_second(&self) -> f64 {
        self.per_second(self.received)
    }

    /// The times of a kind within it, where they are known.
    pub fn times(&self, kind: Kind) -> Option<&Percentiles> {
        match kind {
            Kind::Latency => Some(&self.latency_ms),
            Kind::Connect => self.connect_ms.as_ref(),
            Kind::FirstByte => self.first_byte_ms.as_ref(),
            Kind::FirstEvent => self.first_event_ms.as_ref(),
            Kind::EventGap => self.gap_ms.as_ref(),
            _ => None,
        }
    }

    /// A count of the interval per second; 0 for one of no length.
    pub fn per_second(&self, count: u64) -> f64 {
        if self.length_s > 0.0 { float(count) / self.length_s } else { 0.0 }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The signature is serde's.
fn rfc3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

impl Series {
    /// How long an interval of a plan's series is, in whole seconds: one, unless the run is longer than an hour.
    pub(super) fn interval(plan: &Plan) -> u64 {
        let measured = match plan.scenario {
            // It is over when all have come, and have what they want.
            Scenario::Connect | Scenario::Replay => {
                let ramp = plan.ramp.map_or(0, |ramp| plan.connections.div_ceil(ramp.max(1)));
                Duration::from_secs(ramp.into())
            }
            _ => plan.duration,
        };
        let longest = measured.saturating_add(plan.drain);
        longest.as_secs().div_ceil(MOST).max(1)
    }

    /// How long each phase took, in a sentence.
    pub(super) fn in_words(&self) -> String {
        let ends = self.phases.iter().skip(1).map(|mark| mark.at_s).chain([self.end_s]);
        let phases = self.phases.iter().zip(ends).map(|(mark, end)| {
            let name = mark.phase.name().replace('_', " ");
            format!("{name} {}", figures::seconds((end - mark.at_s).max(0.0)))
        });
        format!("The phases took: {}.", phases.collect::<Vec<_>>().join(", "))
    }

    /// Sets `lost_so_far` of each row to what is known at the end: `lost` deliveries of the events that were due in each
    /// interval.
    pub(super) fn account(&mut self, lost: &[u64]) {
        let (mut sum, mut rest) = (0, lost.iter());
        for interval in &mut self.intervals {
            sum += rest.next().unwrap_or(&0);
            interval.lost_so_far = sum;
        }
        if let Some(last) = self.intervals.last_mut() {
            last.lost_so_far += rest.sum::<u64>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_known_to_be_long_has_longer_intervals() {
        let interval = |scenario, seconds, ramp| {
            let (connections, duration) = (50_000, Duration::from_secs(seconds));
            Series::interval(&Plan { scenario, connections, ramp, duration, ..Plan::sample() })
        };
        assert_eq!([4_000, 4_001].map(|seconds| interval(Scenario::Fanout, seconds, None)), [1, 2]);
        assert_eq!(interval(Scenario::Fanout, 10, Some(1)), 1, "it connects before it measures");
        for scenario in [Scenario::Connect, Scenario::Replay] {
            assert_eq!([10, 20].map(|ramp| interval(scenario, 10, Some(ramp))), [2, 1], "5,000 s, and 2,500");
            assert_eq!(interval(scenario, 9_000, None), 1, "its time is not that of --duration");
        }
    }
}
