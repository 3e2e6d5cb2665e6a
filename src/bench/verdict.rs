//! Whether a report can be believed, and the sentences that say what was not as it should be.
//!
//! What the server did to the events it took (lost, repeated, reordered) is the result: it is said, and leaves the run
//! valid. Invalid is a run whose figures describe something else than what was asked: the generator, or fewer
//! subscribers, or fewer events.

use std::time::Duration;

use super::load::Load;
use super::publishers::{Published, Reply};
use super::{Deliveries, Kind, Refusal, Report, Scenario, SlowReaders, samples};

/// How large a part of the median latency the generator's own p99 delay may be. A p99 against a median: at half of it,
/// 99 of 100 events have less than that of their latency from the generator, and most of them far less.
const SHARE: f64 = 0.5;

/// The delay in milliseconds that is allowed in any case, for servers whose median is within what a scheduler does to any
/// sleeping thread. On two cores shared with the broker, 1,200 events at 200 per second to 20 subscribers had a p99 of
/// 0.05 to 0.14 ms while nothing else ran, and 0.8 to 36 ms beside a compiler: twice the worst of the former.
const FLOOR_MS: f64 = 0.25;

/// From which part of the latency's tail on the same percentile of the generator's own delay is worth a sentence: from
/// there on, it shows in the first digit.
const VISIBLE: f64 = 0.2;

/// The part of the time for which a thread of subscribers may want a processor. Above it, queueing in the generator
/// grows beyond every bound, and nine tenths leave room for the bursts of a fan-out, which are all work at once.
pub(super) const BUSIEST: f64 = 0.9;

/// What a verdict needs beside the report.
pub(super) struct Facts<'r> {
    pub(super) unprobed: u64,
    pub(super) publishing: &'r Published,
    pub(super) first_refusal: Option<&'r Refusal>,
    pub(super) first_end: Option<&'r str>,
    pub(super) first_foreign: Option<&'r str>,
    /// The topic of the first event at a subscriber of another one, and that of the subscriber.
    pub(super) first_misrouted: Option<(u32, u32)>,
    /// How long deliveries were waited for.
    pub(super) drain: Duration,
    pub(super) cut: bool,
    pub(super) unordered: bool,
    pub(super) load: Option<Load>,
}

/// Fills in `valid` and `warnings`.
pub(super) fn judge(report: &mut Report, facts: &Facts<'_>) {
    let (opened, interrupted) = (report.connections.opened, report.interrupted);
    let storm = report.reconnect.as_ref().map(|reconnects| reconnects.faults(opened, interrupted));
    let fewer_slow = report.slow.as_ref().filter(|_| !interrupted).and_then(SlowReaders::fault);
    let faults: Vec<String> =
        faults(report, facts).into_iter().chain(storm.into_iter().flatten()).chain([fewer_slow]).flatten().collect();
    report.valid = faults.is_empty();
    report.warnings = faults;
    if report.interrupted && !report.valid {
        // Where they are valid the verdict says so itself.
        report.warnings.push("the run was stopped early: it covers what was measured until then".to_owned());
    }
    report.warnings.extend(results(report, facts).into_iter().flatten());
    let again = report.reconnect.as_ref().map(|reconnects| reconnects.results(facts.first_end));
    report.warnings.extend(again.into_iter().flatten().flatten());
    report.warnings.extend(report.slow.as_ref().and_then(SlowReaders::remark));
}

