//! The series as comma-separated values (RFC 4180): a header line, then a line for each interval. A field is empty where
//! nothing is known. No field needs quotes: all are numbers, but for the name of the phase.

use std::io;

use super::Export;
use crate::bench::{Interval, Report};

/// The format.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

/// The columns. Others may be added at the end.
const HEADER: &str = "at_s,length_s,phase,connections,sent,received,lost_so_far,p50_ms,p90_ms,p99_ms,max_ms,\
                      generator_ran,generator_wanted,server_cpus,server_memory_bytes";

impl Export for Csv {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        write!(out, "{HEADER}\r\n")?;
        report.series.intervals.iter().try_for_each(|interval| write!(out, "{}\r\n", line(interval)))
    }
}

fn line(interval: &Interval) -> String {
    let Interval { at_s, length_s, phase, connections, sent, received, lost_so_far, latency_ms, generator, server } =
        interval;
    let part = |part: Option<f64>| part.map_or_else(String::new, |part| format!("{part:.4}"));
    let time = |time: Option<f64>| time.map_or_else(String::new, |time| format!("{time:.3}"));
    let counts = [connections, sent, received, lost_so_far].map(u64::to_string);
    let times = [latency_ms.p50, latency_ms.p90, latency_ms.p99, latency_ms.max].map(time);
    let generator = [generator.map(|load| load.ran), generator.map(|load| load.wanted)].map(part);
    let memory = server.map_or_else(String::new, |server| server.memory_bytes.to_string());
    let server = [part(server.map(|server| server.cpus)), memory];
    let first = [format!("{at_s:.3}"), format!("{length_s:.3}"), phase.name().to_owned()];
    let fields = first.into_iter().chain(counts).chain(times).chain(generator).chain(server);
    fields.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Load, Percentiles, Phase, Series, ServerUse};

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
            generator: None,
            server: None,
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
        assert_eq!(lines[1], "0.000,1.000,measuring,3,2,0,6,,,,,,,,");
        assert_eq!(lines[2], "1.000,0.250,draining,3,2,6,6,1.500,2.250,3.000,4.125,0.5000,0.6250,1.2500,4096");
        assert_eq!(lines[3..], [""], "the last line has its end");
        assert!(lines[..3].iter().all(|line| line.split(',').count() == 15), "{text}");
    }
}
