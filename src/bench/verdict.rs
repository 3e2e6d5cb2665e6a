//! Whether a report can be believed, and the sentences that say what was not as it should be.
//!
//! What the server did to the events (lost, repeated, reordered) is the result: it is said, and leaves the run valid.
//! Invalid is a run whose figures describe something else than what was asked: the generator, or fewer subscribers, or
//! fewer events.

use super::load::Load;
use super::publishers::Published;
use super::{Deliveries, Refusal, Report};

/// How large a part of the median latency the generator's own p99 delay may be.
const SHARE: f64 = 0.5;

/// The delay in milliseconds that is allowed in any case. On a server that answers in a fraction of a millisecond, half
/// of the median is within what the scheduler of an idle machine does to any sleeping thread; a generator that is out of
/// breath is behind by whole milliseconds, and more with every second.
const FLOOR_MS: f64 = 1.0;

/// The part of the time for which a thread of subscribers may want a processor. Above it, queueing in the generator
/// grows beyond every bound, and nine tenths leave room for the bursts of a fan-out, which are all work at once.
const BUSIEST: f64 = 0.9;

/// What a verdict needs beside the report.
pub(super) struct Facts<'r> {
    pub(super) unprobed: u64,
    pub(super) publishing: &'r Published,
    pub(super) first_refusal: Option<&'r Refusal>,
    pub(super) first_end: Option<&'r str>,
    pub(super) cut: bool,
    pub(super) unordered: bool,
    pub(super) load: Option<Load>,
}

/// Fills in `valid` and `warnings`.
pub(super) fn judge(report: &mut Report, facts: &Facts<'_>) {
    let faults: Vec<String> = faults(report, facts).into_iter().flatten().collect();
    report.valid = faults.is_empty();
    report.warnings = faults;
    report.warnings.extend(results(report, facts).into_iter().flatten());
}

/// What makes a run invalid.
fn faults(report: &Report, facts: &Facts<'_>) -> [Option<String>; 8] {
    let (connections, sent) = (&report.connections, report.events.sent);
    let Facts { publishing, unprobed, .. } = *facts;
    [
        (connections.refused > 0 && !report.interrupted).then(|| {
            let (why, asked) = (facts.first_refusal.unwrap_or(&Refusal::Silent), connections.asked);
            format!("{} of {asked} subscribers without a stream; the first: {why}", connections.refused)
        }),
        (connections.closed > 0).then(|| {
            let (why, opened) = (facts.first_end.unwrap_or("unknown"), connections.opened);
            format!("{} of {opened} streams ended before the run did; the first: {why}", connections.closed)
        }),
        (unprobed > 0 && !report.interrupted)
            .then(|| format!("{} that no probe reached before the measurement", plural(unprobed, "stream"))),
        (publishing.unsent > 0).then(|| {
            let unsent = plural(publishing.unsent, "event");
            format!("{unsent} not sent: in time, the server did not take them or this machine could not send them")
        }),
        saturated(report),
        starved(facts.load),
        (sent == 0).then(|| "the run ended before anything was measured".to_owned()),
        (sent > 0 && report.deliveries.received == 0).then(|| "no measured event arrived anywhere".to_owned()),
    ]
}

/// The generator was the bottleneck if what it was late itself is no small part of what it measured: intended times are
/// then still right, and the figure is the generator's, not the server's.
fn saturated(report: &Report) -> Option<String> {
    let (delay, latency) = (report.send_delay_ms.p99?, report.latency_ms.p50?);
    let bound = (SHARE * latency).max(FLOOR_MS);
    (delay > bound).then(|| {
        format!(
            "the generator is saturated: the p99 of its own send delay is {delay:.3} ms, and a median latency of \
             {latency:.3} ms allows {bound:.3} ms"
        )
    })
}

/// A reader that always wants a processor reads at its own pace: what it measures is how far it is behind.
fn starved(load: Option<Load>) -> Option<String> {
    let Load { ran, wanted } = load?;
    (wanted > BUSIEST).then(|| {
        // More threads help one that runs all the time, not one that others keep from running.
        let way_out =
            if ran > wanted / 2.0 { "more --threads share the streams out" } else { "this machine is too busy" };
        let (ran, wanted) = (ran * 100.0, wanted * 100.0);
        format!(
            "the generator is saturated: a thread that reads streams wanted a processor for {wanted:.0} % of the time, \
             and had one for {ran:.0} %; {way_out}"
        )
    })
}

