//! The runs of one call, and what is shown of several: how their figures are spread, what to mind of each, and in JSON all
//! of them. One run is shown by `table`.

use std::fmt::Write as _;
use std::io;

use colored::Colorize as _;
use serde::Serialize;

use super::table::fact_lines;
use crate::bench::export::{Export as _, Json};
use crate::bench::{Comparison, Judgement, Metric, Outcome, Report, Scenario, Spread};
use crate::cli::failure::Failure;
use crate::cli::terminal::escape_control;

/// The figures that are shown of a scenario, by the names that `--fail-if` knows them by; times first.
fn shown_of(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Fanout => {
            "p50 p90 p99 p99.9 max last.p99 server.p99 send-delay.p99 lost duplicated reordered foreign"
        }
        Scenario::Reconnect => {
            "p50 p99 max send-delay.p99 reconnect.p50 reconnect.p99 reconnect.max next-event.p99 recovered.p99 gap lost \
             duplicated reordered"
        }
        Scenario::Replay => {
            "first-byte.p99 first-event.p50 first-event.p99 replay.p50 replay.p99 replay.max lost duplicated reordered"
        }
        Scenario::Connect | Scenario::Idle => {
            "connect.p50 connect.p99 connect.max first-byte.p50 first-byte.p99 first-byte.max refused closed"
        }
        Scenario::Stream => {
            "connect.p50 connect.p99 connect.max first-byte.p50 first-byte.p99 first-byte.max first-event.p50 \
             first-event.p99 event-gap.p50 event-gap.p99 stream.p50 stream.p99 refused failed"
        }
    }
}

/// What came of all runs.
#[derive(Debug)]
pub(super) struct Runs {
    pub(super) asked: u32,
    /// One at least.
    pub(super) reports: Vec<Report>,
    /// Why the run behind them has no report, and those behind that were not begun.
    pub(super) failure: Option<String>,
}

impl Runs {
    /// What there is where a run failed: the reports of those before it, if there are any, and the failure.
    pub(super) fn end_with(mut self, failure: Failure) -> Result<(Self, Result<(), Failure>), Failure> {
        if self.reports.is_empty() {
            return Err(failure);
        }
        self.failure = Some(failure.sentence());
        Ok((self, Err(failure)))
    }

    /// Whether one was stopped early, or some were not begun.
    pub(super) fn interrupted(&self) -> bool {
        self.reports.len() < self.asked as usize || self.reports.iter().any(|report| report.interrupted)
    }

    /// Whether the figures of all of them say something about the server.
    pub(super) fn valid(&self) -> bool {
        self.invalid() == 0
    }

    fn invalid(&self) -> usize {
        self.reports.iter().filter(|report| !report.valid).count()
    }

    /// The only run, where one was asked for.
    pub(super) fn only(&self) -> Option<&Report> {
        self.reports.first().filter(|_| self.asked == 1)
    }

    fn spreads(&self) -> impl Iterator<Item = (Metric, Option<Spread>)> {
        let scenario = self.reports.first().map_or_else(Scenario::default, |report| report.scenario);
        let metrics = shown_of(scenario).split(' ').filter_map(|name| name.parse::<Metric>().ok());
        metrics.map(|metric| (metric, Spread::of(metric, &self.reports).ok()))
    }

    /// Writes one JSON object on one line.
    pub(super) fn write_json(&self, judgement: &Judgement, out: &mut dyn io::Write) -> io::Result<()> {
        let (thresholds, baseline) = (&judgement.thresholds[..], judgement.baseline.as_ref());
        match self.only() {
            Some(report) if judgement.is_empty() => return Json.write(report, out),
            Some(report) => serde_json::to_writer(&mut *out, &Single { report, thresholds, baseline })?,
            None => serde_json::to_writer(&mut *out, &self.several(thresholds, baseline))?,
        }
        out.write_all(b"\n")
    }

