//! What a run means to a search. A bound that is met is met, whatever the generator was like: that it sent or read late only
//! adds to what is measured. It is the miss that has to be the server's: where the generator was late itself, the run says
//! nothing.

use serde::Serialize;

use crate::bench::judged::{Bound, Count, Outcome};
use crate::bench::{Report, offered, verdict};

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// All held that has to.
    Held,
    /// A bound was missed.
    Missed,
    /// Events or subscribers were refused, cut off or lost.
    Failed,
    /// The generator was the limit: nothing can be said of the server.
    Generator,
    /// There was no server any more.
    Gone,
}

impl Fate {
    /// Whether two runs come to the same: a bound that is missed is as good as a failure.
    pub(super) fn is_like(self, other: Self) -> bool {
        let no = |fate| matches!(fate, Self::Missed | Self::Failed);
        self == other || no(self) && no(other)
    }
}

/// A run as a search sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What came of it.
    pub fate: Fate,
    /// A sentence about why it did not hold, or about what to mind of one that did.
    pub why: Option<String>,
    /// One for each bound.
    pub bounds: Vec<Outcome>,
}

impl Judged {
    /// Holds a run against the bounds. A count that one of them limits may be what that allows; else nothing may be
    /// refused, unsent or lost.
    pub fn of(report: &Report, bounds: &[Bound]) -> Self {
        let outcomes: Vec<Outcome> = bounds.iter().map(|bound| bound.judge(report)).collect();
        let run = Run { report, bounds };
        let missed = outcomes.iter().find_map(|outcome| outcome.missed.clone());
        let (fate, why) = run
            .refused()
            .or_else(|| run.missed(missed))
            .or_else(|| run.not_offered())
            .map_or_else(|| (Fate::Held, run.to_mind()), |(fate, why)| (fate, Some(why)));
        Self { fate, why, bounds: outcomes }
    }
}

/// A run, and what has to hold in it.
struct Run<'r> {
    report: &'r Report,
    bounds: &'r [Bound],
}

type Finding = Option<(Fate, String)>;

