//! Whether the generator was the bottleneck, or the server kept it waiting: pure. `faults` and `remarks` ask, and a search does.

use crate::bench::figures::percent;
use crate::bench::load::Load;
use crate::bench::{Kind, Report, Scenario, offered, samples};

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

/// The part of the time from which on it is said that a thread of the generator wants a processor: up to there, what comes in
/// bursts still finds it idle most of the time.
pub(in crate::bench) const BUSY: f64 = 0.8;

/// The part of the time for which no thread of the generator may want a processor any more. From there on, queueing in the generator
/// grows beyond every bound, and nine tenths leave room for the bursts of a fan-out, which are all work at once.
pub(in crate::bench) const BUSIEST: f64 = 0.9;

/// The generator was the bottleneck if what it was late itself is no small part of what it measured: intended times are
/// then still right, and the figure is the generator's, not the server's. Where it was late because the server took nothing,
/// the figure is the server's.
pub(in crate::bench) fn saturated(report: &Report) -> Option<String> {
    let (name, delay, _) = tail(report)?;
    let (latency, bound) = allowed(report)?;
    (delay > bound && !offered::is_held_off(report)).then(|| {
        format!(
            "the generator is saturated: the {name} of its own send delay is {delay:.3} ms, and a median latency \
             of {latency:.3} ms allows {bound:.3} ms"
        )
    })
}

/// The median latency, and the delay that it allows.
fn allowed(report: &Report) -> Option<(f64, f64)> {
    report.latency_ms.p50.map(|latency| (latency, (SHARE * latency).max(FLOOR_MS)))
}

/// Where the server let the publishers wait, and that shows: what they were late is then a part of what is measured, as it
/// should be, unless it was so much that another rate was offered than was asked for.
pub(in crate::bench) fn held_off(report: &Report) -> Option<String> {
    if !offered::is_held_off(report) {
        return None;
    }
    let shown = tail(report).zip(allowed(report)).and_then(|((name, delay, latency), (_, bound))| {
        (delay > VISIBLE * latency || delay > bound).then(|| {
            format!(": for that the {name} of the send delay is {delay:.3} ms, and that of the latency {latency:.3} ms")
        })
    });
    let rate = offered::at_another_rate(report)
        .map(|late| format!("; events were sent up to {late:.1} s late, and so at another rate than was asked for"));
    (shown.is_some() || rate.is_some() || report.events.unsent > 0).then(|| {
        let (waited, shown, rate) = (report.events.waited(), shown.unwrap_or_default(), rate.unwrap_or_default());
        format!("the server did not take what was sent to it for {waited} in all{shown}{rate}")
    })
}