/// What makes a run invalid.
fn faults(report: &Report, facts: &Facts<'_>) -> [Option<String>; 12] {
    let (connections, sent) = (&report.connections, report.events.sent);
    let (publishes, again) = (report.scenario.publishes(), report.scenario == Scenario::Stream);
    let Facts { publishing, unprobed, .. } = *facts;
    let unanswered = sent.saturating_sub(report.events.acknowledged + publishing.refused);
    // Of a server that is stopped on purpose it is no fault, and said as what came of it.
    let is_there = !restarts(report);
    [
        (connections.refused > 0).then(|| {
            let (why, asked) = (facts.first_refusal.unwrap_or(&Refusal::Silent), connections.asked);
            format!("{} of {asked} subscribers without a stream; the first: {why}", connections.refused)
        }),
        (connections.closed > 0 && !again).then(|| {
            let (why, opened) = (facts.first_end.unwrap_or("unknown"), connections.opened);
            let before = if report.replay.is_some() { "they had brought all" } else { "the run did" };
            format!("{} of {opened} streams ended before {before}; the first: {why}", connections.closed)
        }),
        (unprobed > 0 && report.scenario.has_latency() && !report.interrupted)
            .then(|| format!("{} that no probe reached before the measurement", plural(unprobed, "stream"))),
        (publishing.unsent > 0 && is_there).then(|| {
            let unsent = plural(publishing.unsent, "event");
            format!("{unsent} not sent: in time, the server did not take them or this machine could not send them")
        }),
        (publishing.refused > 0 && is_there).then(|| {
            let first = publishing.first_refusal.as_ref().map_or_else(String::new, first_refusal);
            format!("{} of {} refused; {first}", publishing.refused, plural(sent, "event"))
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
        starved(facts.load.filter(|_| !sets_pace(report.scenario))),
        failed(report),
        (sent == 0 && publishes).then(|| "the run ended before anything was measured".to_owned()),
        (sent > 0 && report.deliveries.received == 0).then(|| "no measured event arrived anywhere".to_owned()),
    ]
}

/// The generator was the bottleneck if what it was late itself is no small part of what it measured: intended times are
/// then still right, and the figure is the generator's, not the server's.
pub(super) fn saturated(report: &Report) -> Option<String> {
    let (name, delay, _) = tail(report)?;
    let latency = report.latency_ms.p50?;
    let bound = (SHARE * latency).max(FLOOR_MS);
    (delay > bound).then(|| {
        format!(
            "the generator is saturated: the {name} of its own send delay is {delay:.3} ms, and a median latency \
             of {latency:.3} ms allows {bound:.3} ms"
        )
    })
}

/// Whether the generator, though not the bottleneck, is part of what the tail of the latency shows.
fn noticeable(report: &Report) -> Option<String> {
    let (name, delay, latency) = tail(report)?;
    (delay > VISIBLE * latency && saturated(report).is_none()).then(|| {
        format!(
            "the {name} of the generator's own send delay, {delay:.3} ms, is a good part of the {name} of the latency, \
             {latency:.3} ms"
        )
    })
}

/// The percentile that the generator is judged on, of its own delay and of the latency: p99, which the bounds above are
/// measured for, or the highest below it that so many events allow. One more hiccup in a short run is no saturation.
fn tail(report: &Report) -> Option<(&'static str, f64, f64)> {
    let (delay, latency) = (report.known(Kind::SendDelay), report.known(Kind::Latency));
    [("p99", delay.p99, latency.p99), ("p90", delay.p90, latency.p90), ("p50", delay.p50, latency.p50)]
        .into_iter()
        .find_map(|(name, delay, latency)| Some((name, delay?, latency?)))
}

/// Whether there are deliveries, and of so few events that nothing can be said of the generator.
fn too_few(report: &Report) -> Option<String> {
    let times = report.times();
    let latency = times.iter().find(|time| time.kind == Kind::Latency)?;
    let (samples, least) = (latency.samples, samples::least(2));
    (samples > 0 && samples < least).then(|| {
        let events = if samples == 1 {
            "1 event that arrived is".to_owned()
        } else {
            format!("{samples} events that arrived are")
        };
        format!("{events} too few to judge whether the generator kept up: {least} are the least")
    })
}

/// The first answer that was no success, in the server's words.
fn first_refusal(reply: &Reply) -> String {
    let words = if reply.words.is_empty() { String::new() } else { format!(": {}", reply.words) };
    format!("the first with status {}{words}", reply.status)
}

/// A reader that always wants a processor reads at its own pace: what it measures is how far it is behind.
pub(super) fn starved(load: Option<Load>) -> Option<String> {
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
fn results(report: &Report, facts: &Facts<'_>) -> [Option<String>; 14] {
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
                "the publishers are saturated: {held_up} had to wait because too many on the same connection were \
                 without an answer; more --publishers share them out"
            ),
        ),
        noticeable(report),
        too_few(report),
        lost(deliveries, facts.drain, report.replay.is_some()),
        disorder(deliveries),
        foreign(deliveries, facts.first_foreign),
        misrouted(deliveries, facts.first_misrouted),
        unasked(report),
        breathless(report, facts.load),
        held_off(report, publishing),
    ]
}

