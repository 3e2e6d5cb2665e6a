//! The charts over time, from the rows of the series: the latency, and below it whatever else is known of each second.

use super::chart::{Axis, Band, Chart, Line, values};
use super::scale::Scale;
use crate::bench::figures::float;
use crate::bench::{Interval, Phase, Report};

/// Bytes in a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

/// A chart before its axis of time is added.
struct Part {
    id: &'static str,
    title: &'static str,
    note: String,
    unit: &'static str,
    scale: Scale,
    lines: Vec<Line>,
}

/// The charts that there is something to draw for, in the order of the page.
pub(super) fn charts(report: &Report) -> Vec<Chart> {
    let parts = [
        latency(report),
        deliveries(report),
        connections(report),
        lost(report),
        generator(report),
        processors(report),
        memory(report),
    ];
    let known = |part: &Part| values(&part.lines).next().is_some();
    parts.into_iter().filter(known).map(|part| part.over_time(report)).collect()
}

fn latency(report: &Report) -> Part {
    let lines = vec![
        line(report, "p50", |row| row.latency_ms.p50),
        line(report, "p99", |row| row.latency_ms.p99),
        line(report, "max", |row| row.latency_ms.max),
    ];
    let scale = Scale::around(values(&lines));
    let each = match report.series.interval_s {
        0 | 1 => "second".to_owned(),
        seconds => format!("{seconds} seconds"),
    };
    let note = format!("Of all deliveries that came within each {each}.");
    Part { id: "latency", title: "Latency over time", note, unit: "ms", scale, lines }
}

fn deliveries(report: &Report) -> Part {
    let per_second = |row: &Interval, count: f64| (row.length_s > 0.0).then(|| count / row.length_s);
    let topics = f64::from(report.plan.topics.max(1));
    let due = if report.plan.topics > 1 { "sent to all open streams of its topic" } else { "sent to all open streams" };
    let lines = vec![
        line(report, "received", |row| Some(row.received_per_second())),
        line(report, due, |row| per_second(row, float(row.sent) * float(row.connections) / topics)),
    ];
    let scale = from_zero(&lines);
    Part { id: "deliveries", title: "Deliveries per second", note: String::new(), unit: "deliveries/s", scale, lines }
}

fn connections(report: &Report) -> Part {
    let lines = vec![line(report, "open", |row| Some(float(row.connections)))];
    let scale = Scale::from_zero(f64::from(report.connections.asked));
    Part { id: "connections", title: "Open streams", note: String::new(), unit: "subscribers", scale, lines }
}

/// Only where there are losses: a chart of nothing says less than a table.
fn lost(report: &Report) -> Part {
    let has_losses = report.deliveries.lost > 0;
    let lines = vec![line(report, "lost", |row| has_losses.then(|| float(row.lost_so_far)))];
    let (scale, note) = (from_zero(&lines), "Added up, by the time at which their event was due.".to_owned());
    Part { id: "lost", title: "Lost deliveries so far", note, unit: "deliveries", scale, lines }
}

fn generator(report: &Report) -> Part {
    let lines = vec![
        line(report, "wanted to run", |row| row.generator.map(|load| load.wanted * 100.0)),
        line(report, "ran", |row| row.generator.map(|load| load.ran * 100.0)),
    ];
    let note = "Its busiest thread of subscribers: close to 100\u{a0}% it measures itself.".to_owned();
    let scale = Scale::linear(0.0, 100.0);
    Part { id: "generator", title: "Load of the generator", note, unit: "% of the time", scale, lines }
}

fn processors(report: &Report) -> Part {
    let lines = vec![line(report, "server", |row| row.server.map(|server| server.cpus * 100.0))];
    let scale = from_zero(&lines);
    let unit = "% of one processor";
    Part { id: "processors", title: "Processor time of the server", note: String::new(), unit, scale, lines }
}

