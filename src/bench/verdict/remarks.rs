//! What is said of a run and leaves it valid: what the server did, and what to know when reading the figures.

use std::time::Duration;

use super::generator::{breathless, busy, held_off, noticeable, too_few};
use super::{Facts, first_refusal, plural, restarts};
use crate::bench::{Deliveries, Events, Report, Scenario, offered};

/// What the server did, and what to know when reading the figures.
pub(super) fn results(report: &Report, facts: &Facts<'_>) -> [Option<String>; 17] {
    let (events, deliveries) = (&report.events, &report.deliveries);
    let Facts { publishing, unordered, .. } = *facts;
    let some = |count: u64, sentence: String| (count > 0).then_some(sentence);
    let warm_up_only = publishing.first_refusal.as_ref().filter(|_| publishing.refused == 0);
    let ended = plural(publishing.broken, "connection");
    let held_up = plural(publishing.held_up, "event");
    [
        warm_up_only.map(|reply| format!("events of the warm-up were refused; {}", first_refusal(reply))),
        some(publishing.broken, format!("the server ended {ended} of a publisher, which made another")),
        unordered.then(|| {
            "the server ends the connection after each answer: every event was sent on its own, so their order is not \
             defined, and `reordered` says nothing"
                .to_owned()
        }),
        some(events.late, format!("{} sent more than 10 ms behind the schedule", plural(events.late, "event"))),
        some(
            publishing.held_up,
            format!(
                "{held_up} had to wait because too many before them were sent and without an answer yet; more --publishers \
                 share them out"
            ),
        ),
        noticeable(report),
        held_off(report).filter(|_| offered::at_another_rate(report).is_none() || restarts(report)),
        too_few(report),
        lost(deliveries, facts.drain, report.replay.is_some()),
        disorder(deliveries),
        foreign(deliveries, facts.firsts.foreign.as_deref()),
        misrouted(deliveries, facts.firsts.misrouted),
        unasked(report),
        breathless(report),
        busy(report),
        not_taken(report),
        eventless(report),
    ]
}

/// Times to the first event are what streams are measured for.
fn eventless(report: &Report) -> Option<String> {
    let events = report.traffic.filter(|_| report.scenario == Scenario::Stream)?.events;
    let ended = report.streams.as_ref().map_or(0, |streams| streams.ended);
    (events == 0 && ended > 0).then(|| format!("no event came on any of {}", plural(ended, "stream")))
}

/// What a server that was stopped did not take.
fn not_taken(report: &Report) -> Option<String> {
    let Events { unsent, refused, unanswered, .. } = report.events;
    (restarts(report) && unsent + refused + unanswered > 0).then(|| {
        let unsent = plural(unsent, "event");
        format!(
            "the server was stopped on purpose: {unsent} not sent, {refused} refused and {unanswered} never answered are not \
             expected anywhere"
        )
    })
}

fn lost(deliveries: &Deliveries, drain: Duration, is_replay: bool) -> Option<String> {
    let Deliveries { expected, lost, lost_before_first, .. } = deliveries;
    let before = match lost_before_first {
        0 => String::new(),
        count => format!(", {count} of them before the subscriber's first event"),
    };
    (*lost > 0).then(|| {
        let of = if is_replay { "anything that did come" } else { "the last publish" };
        format!("{lost} of {expected} deliveries not within {drain:?} of {of}, counted as lost{before}")
    })
}

fn disorder(deliveries: &Deliveries) -> Option<String> {
    let Deliveries { duplicated, reordered, .. } = *deliveries;
    (duplicated + reordered > 0).then(|| {
        let (again, behind) = (plural(duplicated, "time"), plural(reordered, "time"));
        format!("events arrived once more {again}, and behind a later one {behind}")
    })
}

fn foreign(deliveries: &Deliveries, first: Option<&str>) -> Option<String> {
    let (foreign, first) = (deliveries.foreign - deliveries.misrouted, first.unwrap_or_default());
    let events = plural(foreign, "event");
    (foreign > 0).then(|| format!("{events} arrived that this run has not sent; the first: {first}"))
}

fn misrouted(deliveries: &Deliveries, first: Option<(u32, u32)>) -> Option<String> {
    let (of, at) = first.filter(|_| deliveries.misrouted > 0)?;
    let events = plural(deliveries.misrouted, "event");
    Some(format!(
        "{events} arrived at subscribers of other topics, counted as foreign; the first: one of topic {of} at a subscriber \
         of topic {at}"
    ))
}

/// Streams that are to be idle should be.
fn unasked(report: &Report) -> Option<String> {
    let events = report.traffic.filter(|_| report.scenario == Scenario::Idle)?.events;
    (events > 0).then(|| format!("{} arrived, and this run publishes none", plural(events, "event")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::publishers::Published;
    use crate::bench::verdict::tests::{judged, report};

    #[test]
    fn what_the_server_did_is_said_and_leaves_the_run_valid() {
        let mut report = report(0.1, 1.0);
        let faults = Deliveries { received: 28, lost: 2, duplicated: 1, reordered: 3, ..report.deliveries };
        report.deliveries = faults;
        let report = judged(report, &Published::new());
        assert!(report.valid);
        let lost = "2 of 30 deliveries not within 10s of the last publish, counted as lost";
        let said = [lost, "events arrived once more 1 time, and behind a later one 3 times"];
        assert_eq!(report.warnings, said);
    }
}
