//! Histograms of times. They are merged, never averaged, and nothing is corrected afterwards: latency is counted from
//! the intended time, so that a stall already has its true weight.

use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer, V2Serializer};
use serde::{Deserialize, Serialize};

use super::clock::nanos;
use super::packed::{Garbled, Packed};

/// The finest difference that is kept, in nanoseconds.
const FINEST: u64 = 1_000;

/// The longest time that is told from a longer one.
const LONGEST: Duration = Duration::from_mins(10);

/// How many samples have to lie beyond a percentile for it to say something.
const BEYOND: u64 = 10;

/// How many samples it takes for a percentile that one in so many lies beyond.
pub(super) fn least(one_in: u64) -> u64 {
    BEYOND * one_in
}

/// What the times of a histogram are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// Receipt minus intended time.
    Latency,
    /// The same of each event's last delivery.
    LastDelivery,
    /// Receipt minus actual time.
    ServerLatency,
    /// Actual minus intended time.
    SendDelay,
    /// Time to a TCP connection.
    Connect,
    /// From a TCP connection to the end of the TLS handshake.
    Tls,
    /// From a subscriber's request to the head of the answer.
    FirstByte,
    /// From a subscriber's request to its first event.
    FirstEvent,
    /// From the loss of a stream to the head of the next one.
    Reconnect,
    /// From the loss of a stream to the first event of the next one.
    NextEvent,
    /// Receipt minus intended time of what was due before the stream was open on which it came.
    Recovered,
    /// From a subscriber's request until it had all that was published before.
    Replay,
    /// From an event to the next one on its stream.
    EventGap,
    /// From the request for a stream to its end.
    Stream,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Latency,
        Self::LastDelivery,
        Self::ServerLatency,
        Self::SendDelay,
        Self::Connect,
        Self::Tls,
        Self::FirstByte,
        Self::FirstEvent,
        Self::Reconnect,
        Self::NextEvent,
        Self::Recovered,
        Self::Replay,
        Self::EventGap,
        Self::Stream,
    ];

    /// How many of so many samples are independent of each other in a run that sent so many events. What delays an event
    /// delays it for all who receive it: it is one sample, and one that nobody received is none.
    pub(super) fn independent(self, samples: u64, sent: u64) -> u64 {
        match self {
            Self::Latency | Self::ServerLatency | Self::SendDelay => samples.min(sent),
            _ => samples,
        }
    }

    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::LastDelivery => "last-delivery",
            Self::ServerLatency => "server-latency",
            Self::SendDelay => "send-delay",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first-byte",
            Self::FirstEvent => "first-event",
            Self::Reconnect => "reconnect",
            Self::NextEvent => "next-event",
            Self::Recovered => "recovered",
            Self::Replay => "replay",
            Self::EventGap => "event-gap",
            Self::Stream => "stream",
        }
    }
}

/// The histograms of a whole run, one of each kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histograms([Samples; Kind::ALL.len()]);

impl Histograms {
    /// That of a kind.
    pub fn of(&self, kind: Kind) -> &Samples {
        &self.0[kind as usize]
    }

    /// The percentiles of a kind that are known in a run that sent so many events.
    pub(super) fn known(&self, kind: Kind, sent: u64) -> Percentiles {
        let samples = self.of(kind);
        samples.percentiles().resting_on(kind.independent(samples.count(), sent))
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut Samples {
        &mut self.0[kind as usize]
    }
}

/// A point of the curve of a histogram: so many samples are at most this large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The part of the samples that are at most `value_ms`, as far as the curve asks for it.
    pub quantile: f64,
    /// In milliseconds.
    pub value_ms: f64,
    /// How many samples that are.
    pub total: u64,
}

/// How many points of a curve there are from each part of the samples to half the distance from 1, as usual in the tools.
const TICKS_PER_HALF: u32 = 5;

/// Times in nanoseconds, with three significant digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Packed", try_from = "Packed")]
pub struct Samples {
    histogram: Histogram<u64>,
}

impl From<Samples> for Packed {
    fn from(samples: Samples) -> Self {
        let mut bytes = Vec::new();
        let written = V2Serializer::new().serialize(&samples.histogram, &mut bytes);
        written.expect("a Vec takes everything, and no count is too large to be written");
        Self::from(bytes)
    }
}

impl TryFrom<Packed> for Samples {
    type Error = Garbled;

    fn try_from(packed: Packed) -> Result<Self, Garbled> {
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut packed.bytes()).map_err(|_| Garbled)?;
        // Into one with our bounds: whatever came has to fit into what it is merged with.
        let mut samples = Self::new();
        samples.histogram.add(&read).map_err(|_| Garbled)?;
        Ok(samples)
    }
}

/// The summary of a histogram in milliseconds; there are no percentiles without samples, and in a report none with fewer than
/// ten beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// The median.
    pub p50: Option<f64>,
    /// Nine of ten are at most this.
    pub p90: Option<f64>,
    /// 99 of 100 are at most this.
    pub p99: Option<f64>,
    /// 999 of 1000 are at most this.
    pub p99_9: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// How many samples there are.
    pub count: u64,
}