impl Run<'_> {
    /// What somebody said no to: that is no matter of how busy the generator was.
    fn refused(&self) -> Finding {
        let Report { connections, events, clues, .. } = self.report;
        let first =
            |words: &Option<String>| words.as_ref().map_or_else(String::new, |words| format!("; the first: {words}"));
        if connections.refused > 0 && (clues.refused_here || self.is_free(Count::Refused)) {
            let fate = if clues.refused_here { Fate::Generator } else { Fate::Failed };
            let refused = format!("{} of {} subscribers without a stream", connections.refused, connections.asked);
            return Some((fate, refused + &first(&clues.first_refusal)));
        }
        let untaken = events.refused + events.unanswered;
        (untaken > 0).then(|| {
            let untaken = format!("{untaken} of {} events refused or never answered", events.sent);
            (Fate::Failed, untaken + &first(&clues.first_reply))
        })
    }

    /// What was missed or did not arrive, and who was the limit then. `missed` says it of the bounds.
    fn missed(&self, missed: Option<String>) -> Finding {
        let (fate, why) = self.gone_astray().or_else(|| missed.map(|missed| (Fate::Missed, missed)))?;
        let by_generator = |said: String| Some((Fate::Generator, format!("{why}; {said}")));
        if let Some(starved) = verdict::starved(self.report) {
            return by_generator(starved);
        }
        let by_server = fate == Fate::Failed
            || self.is_held_off()
            || self.bounds.iter().any(|bound| bound.is_missed_by_server(self.report));
        match verdict::saturated(self.report).or_else(|| verdict::held_off(self.report)).filter(|_| !by_server) {
            Some(late) => by_generator(late),
            None => Some((fate, why)),
        }
    }

    /// What the server took and did not deliver.
    fn gone_astray(&self) -> Finding {
        let Report { connections, deliveries, clues, .. } = self.report;
        if connections.closed > 0 && self.is_free(Count::Closed) {
            let why = clues.first_end.as_deref().unwrap_or("unknown");
            let closed =
                format!("{} of {} streams ended early; the first: {why}", connections.closed, connections.opened);
            return Some((Fate::Failed, closed));
        }
        (deliveries.lost > 0 && self.is_free(Count::Lost))
            .then(|| (Fate::Failed, format!("{} of {} deliveries lost", deliveries.lost, deliveries.expected)))
    }

    /// Whether fewer events were sent than was asked for, or so much later that it was another rate.
    fn not_offered(&self) -> Finding {
        let Report { events, plan, .. } = self.report;
        let why = match offered::at_another_rate(self.report) {
            _ if events.unsent > 0 && self.is_free(Count::Unsent) => {
                format!("{} of {} events not sent in time", events.unsent, plan.events)
            }
            Some(late) => format!("events were sent up to {late:.1} s late, and so at another rate"),
            None => return None,
        };
        Some(if self.is_held_off() {
            (Fate::Failed, format!("{why}: the server did not take them"))
        } else {
            (Fate::Generator, format!("{why}: the generator could not send them; more --publishers may"))
        })
    }

    /// Whether the publishers were late because of the server, and more of them would have been too.
    fn is_held_off(&self) -> bool {
        offered::is_held_off(self.report) && !self.report.clues.one_by_one
    }

    /// What to know of figures that hold.
    fn to_mind(&self) -> Option<String> {
        verdict::starved(self.report)
            .or_else(|| verdict::saturated(self.report))
            .or_else(|| verdict::held_off(self.report))
    }

    /// Whether no bound says how large a count may be.
    fn is_free(&self, count: Count) -> bool {
        !self.bounds.iter().any(|bound| bound.is_of(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Connections, Deliveries, Events, Load, Percentiles, Planned};

    /// 1,000 events in 5 s to 2 subscribers: a median of 10 ms, a p99 of 50 ms, and a generator that is in time.
    fn report() -> Report {
        let times = |p50, p99| Percentiles {
            p50: Some(p50),
            p99: Some(p99),
            max: Some(p99),
            count: 1_000,
            ..Percentiles::default()
        };
        let mut plan = Planned::default();
        (plan.events, plan.duration_s) = (1_000, 5.0);
        Report {
            connections: Connections { asked: 2, opened: 2, ..Connections::default() },
            events: Events { sent: 1_000, acknowledged: 1_000, ..Events::default() },
            deliveries: Deliveries { expected: 2_000, received: 2_000, ..Deliveries::default() },
            latency_ms: times(10.0, 50.0),
            server_latency_ms: times(10.0, 50.0),
            send_delay_ms: times(0.1, 0.2),
            plan,
            ..Report::default()
        }
    }

    fn judged(report: &Report, bounds: &[&str]) -> (Fate, String) {
        let bounds: Vec<Bound> = bounds.iter().map(|text| text.parse().expect("a bound")).collect();
        let Judged { fate, why, .. } = Judged::of(report, &bounds);
        (fate, why.unwrap_or_default())
    }

    /// The generator is late by this at its p99, and the latency with it.
    fn late(report: Report, delay: f64) -> Report {
        let percentiles = |p50, p99| Percentiles {
            p50: Some(p50),
            p99: Some(p99),
            max: Some(p99),
            count: 1_000,
            ..Percentiles::default()
        };
        Report { send_delay_ms: percentiles(0.1, delay), latency_ms: percentiles(10.0, 50.0 + delay), ..report }
    }

    fn starved(report: Report) -> Report {
        Report { generator: Some(Load { ran: 0.9, wanted: 0.95 }), ..report }
    }

    #[test]
    fn all_bounds_have_to_hold() {
        assert_eq!(judged(&report(), &["p99<51ms", "lost<=0"]), (Fate::Held, String::new()));
        assert_eq!(judged(&report(), &["p50<1s", "p99<50ms"]), (Fate::Missed, "p99 50 ms >= 50 ms".to_owned()));
        let (fate, why) = judged(&report(), &["p99.9<1s"]);
        assert!(fate == Fate::Missed && why.contains("10000 are the least"), "{why}");
    }

    #[test]
    fn what_is_refused_or_lost_fails_whatever_the_times_are_unless_a_bound_allows_it() {
        let mut lost = report();
        lost.deliveries.lost = 3;
        assert_eq!(judged(&lost, &["p99<1s"]), (Fate::Failed, "3 of 2000 deliveries lost".to_owned()));
        assert_eq!(judged(&lost, &["p99<1s", "lost<1%"]).0, Fate::Held);
        assert_eq!(judged(&lost, &["lost<3"]), (Fate::Missed, "lost 3 >= 3".to_owned()));
        let mut refused = report();
        refused.connections = Connections { asked: 2, opened: 1, refused: 1, ..Connections::default() };
        refused.clues.first_refusal = Some("status 429: full".to_owned());
        let why = "1 of 2 subscribers without a stream; the first: status 429: full";
        assert_eq!(judged(&starved(refused), &["p99<1s"]), (Fate::Failed, why.to_owned()));
        let mut untaken = report();
        (untaken.events.refused, untaken.events.unanswered) = (4, 6);
        assert_eq!(judged(&untaken, &["p99<1s"]).1, "10 of 1000 events refused or never answered");
        let mut closed = report();
        closed.connections.closed = 1;
        assert!(judged(&closed, &["p99<1s"]).1.starts_with("1 of 2 streams ended early"));
    }

    #[test]
    fn a_bound_that_is_met_is_met_and_one_that_is_missed_by_a_busy_generator_says_nothing() {
        let busy = late(report(), 40.0);
        let (fate, why) = judged(&busy, &["p99<100ms"]);
        assert!(fate == Fate::Held && why.starts_with("the generator is saturated"), "{why}");
        let (fate, why) = judged(&busy, &["p99<80ms"]);
        assert!(fate == Fate::Generator && why.starts_with("p99 90.00 ms >= 80 ms; the generator is sat"), "{why}");
        assert_eq!(judged(&busy, &["p99<50ms"]).0, Fate::Missed, "the server alone took 50 ms");
        let (fate, why) = judged(&starved(report()), &["p99<50ms"]);
        assert!(fate == Fate::Generator && why.contains("--threads"), "{why}");
        assert_eq!(judged(&starved(report()), &["p99<51ms"]).0, Fate::Held);
    }

    #[test]
    fn a_publisher_that_the_server_holds_up_is_the_servers_affair() {
        let mut held_up = late(report(), 400.0);
        assert_eq!(judged(&held_up, &["p99<100ms"]).0, Fate::Generator);
        held_up.events.waited_ms = 300;
        assert_eq!(judged(&held_up, &["p99<100ms"]).0, Fate::Missed);
        let (fate, why) = judged(&held_up, &["p99<1s"]);
        assert_eq!(
            (fate, why.as_str()),
            (Fate::Failed, "events were sent up to 0.4 s late, and so at another rate: the server did not take them")
        );
        held_up.clues.one_by_one = true;
        let [(fate, why), (other, _)] = [judged(&held_up, &["p99<100ms"]), judged(&held_up, &["p99<1s"])];
        assert_eq!((fate, other), (Fate::Generator, Fate::Generator), "more publishers have more connections");
        assert!(why.contains("the server did not take what was sent to it for 0.3 s in all"), "{why}");
    }

    #[test]
    fn what_was_not_sent_in_time_was_not_held() {
        let (fate, why) = judged(&late(report(), 300.0), &["p99<1s"]);
        assert!(fate == Fate::Generator && why.contains("--publishers"), "{why}");
        let mut unsent = report();
        (unsent.plan.events, unsent.events.unsent) = (1_100, 100);
        let (fate, why) = judged(&unsent, &["p99<1s"]);
        assert!(fate == Fate::Generator && why.starts_with("100 of 1100 events not sent in time"), "{why}");
        assert_eq!(judged(&unsent, &["p99<1s", "unsent<10%"]).0, Fate::Held);
    }

    #[test]
    fn what_this_machine_has_no_more_of_is_the_generators_limit() {
        let mut refused = report();
        refused.connections = Connections { asked: 2, opened: 1, refused: 1, ..Connections::default() };
        refused.clues.refused_here = true;
        assert_eq!(judged(&refused, &["p99<1s"]).0, Fate::Generator);
    }
}
