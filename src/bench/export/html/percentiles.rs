//! The charts of the percentiles: how the times of a run are distributed. Of events that were published it is the latency,
//! beside that of the server alone and what the generator itself was late.

use super::chart::{Axis, Band, Chart, Line};
use super::scale::Scale;
use crate::bench::figures::{float, milliseconds};
use crate::bench::samples::least;
use crate::bench::{Kind, Percentiles, Report, Samples, Scenario};

/// Where the median lies on the axis of percentiles.
const MEDIAN: f64 = 2.0;

/// What a chart is of.
struct Subject {
    id: &'static str,
    title: &'static str,
    lines: &'static [(&'static str, Kind)],
    /// What each sample is of, where all are independent of each other.
    of: &'static str,
    is_large: bool,
}

const LATENCY: Subject = Subject {
    id: "percentiles",
    title: "Latency by percentile",
    lines: &[("latency", Kind::Latency), ("server latency", Kind::ServerLatency), ("send delay", Kind::SendDelay)],
    of: "events",
    is_large: true,
};

const OPENING: Subject = Subject {
    id: "percentiles",
    title: "Connect and first byte by percentile",
    lines: &[("connect", Kind::Connect), ("first byte", Kind::FirstByte)],
    of: "connections",
    is_large: true,
};

const FIRST_EVENT: Subject = Subject {
    id: "percentiles",
    title: "First event by percentile",
    lines: &[("first event", Kind::FirstEvent)],
    of: "streams",
    is_large: false,
};

const EVENT_GAP: Subject = Subject {
    id: "gap-percentiles",
    title: "Event gap by percentile",
    lines: &[("event gap", Kind::EventGap)],
    of: "events",
    is_large: false,
};

const RETURN: Subject = Subject {
    id: "reconnect-percentiles",
    title: "Reconnect and next event by percentile",
    lines: &[("reconnect", Kind::Reconnect), ("next event", Kind::NextEvent)],
    of: "streams",
    is_large: false,
};

const REPLAY: Subject = Subject {
    id: "percentiles",
    title: "Replay by percentile",
    lines: &[("replay", Kind::Replay)],
    of: "subscribers",
    is_large: true,
};

/// The charts that there is something to draw for.
pub(super) fn charts(report: &Report) -> Vec<Chart> {
    let subjects = match report.scenario {
        Scenario::Fanout => vec![LATENCY],
        Scenario::Reconnect => vec![LATENCY, RETURN],
        Scenario::Replay => vec![REPLAY],
        Scenario::Connect | Scenario::Idle => vec![OPENING],
        Scenario::Stream => vec![FIRST_EVENT, EVENT_GAP],
    };
    subjects.iter().filter_map(|subject| chart(report, subject)).collect()
}

fn chart(report: &Report, subject: &Subject) -> Option<Chart> {
    let Subject { id, title, lines: kinds, of, is_large } = *subject;
    let count = |kind| report.histograms.of(kind).count();
    // Of what was never delivered there is a delay and no latency: beyond what that rests on nothing is to be seen.
    let samples = match kinds.first() {
        Some((_, Kind::Latency)) => Kind::Latency.independent(count(Kind::Latency), report.events.sent),
        _ => kinds.iter().map(|(_, kind)| count(*kind)).max().unwrap_or_default(),
    };
    let beyond = float(least(1));
    let end = float(samples).max(beyond);
    let lines = kinds.iter().map(|(name, kind)| Line { name, points: curve(report.histograms.of(*kind), end) });
    let lines: Vec<Line> = lines.filter(|line| !line.points.is_empty()).collect();
    if lines.is_empty() {
        return None;
    }
    let ticks = [2.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7].into_iter().filter(|at| *at <= end);
    let ticks = std::iter::once((1.0, "min".to_owned())).chain(ticks.map(|at| (at, percentile(at)))).collect();
    let note = format!(
        "Each step to the right has a tenth of the {of} beyond it. In the shaded part fewer than 10 {of} are beyond: it says \
         little."
    );
    Some(Chart {
        id,
        title,
        description: kinds
            .iter()
            .map(|(name, kind)| in_words(name, report.histograms.known(*kind, report.events.sent)))
            .collect(),
        note,
        x: Axis { name: "percentile", scale: Scale::log(1.0, end), ticks },
        y: Axis { name: "ms", scale: scale(report.scenario, &lines), ticks: Vec::new() },
        lines,
        bands: vec![Band { from: (float(samples) / beyond).max(1.0), to: end, name: "fewer than 10 beyond" }],
        is_large,
    })
}

