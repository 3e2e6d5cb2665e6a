//! The histograms of a run as an HdrHistogram log, for the tools that read such logs: a line for each interval and kind,
//! its tag, and a line for each kind that belongs to the run as a whole. Values are nanoseconds; only the maximum that stands
//! beside a histogram, which is for people, is in milliseconds.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::Export;
use crate::bench::{Kind, Logged, Report};

/// The format.
#[derive(Clone, Copy, Debug)]
pub struct Hlog;

/// The kinds that have one histogram for the whole run where there is not one for each interval.
const WHOLE: [Kind; 10] = [
    Kind::Connect,
    Kind::Tls,
    Kind::FirstByte,
    Kind::FirstEvent,
    Kind::LastDelivery,
    Kind::Reconnect,
    Kind::NextEvent,
    Kind::Recovered,
    Kind::Replay,
    Kind::Stream,
];

impl Export for Hlog {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let series = &report.series;
        // Times in the file are from the first phase on: the format has none below zero.
        let origin = series.phases.first().map_or(0.0, |mark| mark.at_s.min(0.0));
        head(report, since_epoch(series.start) + origin, out)?;
        let known = report.times();
        let of_intervals = report.scenario.times_of_intervals();
        let is_whole = |kind: &Kind| {
            let is_known = known.iter().any(|time| time.kind == *kind);
            is_known && !of_intervals.is_some_and(|kinds| kinds.contains(kind))
        };
        let whole: Vec<Logged> = WHOLE
            .into_iter()
            .filter(is_whole)
            .map(|kind| {
                // Events reach their last subscriber in the measured phase, the others begin with the run.
                let at_s = if kind == Kind::LastDelivery { 0.0 } else { origin };
                let samples = report.histograms.of(kind);
                let max_ms = samples.percentiles().max.unwrap_or_default();
                Logged { kind, at_s, length_s: series.end_s - at_s, max_ms, compressed: samples.compressed() }
            })
            .collect();
        whole.iter().chain(&series.histograms).try_for_each(|logged| line(logged, origin, out))
    }
}

fn head(report: &Report, start: f64, out: &mut dyn io::Write) -> io::Result<()> {
    let program = &report.environment.version;
    writeln!(out, "#[Logged by {program} bench; values are in nanoseconds, Interval_Max is in milliseconds]")?;
    writeln!(out, "#[Histogram log format version 1.3]")?;
    writeln!(out, "#[StartTime: {start:.3} (seconds since epoch)]")?;
    writeln!(out, "#[BaseTime: {start:.3} (seconds since epoch)]")?;
    writeln!(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"")
}

fn line(logged: &Logged, origin: f64, out: &mut dyn io::Write) -> io::Result<()> {
    let Logged { kind, at_s, length_s, max_ms, compressed } = logged;
    let (start, histogram) = ((at_s - origin).max(0.0), STANDARD.encode(compressed));
    writeln!(out, "Tag={},{start:.3},{length_s:.3},{max_ms:.3},{histogram}", kind.name())
}

fn since_epoch(time: Timestamp) -> f64 {
    Duration::try_from(time.as_duration()).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogHistogram, IntervalLogIterator, LogEntry};

    use super::*;
    use crate::bench::{Mark, Phase, Samples, Series};

    fn samples(milliseconds: &[u64]) -> Samples {
        let mut samples = Samples::default();
        for value in milliseconds {
            samples.record(value * 1_000_000);
        }
        samples
    }

    fn read(interval: &IntervalLogHistogram<'_>) -> (String, f64, f64, f64, Histogram<u64>) {
        let bytes = STANDARD.decode(interval.encoded_histogram()).expect("base64");
        let histogram = Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
        let tag = interval.tag().expect("a tag").as_str().to_owned();
        (tag, interval.start_timestamp().as_secs_f64(), interval.duration().as_secs_f64(), interval.max(), histogram)
    }

    #[test]
    fn the_reader_of_the_library_finds_every_histogram_with_its_time_and_tag() {
        let logged = |at_s, values: &[u64]| {
            let (kind, length_s) = (Kind::Latency, 1.0);
            Logged { kind, at_s, length_s, max_ms: 7.0, compressed: samples(values).compressed() }
        };
        let series = Series {
            start: Timestamp::from_millisecond(1_700_000_001_500).expect("a time"),
            phases: vec![Mark { phase: Phase::Connecting, at_s: -1.25 }],
            end_s: 2.5,
            histograms: vec![logged(0.0, &[3, 3, 7]), logged(1.0, &[])],
            ..Series::default()
        };
        let mut report = Report { series, ..Report::default() };
        *report.histograms.of_mut(Kind::Connect) = samples(&[5]);
        let mut out = Vec::new();
        Hlog.write(&report, &mut out).expect("a Vec takes everything");

        let entries: Vec<LogEntry<'_>> = IntervalLogIterator::new(&out).map(|entry| entry.expect("a log")).collect();
        let start = Duration::from_millis(1_700_000_000_250);
        assert!(entries[..2] == [LogEntry::StartTime(start), LogEntry::BaseTime(start)], "{:?}", &entries[..2]);
        let intervals = entries.iter().filter_map(|entry| match entry {
            LogEntry::Interval(interval) => Some(read(interval)),
            _ => None,
        });
        let intervals: Vec<_> = intervals.collect();
        let shown: Vec<(&str, f64, f64, u64)> =
            intervals.iter().map(|(tag, at, length, _, found)| (tag.as_str(), *at, *length, found.len())).collect();
        let expected = [
            ("connect", 0.0, 3.75, 1),
            ("first-byte", 0.0, 3.75, 0),
            ("first-event", 0.0, 3.75, 0),
            ("last-delivery", 1.25, 2.5, 0),
            ("latency", 1.25, 1.0, 3),
            ("latency", 2.25, 1.0, 0),
        ];
        assert_eq!(shown, expected);
        let (.., max, latency) = &intervals[4];
        assert!((max - 7.0).abs() < 1e-9 && latency.count_at(3_000_000) == 2 && latency.count_at(7_000_000) == 1);
    }
}
