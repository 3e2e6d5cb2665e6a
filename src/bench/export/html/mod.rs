//! The report as one page for a browser: no script, nothing from elsewhere, charts drawn into it. It is read on a large
//! screen, on a small one and on paper, by light and by dark, and by those who hear it.

mod chart;
mod judged;
mod over_time;
mod percentiles;
mod scale;
mod tables;
mod text;
mod tiles;
mod words;

use std::io;

use super::Export;
use crate::bench::{Judgement, Report, Scenario, Verdict};
use text::escaped;

/// The format, with what the run was held against.
#[derive(Clone, Copy, Debug)]
pub struct Html<'j> {
    /// Thresholds and baseline.
    pub judgement: &'j Judgement,
}

const STYLE: &str = include_str!("style.css");

impl Export for Html<'_> {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let title = words::title(report);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\
             <title>sse bench: {title}</title><link rel=\"icon\" href=\"data:,\"><style>\n{STYLE}</style></head><body>\n"
        )?;
        let sections = [
            header(report, &title, self.judgement),
            figures(report),
            judged::section(self.judgement),
            percentiles(report),
            over_time(report),
            facts(report),
        ];
        out.write_all(sections.concat().as_bytes())?;
        writeln!(out, "</body></html>")
    }
}

/// What was measured, and whether it can be believed.
fn header(report: &Report, title: &str, judgement: &Judgement) -> String {
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
    let judged = judged::verdict(judgement);
    let (target, date) = (escaped(&report.plan.subscribe), escaped(&report.environment.date));
    format!(
        "<header><p class=\"over\">sse bench</p><h1>{title}</h1><p class=\"target\">{target} <span class=\"date\">{date}\
         </span></p><p class=\"verdict {class}\"><strong><span aria-hidden=\"true\">{sign}</span> {word}</strong> \
         {sentence}</p>{judged}</header>\n<main>\n{warnings}"
    )
}

/// The figures that are looked for first, and all of them.
fn figures(report: &Report) -> String {
    let parts = [
        tiles::tiles(report),
        tables::times(report),
        tables::counts(report),
        tables::failures(report),
        tables::resources(report),
    ];
    format!("<section aria-labelledby=\"figures\"><h2 id=\"figures\">Figures</h2>{}</section>\n", parts.concat())
}

fn percentiles(report: &Report) -> String {
    let charts: String = percentiles::charts(report).iter().map(chart::Chart::figure).collect();
    let charts = if charts.is_empty() {
        "<p>Nothing was measured, so there is nothing to draw.</p>\n".to_owned()
    } else {
        format!("<div class=\"charts\">{charts}</div>")
    };
    let name = if report.scenario == Scenario::Fanout { "Latency" } else { "Times" };
    format!("<section aria-labelledby=\"latencies\"><h2 id=\"latencies\">{name}</h2>\n{charts}</section>\n")
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
         <section aria-labelledby=\"terms\"><h2 id=\"terms\">How to read it</h2>\n{}</section>\n</main>\n",
        words::terms(report.scenario)
    )
}