/// Whether the generator, though not the bottleneck, is part of what the tail of the latency shows.
pub(super) fn noticeable(report: &Report) -> Option<String> {
    let (name, delay, latency) = tail(report)?;
    (delay > VISIBLE * latency && saturated(report).is_none() && !offered::is_held_off(report)).then(|| {
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
pub(super) fn too_few(report: &Report) -> Option<String> {
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

/// A thread that always wants a processor goes at its own pace: what it measures is how far it is behind.
pub(in crate::bench) fn starved(report: &Report) -> Option<String> {
    busiest(report, |wanted| wanted >= BUSIEST).map(|said| format!("the generator is saturated: {said}"))
}

/// One that nearly always does may be behind at times.
pub(super) fn busy(report: &Report) -> Option<String> {
    busiest(report, |wanted| (BUSY..BUSIEST).contains(&wanted))
        .filter(|_| !sets_pace(report.scenario))
        .map(|said| format!("the generator is busy, and may be late in bursts: {said}"))
}

/// What is to be said of the first thread that wants a processor for such a part of the time.
fn busiest(report: &Report, is_meant: impl Fn(f64) -> bool) -> Option<String> {
    let threads = [
        (report.generator, "that reads streams", "more --threads share the streams out"),
        (report.publisher, "that publishes", "more --publishers share the events out"),
    ];
    let found = threads.into_iter().find_map(|(load, does, way_out)| {
        let load = load.filter(|load| is_meant(load.wanted))?;
        // More threads help one that runs all the time, not one that others keep from running.
        let way_out = if load.ran > load.wanted / 2.0 { way_out } else { "this machine is too busy" };
        Some((load, does, way_out))
    });
    found.map(|(Load { ran, wanted }, does, way_out)| {
        let (ran, wanted) = (percent(ran), percent(wanted));
        format!("a thread {does} wanted a processor for {wanted} of the time, and had one for {ran}; {way_out}")
    })
}

/// Whether all is done as fast as it can be, so that a generator that is busy all the time set the pace, at least in part:
/// no reason to throw the counts away.
pub(super) fn sets_pace(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::Connect | Scenario::Replay)
}

pub(super) fn breathless(report: &Report) -> Option<String> {
    let load = report.generator.filter(|load| sets_pace(report.scenario) && load.wanted >= BUSY)?;
    let (wanted, does) =
        (percent(load.wanted), if report.replay.is_some() { "reads streams" } else { "opens connections" });
    Some(format!(
        "a thread that {does} wanted a processor for {wanted} of the time: the rate may be the generator's, not the \
         server's"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::publishers::Published;
    use crate::bench::verdict::tests::{judged, report};
    use crate::bench::{Events, Percentiles};

    #[test]
    fn a_server_that_takes_nothing_for_a_while_is_not_called_a_saturated_generator() {
        let late = |p99, waited_ms| {
            let mut report = report(p99, 200.0);
            (report.latency_ms.p99, report.plan.duration_s, report.events.waited_ms) = (Some(600.0), 10.0, waited_ms);
            judged(report, &Published::new())
        };
        let generator = late(400.0, 10);
        assert!(!generator.valid && generator.warnings[0].contains("the generator is saturated"), "{generator:?}");
        let server = late(400.0, 700);
        let said = "the server did not take what was sent to it for 0.7 s in all: for that the p99 of the send delay is \
                    400.000 ms, and that of the latency 600.000 ms";
        assert!(server.valid, "from the times at which events were due, the figures are the server's: {server:?}");
        assert_eq!(server.warnings, [said]);
        let server = late(599.0, 9_000);
        let said = "; events were sent up to 0.6 s late, and so at another rate than was asked for";
        assert!(!server.valid && server.warnings.len() == 1 && server.warnings[0].ends_with(said), "{server:?}");
        assert_eq!(late(20.0, 300).warnings, Vec::<String>::new(), "what does not show needs no words");
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
            report.events = Events { sent, acknowledged: sent, ..Events::default() };
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

    /// A run of a scenario whose threads have such loads.
    fn loaded(scenario: Scenario, generator: Option<Load>, publisher: Option<Load>) -> Report {
        judged(Report { scenario, generator, publisher, ..report(0.1, 1.0) }, &Published::new())
    }

    #[test]
    fn a_reader_that_always_wants_a_processor_is_saturated_whether_it_has_one_or_not() {
        let of = |ran, wanted| loaded(Scenario::Fanout, Some(Load { ran, wanted }), None);
        let calm = of(0.5, 0.79);
        assert!(calm.valid && calm.warnings.is_empty(), "{calm:?}");
        let starved = of(0.24, 0.97);
        let said = "the generator is saturated: a thread that reads streams wanted a processor for 97 % of the time, and had \
                    one for 24 %; this machine is too busy";
        assert_eq!((starved.valid, &starved.warnings[..]), (false, &[said.to_owned()][..]));
        let full = of(0.9, 0.9);
        assert!(!full.valid && full.warnings[0].contains("--threads"), "{full:?}");
    }

    #[test]
    fn from_four_fifths_of_a_processor_on_it_is_said_and_leaves_the_run_valid() {
        let busy = Some(Load { ran: 0.81, wanted: 0.89 });
        let reader = loaded(Scenario::Fanout, busy, None);
        let said = "the generator is busy, and may be late in bursts: a thread that reads streams wanted a processor for 89 % of \
                    the time, and had one for 81 %; more --threads share the streams out";
        assert_eq!((reader.valid, &reader.warnings[..]), (true, &[said.to_owned()][..]));
        let publisher = loaded(Scenario::Fanout, None, busy);
        assert!(publisher.valid && publisher.warnings[0].ends_with("more --publishers share the events out"));
        let publisher = loaded(Scenario::Fanout, busy, Some(Load { ran: 0.9, wanted: 0.95 }));
        assert!(!publisher.valid && publisher.warnings[0].contains("a thread that publishes wanted"), "{publisher:?}");
    }

    #[test]
    fn a_generator_that_is_busy_while_it_connects_is_said_and_leaves_the_run_valid() {
        let said = |scenario, wanted| {
            let report = loaded(scenario, Some(Load { ran: wanted, wanted }), None);
            (report.valid, report.warnings.concat())
        };
        assert_eq!(said(Scenario::Connect, 0.5), (true, String::new()));
        for wanted in [0.8, 0.97] {
            let (valid, warnings) = said(Scenario::Connect, wanted);
            assert!(valid && warnings.contains(" % of the time: the rate may be the generator's"), "{warnings}");
            assert_eq!(warnings.matches("processor").count(), 1, "{warnings}");
        }
        assert!(!said(Scenario::Idle, 0.97).0, "its figures would be those of a busy machine");
    }

    #[test]
    fn a_delay_of_a_fifth_of_the_tail_is_said_and_leaves_the_run_valid() {
        let said = |delay, latency| judged(report(delay, latency), &Published::new());
        assert_eq!(said(0.19, 1.0).warnings, Vec::<String>::new());
        let noticeable = said(0.21, 1.0);
        assert!(noticeable.valid && noticeable.warnings[0].contains("a good part of the p99"), "{noticeable:?}");
        assert_eq!(said(6.0, 10.0).warnings.len(), 1, "a saturated generator is not said twice");
    }
}
