//! Whether a report can be believed, and the sentences that say what was not as it should be.
//!
//! What the server did to the events it took (lost, repeated, reordered) is the result: it is said, and leaves the run
//! valid. Invalid is a run whose figures describe something else than what was asked: the generator, or fewer
//! subscribers, or fewer events.

mod faults;
mod generator;
mod remarks;

use std::time::Duration;

use super::firsts::Firsts;
use super::publishers::{Published, Reply};
use super::{Report, SlowReaders};
pub(super) use generator::{BUSIEST, BUSY, held_off, saturated, starved};

/// What a verdict needs beside the report.
pub(super) struct Facts<'r> {
    pub(super) unprobed: u64,
    pub(super) publishing: &'r Published,
    pub(super) firsts: &'r Firsts,
    /// How long deliveries were waited for.
    pub(super) drain: Duration,
    pub(super) cut: bool,
    pub(super) unordered: bool,
}

/// Fills in `valid` and `warnings`.
pub(super) fn judge(report: &mut Report, facts: &Facts<'_>) {
    let (opened, interrupted) = (report.connections.opened, report.interrupted);
    let storm = report.reconnect.as_ref().map(|reconnects| reconnects.faults(opened, interrupted));
    let fewer_slow = report.slow.as_ref().filter(|_| !interrupted).and_then(SlowReaders::fault);
    let faults: Vec<String> = faults::faults(report, facts)
        .into_iter()
        .chain(storm.into_iter().flatten())
        .chain([fewer_slow])
        .flatten()
        .collect();
    report.valid = faults.is_empty();
    report.warnings = faults;
    if report.interrupted && !report.valid {
        // Where they are valid the verdict says so itself.
        report.warnings.push("the run was stopped early: it covers what was measured until then".to_owned());
    }
    report.warnings.extend(remarks::results(report, facts).into_iter().flatten());
    let again = report.reconnect.as_ref().map(|reconnects| reconnects.results(facts.firsts.end.as_deref()));
    report.warnings.extend(again.into_iter().flatten().flatten());
    report.warnings.extend(report.slow.as_ref().and_then(SlowReaders::remark));
}

/// Whether the server is stopped on purpose.
fn restarts(report: &Report) -> bool {
    report.plan.storm.is_some_and(|storm| storm.restart_server)
}

/// The first answer that was no success, in the server's words.
fn first_refusal(reply: &Reply) -> String {
    let words = if reply.words.is_empty() { String::new() } else { format!(": {}", reply.words) };
    format!("the first with status {}{words}", reply.status)
}

/// A count with its noun.
pub(super) fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Connections, Deliveries, Events, Percentiles};

    pub(super) fn report(send_delay_p99: f64, latency_p50: f64) -> Report {
        let times = |p50, p99| Percentiles { p50: Some(p50), p99: Some(p99), count: 1000, ..Percentiles::default() };
        Report {
            connections: Connections { asked: 3, opened: 3, ..Connections::default() },
            events: Events { sent: 1000, acknowledged: 1000, ..Events::default() },
            deliveries: Deliveries { expected: 30, received: 30, ..Deliveries::default() },
            latency_ms: times(latency_p50, latency_p50),
            last_delivery_ms: Percentiles::default(),
            send_delay_ms: times(0.0, send_delay_p99),
            connect_ms: Percentiles::default(),
            server_latency_ms: Percentiles::default(),
            first_byte_ms: Percentiles::default(),
            first_event_ms: Percentiles::default(),
            interrupted: false,
            valid: false,
            warnings: Vec::new(),
            ..Report::default()
        }
    }

    pub(super) fn judged(mut report: Report, publishing: &Published) -> Report {
        let facts = Facts {
            unprobed: 0,
            publishing,
            firsts: &Firsts::default(),
            drain: Duration::from_secs(10),
            cut: false,
            unordered: false,
        };
        judge(&mut report, &facts);
        report
    }
}