/// What the server did, and what to know when reading the figures.
fn results(report: &Report, facts: &Facts<'_>) -> [Option<String>; 8] {
    let (events, deliveries) = (&report.events, &report.deliveries);
    let Facts { publishing, unordered, cut, .. } = *facts;
    let some = |count: u64, sentence: String| (count > 0).then_some(sentence);
    let unanswered = events.sent.saturating_sub(events.acknowledged + publishing.refused);
    let refused = publishing.first_refusal.as_ref().map(|answer| {
        let words = if answer.words.is_empty() { String::new() } else { format!(": {}", answer.words) };
        format!("{} refused; the first with status {}{words}", plural(publishing.refused, "event"), answer.status)
    });
    let ended = plural(publishing.broken, "connection");
    [
        refused,
        some(unanswered, format!("{} never answered; expected only where they arrived", plural(unanswered, "event"))),
        some(publishing.broken, format!("the server ended {ended} of a publisher, which made another")),
        unordered.then(|| {
            "the server ends the connection after each answer: every event was sent on its own, so their order is not \
             defined, and `reordered` says nothing"
                .to_owned()
        }),
        some(events.late, format!("{} sent more than 10 ms behind the schedule", plural(events.late, "event"))),
        lost(deliveries),
        disorder(deliveries),
        cut.then(|| "events still arrived when the wait for them was cut; they count as lost".to_owned()),
    ]
}

fn lost(deliveries: &Deliveries) -> Option<String> {
    let Deliveries { expected, lost, lost_before_first, .. } = deliveries;
    let before = match lost_before_first {
        0 => String::new(),
        count => format!(", {count} of them before the subscriber's first event"),
    };
    (*lost > 0).then(|| format!("{lost} of {expected} deliveries lost{before}"))
}

fn disorder(deliveries: &Deliveries) -> Option<String> {
    let Deliveries { duplicated, reordered, .. } = *deliveries;
    (duplicated + reordered > 0).then(|| {
        let (again, behind) = (plural(duplicated, "time"), plural(reordered, "time"));
        format!("events arrived once more {again}, and behind a later one {behind}")
    })
}

/// A count with its noun.
fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Connections, Events, Percentiles};

    fn report(send_delay_p99: f64, latency_p50: f64) -> Report {
        let times = |p50, p99| Percentiles { p50: Some(p50), p99: Some(p99), ..Percentiles::default() };
        Report {
            connections: Connections { asked: 3, opened: 3, ..Connections::default() },
            events: Events { sent: 10, acknowledged: 10, late: 0 },
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
        }
    }

    fn judged(mut report: Report, publishing: &Published) -> Report {
        let (first_refusal, first_end, cut, unordered) = (None, None, false, false);
        let facts = Facts { unprobed: 0, publishing, first_refusal, first_end, cut, unordered, load: None };
        judge(&mut report, &facts);
        report
    }

    #[test]
    fn a_generator_that_is_late_by_half_of_what_it_measures_is_saturated() {
        let valid = |delay, latency| judged(report(delay, latency), &Published::new()).valid;
        assert!(valid(4.9, 10.0) && !valid(5.1, 10.0));
        assert!(valid(0.9, 0.2), "a millisecond is what any scheduler may take");
        assert!(!valid(1.1, 0.2));
        assert!(!valid(2000.0, 2001.0), "a generator out of breath: its delay is nearly all of the latency");
    }

    #[test]
    fn a_reader_that_always_wants_a_processor_is_saturated_whether_it_has_one_or_not() {
        let starved = |ran, wanted| super::starved(Some(Load { ran, wanted }));
        assert!(starved(0.5, 0.89).is_none());
        let said = starved(0.24, 0.97).expect("it is");
        assert!(said.contains("97 % of the time, and had one for 24 %; this machine is too busy"), "{said}");
        assert!(starved(0.95, 0.95).is_some_and(|said| said.contains("--threads")));
        assert!(super::starved(None).is_none());
    }

    #[test]
    fn what_the_server_did_is_said_and_leaves_the_run_valid() {
        let mut report = report(0.1, 1.0);
        let faults = Deliveries { received: 28, lost: 2, duplicated: 1, reordered: 3, ..report.deliveries };
        report.deliveries = faults;
        let report = judged(report, &Published::new());
        assert!(report.valid);
        let said = ["2 of 30 deliveries lost", "events arrived once more 1 time, and behind a later one 3 times"];
        assert_eq!(report.warnings, said);
    }

    #[test]
    fn fewer_events_or_subscribers_than_asked_make_a_run_invalid() {
        let mut unsent = Published::new();
        unsent.unsent = 1;
        let judgement = judged(report(0.1, 1.0), &unsent);
        assert!(!judgement.valid && judgement.warnings[0].starts_with("1 event not sent"));
        let mut refused = report(0.1, 1.0);
        refused.connections = Connections { asked: 3, opened: 2, refused: 1, closed: 0 };
        assert!(!judged(refused, &Published::new()).valid);
    }
}
