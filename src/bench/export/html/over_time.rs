//! The charts over time, from the rows of the series: the main time of the scenario, and below it whatever else is known of
//! each second.

use super::chart::{Axis, Band, Chart, Line, values};
use super::scale::Scale;
use crate::bench::figures::float;
use crate::bench::{Interval, Kind, Percentiles, Phase, Report, Scenario, Traffic};

/// Bytes in a kibibyte and in a mebibyte.
const KIBIBYTE: f64 = 1_024.0;
const MEBIBYTE: f64 = 1_048_576.0;

/// The charts that are as wide as the page.
const LARGE: [&str; 3] = ["latency", "first-byte", "first-event"];

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
    let own = match report.scenario {
        Scenario::Fanout | Scenario::Reconnect => {
            vec![latency(report), deliveries(report), connections(report), lost(report)]
        }
        // A point is no course: of less than a second the table says as much.
        Scenario::Connect | Scenario::Replay if report.series.intervals.len() < 2 => return Vec::new(),
        Scenario::Connect => vec![first_byte(report), connections(report)],
        Scenario::Replay => vec![deliveries(report), connections(report)],
        Scenario::Idle => vec![connections(report), events(report), bytes(report)],
        Scenario::Stream => {
            vec![first_event(report), gap(report), events(report), turnover(report), connections(report), bytes(report)]
        }
    };
    let parts = own.into_iter().chain([generator(report), processors(report), memory(report)]);
    let known = |part: &Part| values(&part.lines).next().is_some();
    parts.filter(known).map(|part| part.over_time(report)).collect()
}

fn latency(report: &Report) -> Part {
    Part { id: "latency", title: "Latency over time", ..times(report, Kind::Latency, "deliveries that came") }
}

fn first_byte(report: &Report) -> Part {
    Part { id: "first-byte", title: "First byte over time", ..times(report, Kind::FirstByte, "answers that came") }
}

fn first_event(report: &Report) -> Part {
    Part {
        id: "first-event",
        title: "First event over time",
        ..times(report, Kind::FirstEvent, "first events that came")
    }
}

fn gap(report: &Report) -> Part {
    Part { id: "gap", title: "Event gap over time", ..times(report, Kind::EventGap, "further events that came") }
}

/// Percentiles of a kind, of what came within each interval.
fn times(report: &Report, kind: Kind, of: &str) -> Part {
    let of_row = |value: fn(&Percentiles) -> Option<f64>| move |row: &Interval| row.times(kind).and_then(value);
    let lines = vec![
        line(report, "p50", of_row(|times| times.p50)),
        line(report, "p99", of_row(|times| times.p99)),
        line(report, "max", of_row(|times| times.max)),
    ];
    let each = match report.series.interval_s {
        0 | 1 => "second".to_owned(),
        seconds => format!("{seconds} seconds"),
    };
    let (scale, note) = (Scale::around(values(&lines)), format!("Of all {of} within each {each}."));
    Part { id: "times", title: "Times", note, unit: "ms", scale, lines }
}

/// What was on the streams that nothing was published to.
fn events(report: &Report) -> Part {
    let per_second = |row: &Interval, count: fn(&Traffic) -> u64| row.traffic.map(|it| row.per_second(count(&it)));
    let lines = [
        line(report, "events", |row| per_second(row, |traffic| traffic.events)),
        line(report, "comments (heartbeats, mostly)", |row| per_second(row, |traffic| traffic.comments)),
    ];
    let lines: Vec<Line> = lines.into_iter().filter(came).collect();
    let title = match &lines[..] {
        [Line { name: "events", .. }] => "Events per second",
        [_] => "Comments (heartbeats, mostly) per second",
        _ => "Events and comments per second",
    };
    let (scale, note) = (from_zero(&lines), "On all streams together.".to_owned());
    Part { id: "events", title, note, unit: "per second", scale, lines }
}

/// Whether there was anything at all: a chart of nothing says less than a table.
fn came(line: &Line) -> bool {
    line.points.iter().flatten().any(|(_, value)| *value > 0.0)
}

fn bytes(report: &Report) -> Part {
    let line = line(report, "received", |row| row.traffic.map(|it| row.per_second(it.bytes) / KIBIBYTE));
    let lines: Vec<Line> = Some(line).into_iter().filter(came).collect();
    let (scale, note) = (from_zero(&lines), "On all streams, without heads and what frames chunks.".to_owned());
    Part { id: "bytes", title: "Received per second", note, unit: "KiB/s", scale, lines }
}

fn turnover(report: &Report) -> Part {
    let has_failures = report.streams.as_ref().is_some_and(|streams| streams.failed > 0);
    let mut lines = vec![line(report, "ended", |row| row.streams.map(|it| row.per_second(it.ended)))];
    if has_failures {
        lines.push(line(report, "failed", |row| row.streams.map(|it| row.per_second(it.failed))));
    }
    let scale = from_zero(&lines);
    let title = if has_failures { "Streams that ended or failed per second" } else { "Streams that ended per second" };
    Part { id: "turnover", title, note: String::new(), unit: "streams/s", scale, lines }
}

fn deliveries(report: &Report) -> Part {
    let per_second = |row: &Interval, count: f64| (row.length_s > 0.0).then(|| count / row.length_s);
    let topics = f64::from(report.plan.topics.max(1));
    let due = if report.plan.topics > 1 { "sent to all open streams of its topic" } else { "sent to all open streams" };
    let mut lines = vec![line(report, "received", |row| Some(row.received_per_second()))];
    // What was sent before anybody came is due to nobody at a time.
    if report.scenario.has_latency() {
        lines.push(line(report, due, |row| per_second(row, float(row.sent) * float(row.connections) / topics)));
    }
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
            is_large: LARGE.contains(&id),
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
    use crate::bench::{Deliveries, Mark, Series, ServerUse, Streams, Turnover};

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
            server,
            ..Interval::default()
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
    fn each_scenario_has_charts_of_its_own() {
        let ids = |scenario, rows: usize| {
            let known = Some(Percentiles { p50: Some(1.0), count: 10, ..Percentiles::default() });
            let row = Interval {
                length_s: 0.5,
                first_byte_ms: known.filter(|_| scenario == Scenario::Connect),
                traffic: Some(Traffic { bytes: 4096, comments: 3, events: 2 })
                    .filter(|_| scenario != Scenario::Connect),
                streams: Some(Turnover { ended: 1, failed: 2 }).filter(|_| scenario == Scenario::Stream),
                first_event_ms: known.filter(|_| scenario == Scenario::Stream),
                gap_ms: known.filter(|_| scenario == Scenario::Stream),
                ..Interval::default()
            };
            let series = Series { intervals: vec![row; rows], end_s: 1.0, ..Series::default() };
            let streams = Some(Streams { failed: 1, ..Streams::default() });
            let charts = charts(&Report { scenario, streams, series, ..Report::default() });
            let value = charts.last().and_then(|chart| chart.lines[0].points[0]).map(|(_, value)| value);
            (charts.into_iter().map(|chart| chart.id).collect::<Vec<_>>(), value)
        };
        assert_eq!(ids(Scenario::Connect, 2).0, ["first-byte", "connections"]);
        assert_eq!(ids(Scenario::Connect, 1).0.len(), 0);
        assert_eq!(ids(Scenario::Idle, 1), (vec!["connections", "events", "bytes"], Some(8.0)));
        let streams = ["first-event", "gap", "events", "turnover", "connections", "bytes"];
        assert_eq!(ids(Scenario::Stream, 1).0, streams);
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