/// The scale of the times. On streams many events come in one read: their gap of nothing would leave no room for the others.
fn scale(scenario: Scenario, lines: &[Line]) -> Scale {
    let from = if scenario == Scenario::Stream { MEDIAN } else { 1.0 };
    let points = lines.iter().flat_map(|line| line.points.iter().flatten());
    Scale::around(points.filter(|(at, _)| *at >= from).map(|(_, value)| *value))
}

/// The points of a distribution up to the percentile that has one in `end` beyond it.
fn curve(samples: &Samples, end: f64) -> Vec<Option<(f64, f64)>> {
    let points = samples.curve().into_iter().filter(|point| point.quantile < 1.0);
    let points = points.map(|point| (1.0 / (1.0 - point.quantile), point.value_ms));
    points.take_while(|(at, _)| *at <= end).map(Some).collect()
}

/// The percentile that has one in so many beyond it.
fn percentile(one_in: f64) -> String {
    let text = format!("{:.5}", 100.0 - 100.0 / one_in);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What is known of a line, for those who do not see it.
fn in_words(name: &str, known: Percentiles) -> String {
    let values = [("median", known.p50), ("p99", known.p99), ("largest", known.max)];
    let shown = |(level, value): (&str, Option<f64>)| Some(format!("{level} {} ms", milliseconds(value?)));
    let shown: Vec<String> = values.into_iter().filter_map(shown).collect();
    if shown.is_empty() { format!("{name}: no samples. ") } else { format!("{name}: {}. ", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Events;

    #[test]
    fn a_percentile_is_named_by_what_it_leaves_beyond() {
        assert_eq!([2.0, 10.0, 1000.0, 1e7].map(percentile), ["50 %", "90 %", "99.9 %", "99.99999 %"]);
    }

    #[test]
    fn the_curve_ends_where_one_event_is_beyond() {
        let mut report = Report { events: Events { sent: 100, ..Events::default() }, ..Report::default() };
        assert!(charts(&report).is_empty(), "nothing was measured");
        for ms in 1..=100_000 {
            report.histograms.of_mut(Kind::Latency).record(ms * 10_000);
        }
        let [chart] = &charts(&report)[..] else { panic!("one chart") };
        assert_eq!(chart.lines.len(), 1);
        let last = chart.lines[0].points.last().copied().flatten().expect("a point");
        assert!(last.0 > 90.0 && last.0 <= 100.0 && (last.1 - 990.0).abs() < 3.0, "{last:?}");
        assert!((chart.bands[0].from - 10.0).abs() < 1e-9);
    }

    #[test]
    fn events_that_nobody_received_take_nothing_from_the_part_that_says_little() {
        let mut report = Report { events: Events { sent: 10_000, ..Events::default() }, ..Report::default() };
        (0..20).for_each(|_| report.histograms.of_mut(Kind::Latency).record(1_000_000));
        (0..10_000).for_each(|_| report.histograms.of_mut(Kind::SendDelay).record(10_000));
        let [chart] = &charts(&report)[..] else { panic!("one chart") };
        assert!((chart.bands[0].from - 2.0).abs() < 1e-9 && (chart.bands[0].to - 20.0).abs() < 1e-9);
        let said = "latency: median 1.001 ms, largest 1.001 ms. server latency: no samples. send delay: median 0.011 ms, p99 \
                    0.011 ms, largest 0.011 ms. ";
        assert_eq!(chart.description, said, "what the table does not show is not said either");
    }
}
