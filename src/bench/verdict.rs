//! Whether a report can be believed, and the sentences that say what was not as it should be.
//!
//! What the server did to the events (lost, repeated, reordered) is the result: it is said, and leaves the run valid.
//! Invalid is a run whose figures describe something else than what was asked: the generator, or fewer subscribers, or
//! fewer events.

use super::publishers::Published;
use super::{Refusal, Report};

/// How large a part of the median latency the generator's own p99 delay may be.
const SHARE: f64 = 0.5;

/// The delay in milliseconds that is allowed in any case. On a server that answers in a fraction of a millisecond, half
/// of the median is within what the scheduler of an idle machine does to any sleeping thread; a generator that is out of
/// breath is behind by whole milliseconds, and more with every second.
const FLOOR_MS: f64 = 1.0;

/// What a verdict needs beside the report.
pub(super) struct Facts<'r> {
    pub(super) unprobed: usize,
    pub(super) publishing: &'r Published,
    pub(super) first_refusal: Option<&'r Refusal>,
    pub(super) first_end: Option<&'r str>,
    pub(super) cut: bool,
    pub(super) unordered: bool,
}

/// Fills in `valid` and `warnings`.
pub(super) fn judge(report: &mut Report, facts: &Facts<'_>) {
    let faults: Vec<String> = faults(report, facts).into_iter().flatten().collect();
    report.valid = faults.is_empty();
    report.warnings = faults;
    report.warnings.extend(results(report, facts).into_iter().flatten());
}

/// What makes a run invalid.
fn faults(report: &Report, facts: &Facts<'_>) -> [Option<String>; 7] {
    let (connections, events) = (&report.connections, &report.events);
    [
        (connections.refused > 0 && !report.interrupted).then(|| {
            let why = facts.first_refusal.unwrap_or(&Refusal::Silent);
            let asked = connections.asked;
            format!("{} of {asked} subscribers have no stream; the first: {why}", connections.refused)
        }),
        (connections.closed > 0).then(|| {
            let (why, opened) = (facts.first_end.unwrap_or("unknown"), connections.opened);
            format!("{} of {opened} streams ended before the run did; the first: {why}", connections.closed)
        }),
        (facts.unprobed > 0 && !report.interrupted)
            .then(|| format!("{} subscribers have a stream and heard no probe on it", facts.unprobed)),
        (facts.publishing.unsent > 0)
            .then(|| format!("{} events were not sent: the server did not take them in time", facts.publishing.unsent)),
        saturated(report),
        (events.sent == 0).then(|| "the run ended before anything was measured".to_owned()),
        (events.sent > 0 && report.deliveries.received == 0).then(|| "no measured event arrived anywhere".to_owned()),
    ]
}

/// The generator was the bottleneck if what it was late itself is no small part of what it measured: intended times are
/// then still right, and the figure is the generator's, not the server's.
fn saturated(report: &Report) -> Option<String> {
    let (delay, latency) = (report.send_delay_ms.p99?, report.latency_ms.p50?);
    let bound = (SHARE * latency).max(FLOOR_MS);
    (delay > bound).then(|| {
        format!(
            "the generator is saturated: p99 of its send delay is {delay:.3} ms, and at a median latency of \
             {latency:.3} ms at most {bound:.3} ms would leave the figures to the server"
        )
    })
}

/// What the server did, and what to know when reading the figures.
fn results(report: &Report, facts: &Facts<'_>) -> [Option<String>; 8] {
    let (events, deliveries) = (&report.events, &report.deliveries);
    let some = |count: u64, sentence: String| (count > 0).then_some(sentence);
    let unanswered = events.sent.saturating_sub(events.acknowledged + facts.publishing.refused);
    let refused = facts.publishing.first_refusal.as_ref().map(|answer| {
        let words = if answer.words.is_empty() { String::new() } else { format!(": {}", answer.words) };
        format!("{} events were refused; the first with {}{words}", facts.publishing.refused, answer.status)
    });
    let before = match deliveries.lost_before_first {
        0 => String::new(),
        count => format!(", {count} of them before the subscriber's first event"),
    };
    [
        refused,
        some(
            unanswered,
            format!("{unanswered} events were sent and never answered; they count only where they arrived"),
        ),
        some(
            facts.publishing.broken,
            format!("a publishing connection ended {} times and was made anew", facts.publishing.broken),
        ),
        facts.unordered.then(|| {
            "the server ends the connection after each answer: every event was sent on its own, so their order is not \
             defined, and `reordered` says nothing"
                .to_owned()
        }),
        some(events.late, format!("{} events were sent more than 10 ms behind their time", events.late)),
        some(deliveries.lost, format!("{} of {} deliveries were lost{before}", deliveries.lost, deliveries.expected)),
        disorder(report),
        facts.cut.then(|| "events still arrived when the wait for them was cut; they count as lost".to_owned()),
    ]
}

fn disorder(report: &Report) -> Option<String> {
    let (duplicated, reordered) = (report.deliveries.duplicated, report.deliveries.reordered);
    (duplicated + reordered > 0)
        .then(|| format!("{duplicated} events came more than once, {reordered} behind one that was published later"))
}
