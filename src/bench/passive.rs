//! What streams bring while this program publishes nothing: when they were open, how much came, and how each went on.
//! Pure: `subscribers` feeds it through the tally, and [`Opening`], [`Traffic`] and [`Streams`] are what a report shows.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::figures::float;
use super::samples::{Histograms, Kind, Percentiles};

/// The most reasons for failures that are told apart; what else fails counts under [`OTHERS`].
const MOST_REASONS: usize = 20;

/// The reason of failures beyond that many.
const OTHERS: &str = "other reasons";

/// The notes of a generator thread, and their sum.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Passive {
    /// When the first connection was begun, and when the last stream was open.
    opening: Option<(u64, u64)>,
    /// What has come, but for what stands in `recent`.
    flow: Flow,
    /// What has come in the interval that is running.
    recent: Flow,
    requests: u64,
    failures: BTreeMap<String, u64>,
    /// The fewest and the most events of a stream that ended, and those of all.
    fewest: Option<u64>,
    most: Option<u64>,
    counted: u64,
}

/// What came on streams in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) traffic: Traffic,
    /// Streams that came to their end.
    pub(super) ended: u64,
    /// Requests that brought no stream, or one that broke off.
    pub(super) failed: u64,
}

impl AddAssign for Flow {
    fn add_assign(&mut self, other: Self) {
        let Traffic { bytes, comments, events } = other.traffic;
        self.traffic.bytes += bytes;
        self.traffic.comments += comments;
        self.traffic.events += events;
        self.ended += other.ended;
        self.failed += other.failed;
    }
}

/// How long it took until all were open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Opening {
    /// Seconds from the beginning of the first connection to the head of the last stream.
    pub took_s: f64,
    /// Streams per second within it.
    pub per_second: f64,
}

/// What came on all streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Bytes of the streams, without heads and what frames chunks.
    pub bytes: u64,
    /// Comment lines: heartbeats, mostly.
    pub comments: u64,
    /// Events.
    pub events: u64,
}

/// How streams went that were opened again and again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Streams {
    /// Requests for a stream.
    pub requests: u64,
    /// Streams that came to their end.
    pub ended: u64,
    /// Requests that brought no stream, or one that broke off.
    pub failed: u64,
    /// Requests that were under way when the time was over.
    pub unfinished: u64,
    /// Events of a stream that ended.
    pub events_per_stream: PerStream,
    /// From an event to the next one on its stream; events of one read arrived at once.
    pub gap_ms: Percentiles,
    /// From the request to the end of a stream that ended.
    pub stream_ms: Percentiles,
    /// Why requests failed, the most frequent first.
    pub failures: Vec<Failed>,
}

/// How a count is spread; nothing if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerStream {
    /// The smallest.
    pub min: Option<u64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The largest.
    pub max: Option<u64>,
}

/// Requests that failed alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// One stream on its way.
#[derive(Debug)]
pub(super) struct Course {
    /// When it was asked for.
    since: u64,
    /// When its last event came.
    last: Option<u64>,
    events: u64,
}

impl Course {
    pub(super) fn new(since: u64) -> Self {
        Self { since, last: None, events: 0 }
    }
}

impl Passive {
    /// A connection is begun.
    pub(super) fn begun(&mut self, at: u64) {
        self.requests += 1;
        self.open_between(at, at);
    }

    /// A stream is open.
    pub(super) fn opened(&mut self, at: u64) {
        self.open_between(at, at);
    }

    fn open_between(&mut self, first: u64, last: u64) {
        let (begun, end) = self.opening.unwrap_or((first, last));
        self.opening = Some((begun.min(first), end.max(last)));
    }

    /// Bytes of a stream.
    pub(super) fn bytes(&mut self, count: usize) {
        self.recent.traffic.bytes += count as u64;
    }

    /// A comment on a stream.
    pub(super) fn comment(&mut self) {
        self.recent.traffic.comments += 1;
    }

    /// An event, on a stream that is followed on its course or not; returns the time since the one before, if there was one.
    pub(super) fn event(&mut self, course: Option<&mut Course>, at: u64) -> Option<u64> {
        self.recent.traffic.events += 1;
        let course = course?;
        course.events += 1;
        course.last.replace(at).map(|last| at.saturating_sub(last))
    }