fn memory(report: &Report) -> Part {
    let lines = vec![line(report, "server", |row| row.server.map(|server| float(server.memory_bytes) / MEBIBYTE))];
    let scale = from_zero(&lines);
    Part { id: "memory", title: "Memory of the server", note: "Resident.".to_owned(), unit: "MiB", scale, lines }
}

/// A figure of each interval, at its middle.
fn line(report: &Report, name: &'static str, value: impl Fn(&Interval) -> Option<f64>) -> Line {
    let point = |row: &Interval| Some((row.at_s + row.length_s / 2.0, value(row)?));
    Line { name, points: report.series.intervals.iter().map(point).collect() }
}

fn from_zero(lines: &[Line]) -> Scale {
    Scale::from_zero(values(lines).fold(0.0, f64::max))
}

impl Part {
    fn over_time(self, report: &Report) -> Chart {
        let Self { id, title, note, unit, scale, lines } = self;
        let end = report.series.end_s;
        let draining = report.series.phases.iter().find(|mark| mark.phase == Phase::Draining);
        Chart {
            id,
            title,
            description: lines.iter().map(|line| in_words(line, unit)).collect(),
            note,
            x: Axis { name: "seconds since the measurement began", scale: Scale::linear(0.0, end), ticks: Vec::new() },
            y: Axis { name: unit, scale, ticks: Vec::new() },
            lines,
            bands: draining.map(|mark| Band { from: mark.at_s, to: end, name: "drain" }).into_iter().collect(),
            is_large: id == "latency",
        }
    }
}

fn in_words(line: &Line, unit: &str) -> String {
    let known = || line.points.iter().flatten().map(|(_, value)| *value);
    let (least, largest) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
    match known().next() {
        Some(_) => format!("{}: between {least:.3} and {largest:.3} {unit}. ", line.name),
        None => format!("{}: not known. ", line.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Deliveries, Mark, Percentiles, Series, ServerUse};

    fn report(lost: u64, server: Option<ServerUse>) -> Report {
        let latency_ms = Percentiles { p50: Some(1.0), max: Some(2.0), count: 10, ..Percentiles::default() };
        let phase = Phase::Measuring;
        let row = Interval {
            at_s: 0.0,
            length_s: 0.5,
            phase,
            connections: 5,
            sent: 2,
            received: 10,
            lost_so_far: lost,
            latency_ms,
            generator: None,
            server,
        };
        let phases = vec![Mark { phase: Phase::Draining, at_s: 0.4 }];
        let series = Series { intervals: vec![row], phases, end_s: 0.5, ..Series::default() };
        Report { series, deliveries: Deliveries { lost, ..Deliveries::default() }, ..Report::default() }
    }

    #[test]
    fn there_is_a_chart_only_of_what_is_known() {
        let ids = |lost, server| charts(&report(lost, server)).into_iter().map(|chart| chart.id).collect::<Vec<_>>();
        assert_eq!(ids(0, None), ["latency", "deliveries", "connections"]);
        let server = ServerUse { cpus: 0.5, memory_bytes: 3 << 20 };
        let all = ["latency", "deliveries", "connections", "lost", "processors", "memory"];
        assert_eq!(ids(7, Some(server)), all);
        assert_eq!(charts(&Report::default()).len(), 0);
    }

    #[test]
    fn figures_are_per_second_and_in_their_units() {
        let server = ServerUse { cpus: 0.5, memory_bytes: 3 << 20 };
        let charts = charts(&report(7, Some(server)));
        let value = |id: &str| charts.iter().find(|chart| chart.id == id).and_then(|chart| chart.lines[0].points[0]);
        assert_eq!(["deliveries", "processors", "memory"].map(value), [20.0, 50.0, 3.0].map(|y| Some((0.25, y))));
        assert!(charts[1].description.starts_with("received: between 20.000 and 20.000 deliveries/s. "));
        assert_eq!(charts[0].bands.len(), 1);
    }
}