/// Whether the server is stopped on purpose.
fn restarts(report: &Report) -> bool {
    report.plan.storm.is_some_and(|storm| storm.restart_server)
}

/// What a server that was stopped did not take.
fn held_off(report: &Report, publishing: &Published) -> Option<String> {
    let (unsent, refused) = (publishing.unsent, publishing.refused);
    let unanswered = report.events.sent.saturating_sub(report.events.acknowledged + refused);
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

/// Requests for a stream that failed are no part of the times: those look better than the server is.
fn failed(report: &Report) -> Option<String> {
    let streams = report.streams.as_ref().filter(|streams| streams.failed > 0)?;
    let most = streams.failures.first().map_or("unknown", |failed| &failed.reason);
    Some(format!("{} of {} failed; most of them: {most}", streams.failed, plural(streams.requests, "request")))
}

/// Whether all is done as fast as it can be, so that a generator that is busy all the time set the pace, at least in part:
/// no reason to throw the counts away.
fn sets_pace(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::Connect | Scenario::Replay)
}

fn breathless(report: &Report, load: Option<Load>) -> Option<String> {
    let Load { wanted, .. } = load.filter(|load| sets_pace(report.scenario) && load.wanted > BUSIEST)?;
    let (wanted, does) = (wanted * 100.0, if report.replay.is_some() { "reads streams" } else { "opens connections" });
    Some(format!(
        "a thread that {does} wanted a processor for {wanted:.0} % of the time: the rate may be the generator's, not the \
         server's"
    ))
}

/// Streams that are to be idle should be.
fn unasked(report: &Report) -> Option<String> {
    let events = report.traffic.filter(|_| report.scenario == Scenario::Idle)?.events;
    (events > 0).then(|| format!("{} arrived, and this run publishes none", plural(events, "event")))
}

