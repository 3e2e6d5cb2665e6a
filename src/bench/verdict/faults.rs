//! What makes a run invalid: its figures describe something else than what was asked for.

use super::generator::{held_off, saturated, sets_pace, starved};
use super::{Facts, first_refusal, plural, restarts};
use crate::bench::{Events, Refusal, Report, Scenario, offered};

/// What makes a run invalid.
pub(super) fn faults(report: &Report, facts: &Facts<'_>) -> [Option<String>; 14] {
    let (connections, sent) = (&report.connections, report.events.sent);
    let (publishes, again) = (report.scenario.publishes(), report.scenario == Scenario::Stream);
    let Facts { publishing, unprobed, .. } = *facts;
    let Events { unsent, refused, unanswered, .. } = report.events;
    // Of a server that is stopped on purpose it is no fault, and said as what came of it.
    let is_there = !restarts(report);
    [
        (connections.refused > 0).then(|| {
            let (why, asked) = (facts.firsts.refusal.as_ref().unwrap_or(&Refusal::Silent), connections.asked);
            format!("{} of {asked} subscribers without a stream; the first: {why}", connections.refused)
        }),
        (connections.closed > 0 && !again).then(|| {
            let (why, opened) = (facts.firsts.end.as_deref().unwrap_or("unknown"), connections.opened);
            let before = if report.replay.is_some() { "they had brought all" } else { "the run did" };
            format!("{} of {opened} streams ended before {before}; the first: {why}", connections.closed)
        }),
        (unprobed > 0 && report.scenario.has_latency() && !report.interrupted)
            .then(|| format!("{} that no probe reached before the measurement", plural(unprobed, "stream"))),
        (unsent > 0 && is_there).then(|| {
            let why = if offered::is_held_off(report) {
                "the server did not take them in time"
            } else {
                "in time, the server did not take them or this machine could not send them"
            };
            format!("{} not sent: {why}", plural(unsent, "event"))
        }),
        (refused > 0 && is_there).then(|| {
            let first = publishing.first_refusal.as_ref().map_or_else(String::new, first_refusal);
            format!("{refused} of {} refused; {first}", plural(sent, "event"))
        }),
        (unanswered > 0 && is_there).then(|| {
            format!("{unanswered} of {} never answered; expected only where they arrived", plural(sent, "event"))
        }),
        facts.cut.then(|| {
            format!(
                "events still arrived when the wait of {:?} for them was over: what is missing may not be lost, a longer \
                 --drain tells",
                facts.drain
            )
        }),
        saturated(report),
        held_off(report).filter(|_| offered::at_another_rate(report).is_some() && is_there),
        starved(report).filter(|_| !sets_pace(report.scenario)),
        failed(report),
        (sent == 0 && publishes).then(|| "the run ended before anything was measured".to_owned()),
        (report.interrupted && report.replay.as_ref().is_some_and(|replay| replay.complete == 0))
            .then(|| "the run ended before anybody had all events".to_owned()),
        (sent > 0 && report.deliveries.received == 0).then(|| "no measured event arrived anywhere".to_owned()),
    ]
}

/// Requests for a stream that failed are no part of the times: those look better than the server is.
fn failed(report: &Report) -> Option<String> {
    let streams = report.streams.as_ref().filter(|streams| streams.failed > 0)?;
    let most = streams.failures.first().map_or("unknown", |failed| &failed.reason);
    Some(format!("{} of {} failed; most of them: {most}", streams.failed, plural(streams.requests, "request")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Connections;
    use crate::bench::publishers::{Published, Reply};
    use crate::bench::verdict::tests::{judged, report};

    #[test]
    fn fewer_events_or_subscribers_than_asked_make_a_run_invalid() {
        let mut unsent = report(0.1, 1.0);
        unsent.events.unsent = 1;
        let judgement = judged(unsent, &Published::new());
        assert!(!judgement.valid && judgement.warnings[0].starts_with("1 event not sent"));
        let mut refused = report(0.1, 1.0);
        refused.connections = Connections { asked: 3, opened: 2, refused: 1, ..Connections::default() };
        assert!(!judged(refused, &Published::new()).valid);
    }

    #[test]
    fn events_that_were_refused_or_never_answered_make_a_run_invalid() {
        let published = |acknowledged, refused| {
            let mut published = Published::new();
            (published.sent, published.refused) = (1000, refused);
            published.first_refusal = (refused > 0).then(|| Reply {
                status: 429,
                taken: false,
                words: "slow down".to_owned(),
                keep_alive: true,
            });
            let mut report = report(0.1, 1.0);
            report.events = Events::of(&published, acknowledged);
            judged(report, &published)
        };
        assert!(published(1000, 0).valid);
        let refused = published(998, 2);
        assert!(!refused.valid);
        assert_eq!(refused.warnings, ["2 of 1000 events refused; the first with status 429: slow down"]);
        let unanswered = published(999, 0);
        assert!(!unanswered.valid && unanswered.warnings[0].starts_with("1 of 1000 events never answered"));
    }
}