    /// Takes what has come since this was asked last.
    pub(super) fn take_recent(&mut self) -> Flow {
        let recent = std::mem::take(&mut self.recent);
        self.flow += recent;
        recent
    }

    /// A stream came to its end; returns how long it took.
    pub(super) fn ended(&mut self, course: &Course, at: u64) -> u64 {
        self.recent.ended += 1;
        self.counted += course.events;
        self.fewest = Some(self.fewest.map_or(course.events, |fewest| fewest.min(course.events)));
        self.most = self.most.max(Some(course.events));
        at.saturating_sub(course.since)
    }

    /// A request brought no stream, or one that broke off.
    pub(super) fn failed(&mut self, reason: String) {
        self.recent.failed += 1;
        self.failed_alike(reason, 1);
    }

    fn failed_alike(&mut self, reason: String, count: u64) {
        let known = self.failures.contains_key(&reason) || self.failures.len() < MOST_REASONS;
        *self.failures.entry(if known { reason } else { OTHERS.to_owned() }).or_default() += count;
    }

    /// Adds what another thread has.
    pub(super) fn merge(&mut self, mut other: Self) {
        other.take_recent();
        if let Some((first, last)) = other.opening {
            self.open_between(first, last);
        }
        self.flow += other.flow;
        self.requests += other.requests;
        self.counted += other.counted;
        self.fewest = self.fewest.into_iter().chain(other.fewest).min();
        self.most = self.most.max(other.most);
        other.failures.into_iter().for_each(|(reason, count)| self.failed_alike(reason, count));
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.flow.traffic
    }

    /// The time that it took to open so many; `None` if there were none.
    pub(super) fn opening(&self, opened: u32) -> Option<Opening> {
        let (first, last) = self.opening.filter(|_| opened > 0)?;
        let took = Duration::from_nanos(last.saturating_sub(first).max(1)).as_secs_f64();
        let rounded = |value: f64, to: f64| (value * to).round() / to;
        Some(Opening { took_s: rounded(took, 1e6), per_second: rounded(f64::from(opened) / took, 10.0) })
    }

    /// Why requests failed, the most frequent first.
    pub(super) fn failures(&self) -> Vec<Failed> {
        let reasons = self.failures.iter();
        let mut failures: Vec<_> =
            reasons.map(|(reason, count)| Failed { reason: reason.clone(), count: *count }).collect();
        failures.sort_by_key(|failed| std::cmp::Reverse(failed.count));
        failures
    }

    pub(super) fn streams(&self, times: &Histograms) -> Streams {
        let Flow { ended, failed, .. } = self.flow;
        let mean = (ended > 0).then(|| (float(self.counted) / float(ended) * 10.0).round() / 10.0);
        Streams {
            requests: self.requests,
            ended,
            failed,
            unfinished: self.requests.saturating_sub(ended + failed),
            events_per_stream: PerStream { min: self.fewest, mean, max: self.most },
            gap_ms: times.known(Kind::EventGap, 0),
            stream_ms: times.known(Kind::Stream, 0),
            failures: self.failures(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_is_from_the_first_connection_to_the_last_stream_of_all_threads() {
        let (mut one, mut other) = (Passive::default(), Passive::default());
        one.begun(2_000_000_000);
        one.opened(2_500_000_000);
        other.begun(1_000_000_000);
        other.opened(1_200_000_000);
        one.merge(other);
        let opening = one.opening(3).expect("there were some");
        assert!((opening.took_s - 1.5).abs() < 1e-9 && (opening.per_second - 2.0).abs() < 1e-9, "{opening:?}");
        assert_eq!(one.opening(0), None);
    }

    #[test]
    fn reasons_beyond_the_bound_are_counted_together() {
        let mut passive = Passive::default();
        for reason in 0..100 {
            passive.begun(0);
            passive.failed(format!("status {reason}"));
        }
        passive.take_recent();
        let streams = passive.streams(&Histograms::default());
        assert_eq!((streams.failures.len(), streams.failed, streams.unfinished), (MOST_REASONS + 1, 100, 0));
        assert_eq!(streams.failures[0], Failed { reason: OTHERS.to_owned(), count: 80 });
    }
}
