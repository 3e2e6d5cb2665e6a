//! The series as comma-separated values (RFC 4180): a header line, then a line for each interval. A field is empty where
//! nothing is known. No field needs quotes: all are numbers, but for the names of the phase and of the time.

use std::io;

use super::Export;
use crate::bench::{Interval, Kind, Percentiles, Report};

/// The format.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

/// The columns. Others may be added at the end. Those from `p50_ms` to `max_ms` are of the time that the column `time` names:
/// the main one of the scenario.
const HEADER: &str = "at_s,length_s,phase,connections,sent,received,lost_so_far,p50_ms,p90_ms,p99_ms,max_ms,\
                      generator_ran,generator_wanted,server_cpus,server_memory_bytes,time,bytes,comments,events,\
                      streams_ended,streams_failed,gap_p50_ms,gap_p90_ms,gap_p99_ms,gap_max_ms";

impl Export for Csv {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "{HEADER}\r\n")?;
        let main = report.scenario.times_of_intervals().map(|[main, _]| main);
        report.series.intervals.iter().try_for_each(|interval| write!(out, "{}\r\n", line(interval, main)))
    }
}

fn line(interval: &Interval, main: Option<Kind>) -> String {
    let Interval { at_s, length_s, phase, connections, sent, received, lost_so_far, generator, server, .. } = interval;
    let part = |part: Option<f64>| part.map_or_else(String::new, |part| format!("{part:.4}"));
    let count = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
    let first = [format!("{at_s:.3}"), format!("{length_s:.3}"), phase.name().to_owned()];
    let counts = [connections, sent, received, lost_so_far].map(u64::to_string);
    let generator = [generator.map(|load| load.ran), generator.map(|load| load.wanted)].map(part);
    let server = [part(server.map(|server| server.cpus)), count(server.map(|server| server.memory_bytes))];
    let (traffic, streams) = (interval.traffic, interval.streams);
    let traffic = [traffic.map(|it| it.bytes), traffic.map(|it| it.comments), traffic.map(|it| it.events)].map(count);
    let streams = [streams.map(|it| it.ended), streams.map(|it| it.failed)].map(count);
    let times = |kind: Option<Kind>| times(kind.and_then(|kind| interval.times(kind)));
    let name = main.map_or("", Kind::name).to_owned();
    let fields = first.into_iter().chain(counts).chain(times(main)).chain(generator).chain(server).chain([name]);
    fields.chain(traffic).chain(streams).chain(times(Some(Kind::EventGap))).collect::<Vec<_>>().join(",")
}

/// Percentiles as they stand in four columns.
fn times(times: Option<&Percentiles>) -> [String; 4] {
    let time = |time: Option<f64>| time.map_or_else(String::new, |time| format!("{time:.3}"));
    times.map_or_else(Default::default, |times| [times.p50, times.p90, times.p99, times.max].map(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Load, Phase, Series, ServerUse, Traffic, Turnover};

    #[test]
    fn each_interval_is_a_line_with_as_many_fields_as_the_header() {
        let quiet = Interval {
            at_s: 0.0,
            length_s: 1.0,
            phase: Phase::Measuring,
            connections: 3,
            sent: 2,
            received: 0,
            lost_so_far: 6,
            latency_ms: Percentiles::default(),
            ..Interval::default()
        };
        let times =
            Percentiles { p50: Some(1.5), p90: Some(2.25), p99: Some(3.0), p99_9: None, max: Some(4.125), count: 6 };
        let busy = Interval {
            at_s: 1.0,
            length_s: 0.25,
            phase: Phase::Draining,
            received: 6,
            latency_ms: times,
            generator: Some(Load { ran: 0.5, wanted: 0.625 }),
            server: Some(ServerUse { cpus: 1.25, memory_bytes: 4096 }),
            ..quiet
        };
        let series = Series { intervals: vec![quiet, busy], ..Series::default() };
        let mut out = Vec::new();
        Csv.write(&Report { series, ..Report::default() }, &mut out).expect("a Vec takes everything");
        let text = String::from_utf8(out).expect("ASCII");
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[1], "0.000,1.000,measuring,3,2,0,6,,,,,,,,,latency,,,,,,,,,");
        let busy = "1.000,0.250,draining,3,2,6,6,1.500,2.250,3.000,4.125,0.5000,0.6250,1.2500,4096,latency,,,,,,,,,";
        assert_eq!(lines[2], busy);
        assert_eq!(lines[3..], [""], "the last line has its end");
        assert!(lines[..3].iter().all(|line| line.split(',').count() == 25), "{text}");
    }

    #[test]
    fn streams_that_are_only_read_have_what_came_and_their_own_times() {
        let times = |p50| Some(Percentiles { p50: Some(p50), max: Some(9.0), ..Percentiles::default() });
        let row = Interval {
            length_s: 1.0,
            phase: Phase::Measuring,
            traffic: Some(Traffic { bytes: 70, comments: 2, events: 5 }),
            streams: Some(Turnover { ended: 3, failed: 1 }),
            first_event_ms: times(4.0),
            gap_ms: times(0.5),
            ..Interval::default()
        };
        let shown = "0.000,1.000,measuring,0,0,0,0,4.000,,,9.000,,,,,first-event,70,2,5,3,1,0.500,,,9.000";
        assert_eq!(line(&row, Some(Kind::FirstEvent)), shown);
        let idle = Interval { streams: None, first_event_ms: None, gap_ms: None, ..row };
        assert_eq!(line(&idle, None), "0.000,1.000,measuring,0,0,0,0,,,,,,,,,,70,2,5,,,,,,");
    }
}
