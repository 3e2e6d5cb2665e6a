//! The report for people: counts first, then times, then where it was and what to mind. What is too wide for the terminal
//! becomes a list with one figure per line.

use std::fmt::Write as _;

use colored::Colorize as _;

use crate::bench::figures::{grouped, milliseconds, percent, whole};
use crate::bench::{Kind, Percentiles, Report, Verdict};
use crate::cli::terminal::{escape_control, wrapped};

/// How wide the table of times is, in columns.
const TABLE: usize = 79;

/// How wide the name of a fact is, with the space behind it.
const LABEL: usize = 16;

/// Bytes in a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

/// Renders a report, for a terminal of so many columns or for what has no width.
pub(super) fn render(report: &Report, columns: Option<usize>) -> String {
    let mut out = String::new();
    let columns = columns.unwrap_or(usize::MAX);
    counts(report, columns, &mut out);
    times(report, columns, &mut out);
    resources(report, columns, &mut out);
    environment(report, columns, &mut out);
    closing(report, &mut out);
    out
}

fn counts(report: &Report, columns: usize, out: &mut String) {
    let row = |out: &mut String, label: &str, fields: &[(&'static str, u64)]| {
        let figures: Vec<String> =
            fields.iter().map(|(name, count)| format!("{} {}", grouped(*count), noun(name, *count))).collect();
        let line = format!("{label:<12}{}", figures.join(", "));
        if line.len() <= columns {
            return push(out, &line);
        }
        list(out, label, fields.iter().map(|(name, count)| (*name, grouped(*count))));
    };
    for (at, (label, fields)) in report.counts().into_iter().enumerate() {
        row(out, label, &fields);
        if let Some(opening) = report.opening.filter(|_| at == 0) {
            let (took, rate) = (milliseconds(opening.took_s * 1000.0), whole(opening.per_second));
            push(out, &format!("{:<12}{took} ms until the last stream was open: {rate} per second", "opening"));
        }
    }
    replayed(report, out);
    returned(report, out);
    generator(report, out);
}

/// The name of a count: of one, the nouns among them lose their plural.
fn noun(name: &'static str, count: u64) -> &'static str {
    name.strip_suffix('s').filter(|_| count == 1).unwrap_or(name)
}

/// How a replay went as a whole.
fn replayed(report: &Report, out: &mut String) {
    if let Some(replay) = &report.replay {
        let (complete, took) = (grouped(replay.complete), milliseconds(replay.took_s * 1000.0));
        let [events, mebibytes] = [replay.events_per_second, replay.bytes_per_second / MEBIBYTE].map(whole);
        let sentence = match replay.complete {
            0 => "nobody has all".to_owned(),
            1 => format!("1 has all, after {took} ms"),
            _ => format!("{complete} have all, the last one after {took} ms"),
        };
        push(out, &format!("{:<12}{sentence}", "replay"));
        if replay.complete > 0 {
            push(out, &format!("{:<12}{events} events per second, {mebibytes} MiB per second", ""));
        }
    }
}

/// When what a storm had ended was there again.
fn returned(report: &Report, out: &mut String) {
    if let Some(reconnects) = &report.reconnect {
        let after =
            |sentence: &str, took| format!("{:<12}{sentence} {} ms after the storm began", "", milliseconds(took));
        let server = reconnects.restart_ms.map(|took| after("the server was back", took));
        let all = reconnects.back_all_ms.map(|took| after("all were back", took));
        server.iter().chain(&all).for_each(|line| push(out, line));
    }
}

fn generator(report: &Report, out: &mut String) {
    if let Some(load) = report.generator {
        let (ran, wanted) = (percent(load.ran), percent(load.wanted));
        push(out, &format!("{:<12}its busiest thread ran {ran} of the time, and wanted {wanted}", "generator"));
    }
}

fn times(report: &Report, columns: usize, out: &mut String) {
    let narrow = columns < TABLE;
    let header = format!(
        "{:<16}{:>10}{:>10}{:>10}{:>10}{:>10}{:>13}",
        "milliseconds", "p50", "p90", "p99", "p99.9", "max", "samples"
    );
    push(out, "");
    push(out, &if narrow { "milliseconds".bold() } else { header.bold() }.to_string());
    let times = report.times();
    for time in &times {
        if narrow {
            list(out, time.name, figures(&time.known()));
        } else {
            push(out, &row(time.name, &time.known()));
        }
    }
    let absent = if narrow { "no percentile" } else { "- stands" };
    let rest = if let Some(latency) = times.iter().find(|time| time.kind == Kind::Latency) {
        format!("The figures rest on {} events; {absent}", grouped(latency.samples))
    } else {
        let first = absent.chars().next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(absent.chars().skip(1)).collect()
    };
    let note = format!("{rest} where fewer than 10 samples lie beyond.");
    push(out, "");
    push(out, &note.dimmed().to_string());
}

/// One line of times.
fn row(label: &str, percentiles: &Percentiles) -> String {
    let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), milliseconds);
    let Percentiles { p50, p90, p99, p99_9, max, count } = *percentiles;
    let [p50, p90, p99, p99_9, max] = [p50, p90, p99, p99_9, max].map(shown);
    format!("{label:<16}{p50:>10}{p90:>10}{p99:>10}{p99_9:>10}{max:>10}{:>13}", grouped(count))
}