    fn several<'r>(&'r self, thresholds: &'r [Outcome], baseline: Option<&'r Comparison>) -> Several<'r> {
        let row = |(metric, spread): (Metric, Option<Spread>)| Row {
            figure: metric.to_string(),
            min: spread.map(|spread| spread.min.value),
            median: spread.map(|spread| spread.median.value),
            max: spread.map(|spread| spread.max.value),
        };
        Several {
            interrupted: self.interrupted(),
            valid: self.valid(),
            runs_asked: self.asked,
            runs_invalid: self.invalid(),
            failure: self.failure.as_deref(),
            spread: self.spreads().map(row).collect(),
            thresholds,
            baseline,
            runs: &self.reports,
        }
    }

    /// Several of them, for a terminal of so many columns.
    pub(super) fn render(&self, columns: Option<usize>) -> String {
        let (asked, done, invalid) = (self.asked, self.reports.len(), self.invalid());
        let mut lines = vec![format!("runs        {asked} asked, {done} measured, {invalid} not valid"), String::new()];
        lines.push(format!("{:<16}{:>12}{:>12}{:>12}", "milliseconds", "min", "median", "max").bold().to_string());
        // Times come first; a line between them tells counts from them.
        let mut counts = false;
        for (metric, spread) in self.spreads() {
            if !metric.is_time() && !std::mem::replace(&mut counts, true) {
                lines.extend([String::new(), "counts".bold().to_string()]);
            }
            lines.push(row(metric, spread));
        }
        let note = "Each figure is that of one of the runs; - stands where fewer than 10 samples lie beyond in one.";
        lines.extend([String::new(), note.dimmed().to_string(), String::new()]);
        if let Some(report) = self.reports.first() {
            for (name, fact) in report.environment.facts() {
                let facts = fact_lines(name, &fact, columns.unwrap_or(usize::MAX));
                lines.extend(facts.into_iter().map(|line| line.dimmed().to_string()));
            }
        }
        lines.push(String::new());
        lines.extend(self.warnings());
        lines.push(self.verdict().to_string());
        lines.iter().fold(String::new(), |mut out, line| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}", line.trim_end());
            out
        })
    }

    fn warnings(&self) -> impl Iterator<Item = String> {
        let label = "warning:".yellow().bold();
        self.reports.iter().enumerate().flat_map(move |(at, report)| {
            let label = label.clone();
            // Warnings quote what a server said.
            let line = move |warning| format!("{label} run {}: {}", at + 1, escape_control(warning, ""));
            report.warnings.iter().map(move |warning| line(warning))
        })
    }

    fn verdict(&self) -> colored::ColoredString {
        match (self.valid(), self.interrupted()) {
            (false, _) => "not valid: do not use these figures".red().bold(),
            (true, true) if self.failure.is_some() => {
                "a run failed: the figures cover what was measured until then".yellow().bold()
            }
            (true, true) => "stopped early: the figures cover what was measured until then".yellow().bold(),
            (true, false) => "valid".green().bold(),
        }
    }
}

fn row(metric: Metric, spread: Option<Spread>) -> String {
    let figures = match spread {
        None => ["-"; 3].map(str::to_owned),
        Some(Spread { min, median, max }) => [min, median, max].map(|figure| metric.shown(figure.value)),
    };
    let [min, median, max] = figures;
    format!("{:<16}{min:>12}{median:>12}{max:>12}", metric.to_string())
}

/// What `-o json` prints of a run that was held against something.
#[derive(Serialize)]
struct Single<'r> {
    #[serde(flatten)]
    report: &'r Report,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    thresholds: &'r [Outcome],
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'r Comparison>,
}

/// What it prints of several.
#[derive(Serialize)]
struct Several<'r> {
    interrupted: bool,
    valid: bool,
    runs_asked: u32,
    runs_invalid: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'r str>,
    spread: Vec<Row>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    thresholds: &'r [Outcome],
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'r Comparison>,
    runs: &'r [Report],
}

#[derive(Serialize)]
struct Row {
    figure: String,
    min: Option<f64>,
    median: Option<f64>,
    max: Option<f64>,
}