/// A count with its noun.
pub(super) fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Connections, Events, Percentiles};

    fn report(send_delay_p99: f64, latency_p50: f64) -> Report {
        let times = |p50, p99| Percentiles { p50: Some(p50), p99: Some(p99), count: 1000, ..Percentiles::default() };
        Report {
            connections: Connections { asked: 3, opened: 3, ..Connections::default() },
            events: Events { sent: 1000, acknowledged: 1000, late: 0 },
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

    fn judged(mut report: Report, publishing: &Published) -> Report {
        let facts = Facts {
            unprobed: 0,
            publishing,
            first_refusal: None,
            first_end: None,
            first_foreign: None,
            first_misrouted: None,
            drain: Duration::from_secs(10),
            cut: false,
            unordered: false,
            load: None,
        };
        judge(&mut report, &facts);
        report
    }

    #[test]
    fn a_generator_that_is_late_by_half_of_what_it_measures_is_saturated() {
        let valid = |delay, latency| judged(report(delay, latency), &Published::new()).valid;
        assert!(valid(4.9, 10.0) && !valid(5.1, 10.0));
        assert!(valid(0.24, 0.1), "a quarter of a millisecond is what any scheduler may take");
        assert!(!valid(0.26, 0.1));
        assert!(!valid(2000.0, 2001.0), "a generator out of breath: its delay is nearly all of the latency");
    }

    #[test]
    fn a_short_run_is_judged_on_a_percentile_that_its_events_allow() {
        let run = |sent, p50, p90| {
            let mut report = report(900.0, 10.0);
            report.send_delay_ms = Percentiles { p50: Some(p50), p90: Some(p90), ..report.send_delay_ms };
            report.latency_ms.p90 = Some(20.0);
            report.events = Events { sent, acknowledged: sent, late: 0 };
            judged(report, &Published::new())
        };
        let hiccup = run(50, 0.1, 90.0);
        assert!(hiccup.valid && hiccup.warnings.is_empty(), "{hiccup:?}");
        assert!(run(50, 6.0, 90.0).warnings[0].contains("saturated: the p50 of its own send delay is 6.000 ms"));
        assert!(run(999, 0.1, 6.0).warnings[0].contains("saturated: the p90 of its own"));
        assert!(run(100, 0.1, 4.5).warnings[0].contains("a good part of the p90 of the latency, 20.000 ms"));
        assert!(run(1000, 0.1, 0.1).warnings[0].contains("saturated: the p99 of its own"));
        let few = run(19, 90.0, 90.0);
        assert!(few.valid);
        let mut unheard = report(0.1, 1.0);
        unheard.latency_ms.count = 12;
        let said = judged(unheard, &Published::new()).warnings.concat();
        assert!(said.contains("12 events that arrived are too few"), "what was sent to nobody is no sample: {said}");
        assert_eq!(
            few.warnings,
            ["19 events that arrived are too few to judge whether the generator kept up: 20 are the least"]
        );
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
    fn a_generator_that_is_busy_while_it_connects_is_said_and_leaves_the_run_valid() {
        let said = |scenario, wanted| {
            let published = Published::new();
            let mut report = Report { scenario, ..report(0.1, 1.0) };
            let load = Some(Load { ran: wanted, wanted });
            let facts = Facts {
                unprobed: 3,
                publishing: &published,
                first_refusal: None,
                first_end: None,
                first_foreign: None,
                first_misrouted: None,
                drain: Duration::ZERO,
                cut: false,
                unordered: false,
                load,
            };
            judge(&mut report, &facts);
            (report.valid, report.warnings.concat())
        };
        assert_eq!(said(Scenario::Connect, 0.5), (true, String::new()));
        let (valid, warnings) = said(Scenario::Connect, 0.97);
        assert!(valid && warnings.contains("97 % of the time: the rate may be the generator's"), "{warnings}");
        assert!(!said(Scenario::Idle, 0.97).0, "its figures would be those of a busy machine");
    }

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

    #[test]
    fn fewer_events_or_subscribers_than_asked_make_a_run_invalid() {
        let mut unsent = Published::new();
        unsent.unsent = 1;
        let judgement = judged(report(0.1, 1.0), &unsent);
        assert!(!judgement.valid && judgement.warnings[0].starts_with("1 event not sent"));
        let mut refused = report(0.1, 1.0);
        refused.connections = Connections { asked: 3, opened: 2, refused: 1, ..Connections::default() };
        assert!(!judged(refused, &Published::new()).valid);
    }

    #[test]
    fn a_delay_of_a_fifth_of_the_tail_is_said_and_leaves_the_run_valid() {
        let said = |delay, latency| judged(report(delay, latency), &Published::new());
        assert_eq!(said(0.19, 1.0).warnings, Vec::<String>::new());
        let noticeable = said(0.21, 1.0);
        assert!(noticeable.valid && noticeable.warnings[0].contains("a good part of the p99"), "{noticeable:?}");
        assert_eq!(said(6.0, 10.0).warnings.len(), 1, "a saturated generator is not said twice");
    }

    #[test]
    fn events_that_were_refused_or_never_answered_make_a_run_invalid() {
        let published = |acknowledged, refused| {
            let mut published = Published::new();
            published.refused = refused;
            published.first_refusal = (refused > 0).then(|| Reply {
                status: 429,
                taken: false,
                words: "slow down".to_owned(),
                keep_alive: true,
            });
            let mut report = report(0.1, 1.0);
            report.events.acknowledged = acknowledged;
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
