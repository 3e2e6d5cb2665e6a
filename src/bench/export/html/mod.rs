//! The report as one page for a browser: no script, nothing from elsewhere, charts drawn into it. It is read on a large
//! screen, on a small one and on paper, by light and by dark, and by those who hear it.

mod chart;
mod over_time;
mod percentiles;
mod scale;
mod tables;
mod text;

use std::io;

use super::Export;
use crate::bench::figures::{float, grouped, milliseconds, percent};
use crate::bench::{Deliveries, Report, Verdict};
use text::escaped;

/// The format.
#[derive(Clone, Copy, Debug)]
pub struct Html;

const STYLE: &str = include_str!("style.css");

impl Export for Html {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let title = title(report);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\
             <title>sse bench: {title}</title><link rel=\"icon\" href=\"data:,\"><style>\n{STYLE}</style></head><body>\n"
        )?;
        let sections = [header(report, &title), tiles(report), latency(report), over_time(report), facts(report)];
        out.write_all(sections.concat().as_bytes())?;
        writeln!(out, "</body></html>")
    }
}

fn title(report: &Report) -> String {
    let plan = &report.plan;
    let (connections, rate) = (grouped(u64::from(plan.connections)), grouped(u64::from(plan.rate)));
    let subscribers = if plan.connections == 1 { "subscriber" } else { "subscribers" };
    let events = if plan.rate == 1 { "event" } else { "events" };
    format!("{connections} {subscribers}, {rate} {events} per second")
}

/// What was measured, and whether it can be believed.
fn header(report: &Report, title: &str) -> String {
    let (class, sign, word) = match report.verdict() {
        Verdict::Valid => ("good", "✓", "Valid"),
        Verdict::StoppedEarly => ("doubt", "!", "Stopped early"),
        Verdict::Invalid => ("bad", "✕", "Not valid"),
    };
    let sentence = report.verdict().sentence();
    let warnings: Vec<String> = report.warnings.iter().map(|warning| escaped(warning)).collect();
    let warnings = if warnings.is_empty() {
        String::new()
    } else {
        let items = warnings.join("</li><li>");
        format!(
            "<section class=\"warnings\" aria-label=\"Warnings\"><h2>Warnings</h2><ul><li>{items}</li></ul></section>\n"
        )
    };
    let (target, date) = (escaped(&report.plan.subscribe), escaped(&report.environment.date));
    format!(
        "<header><p class=\"over\">sse bench</p><h1>{title}</h1><p class=\"target\">{target} <span class=\"date\">{date}\
         </span></p><p class=\"verdict {class}\"><strong><span aria-hidden=\"true\">{sign}</span> {word}</strong> \
         {sentence}</p></header>\n<main>\n{warnings}"
    )
}

/// The figures that are looked for first.
fn tiles(report: &Report) -> String {
    let tile = |(name, figure, note): (&str, String, String)| {
        format!("<div><dt>{name}</dt><dd><strong>{figure}</strong><span>{note}</span></dd></div>")
    };
    format!(
        "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Figures</h2><dl class=\"tiles\">{}</dl>{}{}{}</section>\n",
        first_figures(report).map(tile).concat(),
        tables::times(report),
        tables::counts(report),
        tables::resources(report)
    )
}

/// Each with its name and what it is.
fn first_figures(report: &Report) -> [(&'static str, String, String); 6] {
    let latency = report.latency_ms.resting_on(report.events.sent);
    let to_all = report.last_delivery_ms.resting_on(report.last_delivery_ms.count);
    let time = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| milliseconds(value) + " ms");
    let highest = [("p99.9", latency.p99_9), ("p99", latency.p99), ("p90", latency.p90)];
    let (name, value) = highest.into_iter().find(|(_, value)| value.is_some()).unwrap_or(("p90", None));
    let Deliveries { expected, received, lost, .. } = report.deliveries;
    let part = match float(lost) / float(expected.max(1)) * 100.0 {
        _ if lost == 0 => "none".to_owned(),
        percent if percent < 0.01 => "less than 0.01 %".to_owned(),
        percent => format!("{percent:.2} %"),
    };
    let load = report.generator.map_or_else(|| "–".to_owned(), |load| percent(load.wanted));
    [
        ("median latency", time(latency.p50), "half of the deliveries took at most this".to_owned()),
        ("tail of the latency", time(value), format!("its {name}, the highest that the events allow")),
        ("to reach everyone", time(to_all.p50), "median of each event’s last delivery".to_owned()),
        ("deliveries", grouped(received), format!("of {} expected", grouped(expected))),
        ("lost", grouped(lost), format!("{part} of the deliveries")),
        ("generator", load, "of the time its busiest thread wanted to run".to_owned()),
    ]
}

fn latency(report: &Report) -> String {
    let chart = percentiles::chart(report).map_or_else(
        || "<p>Nothing was measured, so there is nothing to draw.</p>\n".to_owned(),
        |chart| chart.figure(),
    );
    format!("<section aria-labelledby=\"latencies\"><h2 id=\"latencies\">Latency</h2>\n{chart}</section>\n")
}

fn over_time(report: &Report) -> String {
    let charts: String = over_time::charts(report).iter().map(chart::Chart::figure).collect();
    if charts.is_empty() {
        return charts;
    }
    let phases = report.series.in_words();
    format!(
        "<section aria-labelledby=\"time\"><h2 id=\"time\">Over time</h2>\n<p class=\"note\">{phases}</p>\
         <div class=\"charts\">{charts}</div></section>\n"
    )
}

/// What was asked for, where it was done, and how to read it all.
fn facts(report: &Report) -> String {
    let plan = tables::facts("What was asked for", &report.plan.facts());
    let environment = tables::facts("Where it was done", &report.environment.facts());
    format!(
        "<section aria-labelledby=\"facts\"><h2 id=\"facts\">Plan and environment</h2>\n{plan}{environment}</section>\n\
         <section aria-labelledby=\"terms\"><h2 id=\"terms\">How to read it</h2>\n<dl class=\"terms\">\
         <dt>latency</dt><dd>From the moment at which an event was due to be sent to the moment at which a subscriber had \
         read it. Events are due on a schedule that no answer delays.</dd>\
         <dt>last delivery</dt><dd>The same for the last subscriber that received an event.</dd>\
         <dt>server latency</dt><dd>From the moment at which an event was really sent.</dd>\
         <dt>send delay</dt><dd>How late the generator sent it: the difference of the two.</dd>\
         <dt>lost</dt><dd>What the server took and a subscriber had not received when the wait for it was over.</dd>\
         </dl></section>\n</main>\n"
    )
}