/// The same as figures with names, without those that say nothing.
fn figures(percentiles: &Percentiles) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let Percentiles { p50, p90, p99, p99_9, max, count } = *percentiles;
    let times = [("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p99_9), ("max", max)];
    let times = times.into_iter().filter_map(|(name, value)| Some((name, milliseconds(value?))));
    times.chain(std::iter::once(("samples", grouped(count))))
}

/// A label, and below it one figure per line.
fn list<'n>(out: &mut String, label: &str, figures: impl Iterator<Item = (&'n str, String)>) {
    push(out, label);
    for (name, figure) in figures {
        push(out, &format!("  {name:<13}{figure:>13}"));
    }
}

/// What the server and the generator used.
fn resources(report: &Report, columns: usize, out: &mut String) {
    let rows = report.resources.rows();
    if !rows.is_empty() {
        push(out, "");
    }
    for (label, figures) in rows {
        let shown: Vec<String> = figures.iter().map(|(name, figure)| format!("{figure} {name}")).collect();
        let line = format!("{label:<12}{}", shown.join(", "));
        if line.len() <= columns {
            push(out, &line);
        } else {
            list(out, label, figures.into_iter());
        }
    }
}

fn environment(report: &Report, columns: usize, out: &mut String) {
    push(out, "");
    for (name, fact) in report.environment.facts() {
        for line in fact_lines(name, &fact, columns) {
            push(out, &line.dimmed().to_string());
        }
    }
}

/// A name and what is to be said of it, in as many lines as it takes.
pub(super) fn fact_lines(name: &str, fact: &str, columns: usize) -> Vec<String> {
    // A URL or a command line may hold anything.
    let fact = escape_control(fact, "");
    let room = columns.saturating_sub(LABEL).max(LABEL);
    let line = |(at, line)| format!("{:<LABEL$}{line}", if at == 0 { name } else { "" });
    wrapped(&fact, room).into_iter().enumerate().map(line).collect()
}

fn closing(report: &Report, out: &mut String) {
    push(out, "");
    for warning in &report.warnings {
        // Warnings quote what a server said.
        push(out, &format!("{} {}", "warning:".yellow().bold(), escape_control(warning, "")));
    }
    let verdict = match report.verdict() {
        Verdict::Invalid => "not valid: do not use these figures".red().bold(),
        Verdict::StoppedEarly => "stopped early: the figures cover what was measured until then".yellow().bold(),
        Verdict::Valid => "valid".green().bold(),
    };
    push(out, &verdict.to_string());
}

fn push(out: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_needs_samples_beyond_it() {
        let all = Some(1.5);
        let percentiles = Percentiles { p50: all, p90: all, p99: all, p99_9: all, max: all, count: 500_000 };
        let shown = |samples| {
            let known = percentiles.resting_on(samples);
            let wide = row("latency", &known);
            assert_eq!(wide.len(), TABLE);
            let narrow = figures(&known).filter(|(_, figure)| figure == "1.500").count();
            (wide.matches("1.500").count(), narrow)
        };
        assert_eq!([10_000, 1000, 100, 20, 10].map(shown), [(5, 5), (4, 4), (3, 3), (2, 2), (1, 1)]);
    }

    #[test]
    fn what_is_too_wide_is_one_figure_per_line() {
        let mut out = String::new();
        list(&mut out, "latency", [("p50", "7.427".to_owned()), ("samples", "500,000".to_owned())].into_iter());
        assert_eq!(out, "latency\n  p50                  7.427\n  samples            500,000\n");
    }
}
