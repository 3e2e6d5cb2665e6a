//! The ladder of a search for people: a line for each run, then what was found, then where it was.

use std::fmt::Write as _;

use colored::{ColoredString, Colorize as _};

use super::super::table::fact_lines;
use super::{Ladder, Rung, result};
use crate::bench::figures::grouped;
use crate::bench::{Bound, Fate, Limit, Metric};
use crate::cli::terminal::{escape_control, wrapped};

use super::options::Sought;

/// The figures that every ladder has, by the names that `--find-max` knows them by, around those of the bounds.
const FIRST: [&str; 2] = ["p50", "p99"];
const LAST: &str = "lost";

/// How far in a reason begins that has a line of its own.
const INDENT: usize = 6;

/// Renders a search, for a terminal of so many columns or for what has no width.
pub(super) fn render(ladder: &Ladder<'_>, columns: Option<usize>) -> String {
    let columns = columns.unwrap_or(usize::MAX);
    let metrics = metrics(&ladder.quest.bounds);
    let searched = ladder.quest.sentence(ladder.fit.connections);
    let mut lines = fact_lines("searched", &searched, columns);
    lines.extend([String::new(), header(ladder, &metrics).bold().to_string()]);
    for rung in &ladder.rungs {
        lines.extend(rung_lines(rung, &metrics, columns));
    }
    if ladder.rungs.iter().any(Rung::is_busy) {
        let note = "Where the generator was busy, its own delay is part of the figures: what holds all the same holds.";
        lines.push(String::new());
        lines.extend(wrapped(note, columns).into_iter().map(|line| line.dimmed().to_string()));
    }
    lines.push(String::new());
    for (name, fact) in ladder.environment().facts() {
        lines.extend(fact_lines(name, &fact, columns).into_iter().map(|line| line.dimmed().to_string()));
    }
    lines.push(String::new());
    let warning = ladder.fit.warning();
    lines.extend(warning.map(|warning| format!("{} {warning}", "warning:".yellow().bold())));
    lines.push(closing(ladder).to_string());
    lines.iter().fold(String::new(), |mut out, line| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", line.trim_end());
        out
    })
}

/// The columns of figures.
fn metrics(bounds: &[Bound]) -> Vec<Metric> {
    let named = |name: &str| name.parse::<Metric>().ok();
    let first = FIRST.into_iter().filter_map(named);
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in first.chain(bounds.iter().map(Bound::metric)).chain(named(LAST)) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics
}

fn header(ladder: &Ladder<'_>, metrics: &[Metric]) -> String {
    let varied = match ladder.quest.sought {
        Sought::Rate => "rate",
        Sought::Connections => "subscribers",
    };
    let figures: String = metrics.iter().map(|metric| cell(*metric, &metric.to_string())).collect();
    format!("{:<6}{varied:>11}{figures}  verdict", "step")
}

/// A figure in its column, which is as wide as its name needs.
fn cell(metric: Metric, text: &str) -> String {
    let width = metric.to_string().len().max(8) + 2;
    format!("{text:>width$}")
}

/// A run, with the reason on the same line if there is room for it.
fn rung_lines(rung: &Rung, metrics: &[Metric], columns: usize) -> Vec<String> {
    let step = if rung.step.attempt > 1 { "again".to_owned() } else { rung.step.number.to_string() };
    let value = grouped(rung.step.value.into());
    let figure = |metric: &Metric| {
        let known = rung.report.as_ref().and_then(|report| metric.of(report).ok());
        cell(*metric, &known.map_or_else(|| "-".to_owned(), |figure| metric.shown(figure.value)))
    };
    let figures: String = metrics.iter().map(figure).collect();
    let begin = format!("{step:<6}{value:>11}{figures}  ");
    let verdict = result::verdict(rung);
    // A reason quotes what a server said.
    let why = rung.judged.why.as_ref().filter(|_| rung.judged.fate != Fate::Held).map(|why| escape_control(why, ""));
    let width = begin.len() + verdict.len();
    let verdict = colored(rung.judged.fate, &verdict);
    match why {
        None => vec![format!("{begin}{verdict}")],
        Some(why) if width + 2 + why.chars().count() <= columns => vec![format!("{begin}{verdict}: {why}")],
        Some(why) => {
            let room = columns.saturating_sub(INDENT).max(INDENT);
            let line = |line| format!("{:INDENT$}{line}", "");
            [format!("{begin}{verdict}:")].into_iter().chain(wrapped(&why, room).into_iter().map(line)).collect()
        }
    }
}

fn colored(fate: Fate, verdict: &str) -> ColoredString {
    match fate {
        Fate::Held => verdict.green(),
        Fate::Missed | Fate::Failed | Fate::Gone => verdict.red(),
        Fate::Generator => verdict.yellow(),
    }
}

fn closing(ladder: &Ladder<'_>) -> ColoredString {
    let found = ladder.search.found();
    let sentence = escape_control(&result::sentence(ladder), "").bold();
    match (found.value, found.limit) {
        (None, _) => sentence.red(),
        (Some(_), Limit::Server(_)) => sentence.green(),
        (Some(_), _) => sentence.yellow(),
    }
}
