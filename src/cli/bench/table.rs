//! The report for people: counts first, then times, then what to mind.

use std::fmt::Write as _;

use colored::Colorize as _;

use crate::bench::{Percentiles, Report};
use crate::cli::terminal::escape_control;

/// Renders a report.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    counts(report, &mut out);
    times(report, &mut out);
    closing(report, &mut out);
    out
}

fn counts(report: &Report, out: &mut String) {
    let (connections, events, deliveries) = (&report.connections, &report.events, &report.deliveries);
    let row = |out: &mut String, label: &str, fields: &[(&str, u64)]| {
        let fields: Vec<String> = fields.iter().map(|(name, count)| format!("{} {name}", grouped(*count))).collect();
        push(out, &format!("{label:<12}{}", fields.join(", ")));
    };
    let count = u64::from;
    let mut subscribers = vec![
        ("asked", count(connections.asked)),
        ("opened", count(connections.opened)),
        ("refused", count(connections.refused)),
        ("closed", count(connections.closed)),
    ];
    if connections.pending > 0 {
        subscribers.push(("pending", count(connections.pending)));
    }
    row(out, "subscribers", &subscribers);
    row(out, "events", &[("sent", events.sent), ("acknowledged", events.acknowledged), ("late", events.late)]);
    row(
        out,
        "deliveries",
        &[
            ("expected", deliveries.expected),
            ("received", deliveries.received),
            ("lost", deliveries.lost),
            ("repeated", deliveries.duplicated),
            ("reordered", deliveries.reordered),
            ("foreign", deliveries.foreign),
        ],
    );
}

fn times(report: &Report, out: &mut String) {
    let header = format!(
        "{:<16}{:>10}{:>10}{:>10}{:>10}{:>10}{:>13}",
        "milliseconds", "p50", "p90", "p99", "p99.9", "max", "samples"
    );
    push(out, "");
    push(out, &header.bold().to_string());
    let events = report.events.sent;
    let rows = [
        // An event is one sample, however many receive it: what delays it delays them all.
        ("latency", &report.latency_ms, events),
        ("last delivery", &report.last_delivery_ms, report.last_delivery_ms.count),
        ("server latency", &report.server_latency_ms, events),
        ("send delay", &report.send_delay_ms, events),
        ("connect", &report.connect_ms, report.connect_ms.count),
        ("first byte", &report.first_byte_ms, report.first_byte_ms.count),
        ("first event", &report.first_event_ms, report.first_event_ms.count),
    ];
    for (label, percentiles, samples) in rows {
        push(out, &row(label, percentiles, samples));
    }
    let events = grouped(events);
    push(out, "");
    push(
        out,
        &format!("The figures rest on {events} events; - stands where fewer than 10 samples lie beyond.")
            .dimmed()
            .to_string(),
    );
}

/// One line of times; `samples` says how many of them are independent of each other.
fn row(label: &str, percentiles: &Percentiles, samples: u64) -> String {
    let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), milliseconds);
    let Percentiles { p50, p90, p99, p99_9, max, count } = percentiles.resting_on(samples);
    let [p50, p90, p99, p99_9, max] = [p50, p90, p99, p99_9, max].map(shown);
    format!("{label:<16}{p50:>10}{p90:>10}{p99:>10}{p99_9:>10}{max:>10}{:>13}", grouped(count))
}

fn closing(report: &Report, out: &mut String) {
    push(out, "");
    for warning in &report.warnings {
        // Warnings quote what a server said.
        push(out, &format!("{} {}", "warning:".yellow().bold(), escape_control(warning, "")));
    }
    let verdict = match (report.valid, report.interrupted) {
        (false, _) => "not valid: do not use these figures".red().bold(),
        (true, true) => "stopped early: the figures cover what was measured until then".yellow().bold(),
        (true, false) => "valid".green().bold(),
    };
    push(out, &verdict.to_string());
}

fn push(out: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Three significant digits where there are as many, as the histograms have no more.
fn milliseconds(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.3}"),
        value if value < 100.0 => format!("{value:.2}"),
        value if value < 1000.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// A count with its thousands apart.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_readable() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }

    #[test]
    fn a_percentile_needs_samples_beyond_it() {
        let all = Some(1.5);
        let percentiles = Percentiles { p50: all, p90: all, p99: all, p99_9: all, max: all, count: 500_000 };
        let shown = |samples| row("latency", &percentiles, samples).matches("1.500").count();
        assert_eq!((shown(10_000), shown(1000), shown(100), shown(20), shown(10)), (5, 4, 3, 2, 1));
    }
}
