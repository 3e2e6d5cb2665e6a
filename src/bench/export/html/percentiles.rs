//! The chart of the percentiles: how the latency of the run is distributed, beside that of the server alone and what the
//! generator itself was late.

use super::chart::{Axis, Band, Chart, Line, values};
use super::scale::Scale;
use crate::bench::figures::{float, milliseconds};
use crate::bench::{Kind, Report, Samples};

/// How many samples have to lie beyond a percentile for it to say something.
const BEYOND: f64 = 10.0;

const KINDS: [(&str, Kind); 3] =
    [("latency", Kind::Latency), ("server latency", Kind::ServerLatency), ("send delay", Kind::SendDelay)];

/// The chart, if there is anything to draw.
pub(super) fn chart(report: &Report) -> Option<Chart> {
    // An event is one sample, however many receive it: beyond one in all events nothing is known.
    let events = float(report.events.sent);
    let end = events.max(BEYOND);
    let lines = KINDS.map(|(name, kind)| Line { name, points: curve(report.histograms.of(kind), end) });
    let lines: Vec<Line> = lines.into_iter().filter(|line| !line.points.is_empty()).collect();
    if lines.is_empty() {
        return None;
    }
    let ticks = [2.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7].into_iter().filter(|at| *at <= end);
    let ticks = std::iter::once((1.0, "min".to_owned())).chain(ticks.map(|at| (at, percentile(at)))).collect();
    Some(Chart {
        id: "percentiles",
        title: "Latency by percentile",
        description: KINDS.map(|(name, kind)| in_words(name, report.histograms.of(kind))).concat(),
        note:
            "Each step to the right has a tenth of the events beyond it. In the shaded part fewer than 10 events are \
               beyond: it says little."
                .to_owned(),
        x: Axis { name: "percentile", scale: Scale::log(1.0, end), ticks },
        y: Axis { name: "ms", scale: Scale::around(values(&lines)), ticks: Vec::new() },
        lines,
        bands: vec![Band { from: (events / BEYOND).max(1.0), to: end, name: "fewer than 10 events beyond" }],
        is_large: true,
    })
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

fn in_words(name: &str, samples: &Samples) -> String {
    let percentiles = samples.percentiles();
    match (percentiles.p50, percentiles.p99, percentiles.max) {
        (Some(p50), Some(p99), Some(max)) => {
            let [p50, p99, max] = [p50, p99, max].map(milliseconds);
            format!("{name}: median {p50} ms, p99 {p99} ms, largest {max} ms. ")
        }
        _ => format!("{name}: no samples. "),
    }
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
        assert!(chart(&report).is_none(), "nothing was measured");
        for ms in 1..=100_000 {
            report.histograms.of_mut(Kind::Latency).record(ms * 10_000);
        }
        let chart = chart(&report).expect("a chart");
        assert_eq!(chart.lines.len(), 1);
        let last = chart.lines[0].points.last().copied().flatten().expect("a point");
        assert!(last.0 > 90.0 && last.0 <= 100.0 && (last.1 - 990.0).abs() < 3.0, "{last:?}");
        assert!((chart.bands[0].from - 10.0).abs() < 1e-9);
    }
}