impl Percentiles {
    /// Those that have at least ten samples beyond them, if so many samples are independent of each other; the largest
    /// value always stays.
    #[must_use]
    pub fn resting_on(self, samples: u64) -> Self {
        let kept = |value: Option<f64>, one_in: u64| value.filter(|_| samples >= least(one_in));
        Self {
            p50: kept(self.p50, 2),
            p90: kept(self.p90, 10),
            p99: kept(self.p99, 100),
            p99_9: kept(self.p99_9, 1000),
            ..self
        }
    }
}

impl Default for Samples {
    fn default() -> Self {
        Self::new()
    }
}

impl Samples {
    pub(super) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(FINEST, nanos(LONGEST), 3);
        Self { histogram: histogram.expect("the bounds are constants and in order") }
    }

    /// Adds a time in nanoseconds; one beyond ten minutes counts as ten minutes.
    pub(super) fn record(&mut self, nanoseconds: u64) {
        self.histogram.saturating_record(nanoseconds);
    }

    /// Adds all samples of another histogram.
    pub(super) fn merge(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("all have the same bounds");
    }

    /// Takes all samples out.
    pub(super) fn clear(&mut self) {
        if !self.is_empty() {
            self.histogram.reset();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The histogram as the HdrHistogram libraries exchange it: V2, compressed; values in nanoseconds.
    pub(super) fn compressed(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = V2DeflateSerializer::new().serialize(&self.histogram, &mut bytes);
        written.expect("a Vec takes everything, and no count is too large to be written");
        bytes
    }

    pub(super) fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.known(self.histogram.value_at_quantile(quantile));
        Percentiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p99_9: at(0.999),
            max: self.known(self.histogram.max()),
            count: self.histogram.len(),
        }
    }

    /// Its percentiles, the closer to 1 the denser.
    pub fn curve(&self) -> Vec<Point> {
        let mut total = 0;
        let points = self.histogram.iter_quantiles(TICKS_PER_HALF).map(|step| {
            total += step.count_since_last_iteration();
            Point { quantile: step.quantile_iterated_to(), value_ms: milliseconds(step.value_iterated_to()), total }
        });
        points.collect()
    }

    /// The mean and the standard deviation in milliseconds.
    pub fn mean_and_deviation(&self) -> (f64, f64) {
        (self.histogram.mean() / 1e6, self.histogram.stdev() / 1e6)
    }

    /// How it is divided: the number of buckets, and of those in each.
    pub fn buckets(&self) -> (u32, u32) {
        (self.histogram.buckets().into(), (2 * 10_u32.pow(self.histogram.sigfig().into())).next_power_of_two())
    }

    /// A value in milliseconds if there are samples at all.
    fn known(&self, nanoseconds: u64) -> Option<f64> {
        (!self.is_empty()).then(|| milliseconds(nanoseconds))
    }
}

/// Milliseconds, to the microsecond.
fn milliseconds(nanoseconds: u64) -> f64 {
    f64::from(u32::try_from(nanoseconds.div_ceil(1_000)).unwrap_or(u32::MAX)) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let mut samples = Samples::new();
        (1..=100).for_each(|ms| samples.record(ms * 1_000_000));
        let percentiles = samples.percentiles();
        let near = |value: Option<f64>, expected: f64| (value.expect("a value") / expected - 1.0).abs() < 0.002;
        assert!(near(percentiles.p50, 50.0) && near(percentiles.p99, 99.0) && near(percentiles.max, 100.0));
        assert_eq!(percentiles.count, 100);
    }

    #[test]
    fn a_percentile_needs_samples_beyond_it() {
        let all = Some(1.5);
        let percentiles = Percentiles { p50: all, p90: all, p99: all, p99_9: all, max: all, count: 500_000 };
        let kept = |samples| {
            let Percentiles { p50, p90, p99, p99_9, max, count } = percentiles.resting_on(samples);
            assert_eq!((max, count), (all, 500_000));
            [p50, p90, p99, p99_9].iter().flatten().count()
        };
        assert_eq!([10_000, 9_999, 1_000, 999, 100, 99, 20, 19].map(kept), [4, 3, 3, 2, 2, 1, 1, 0]);
    }

    #[test]
    fn without_samples_there_is_no_percentile() {
        assert_eq!(Samples::new().percentiles(), Percentiles::default());
    }

    #[test]
    fn a_histogram_is_the_same_in_another_process() {
        let mut samples = Samples::new();
        (1..3_000).for_each(|number| samples.record(number * number * 1_000));
        samples.record(0);
        samples.record(u64::MAX);
        for samples in [samples, Samples::new()] {
            let text = serde_json::to_string(&samples).expect("JSON");
            let again: Samples = serde_json::from_str(&text).expect("a histogram");
            assert_eq!((again.percentiles(), again.curve()), (samples.percentiles(), samples.curve()));
            assert_eq!(again, samples);
        }
        assert!(serde_json::from_str::<Samples>("\"AAAA\"").is_err());
    }

    #[test]
    fn merged_histograms_hold_the_samples_of_both() {
        let (mut one, mut other) = (Samples::new(), Samples::new());
        one.record(1_000_000);
        other.record(u64::MAX);
        one.merge(&other);
        assert_eq!(one.percentiles().count, 2);
        assert!(one.percentiles().max.expect("a value") >= 600_000.0);
    }
}
