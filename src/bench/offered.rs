//! What the publishers offered to the server, whether it took it, and who was to blame where it was late: pure. `report` asks for
//! the counts, `verdict` and `search` for the rest.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::publishers::Published;
use super::search::RESOLUTION;
use super::verdict::BUSIEST;
use super::{Kind, Report};

/// From which part of a publisher's delay on its wait for the server explains it: a server that is too slow lets it wait for
/// longer than it is late, and one that is not lets it wait for hardly anything.
const HELD_OFF: f64 = 0.5;

/// Counts of measured events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Wholly written to a socket.
    pub sent: u64,
    /// Taken by the server: answered with 2xx, and with no refusal in the body.
    pub acknowledged: u64,
    /// Sent more than 10 ms behind their time.
    pub late: u64,
    /// Due, and not sent before the run was over.
    #[serde(default)]
    pub unsent: u64,
    /// Sent, and answered with a refusal.
    #[serde(default)]
    pub refused: u64,
    /// Sent, and not answered: whether the server has them is not known.
    #[serde(default)]
    pub unanswered: u64,
    /// For how many milliseconds, warm-up included, the server did not take what was due; of several publishers, that of
    /// the one that waited longest.
    #[serde(default)]
    pub waited_ms: u64,
}

impl Events {
    /// What all publishers have noted, of whose events the server took so many.
    pub(super) fn of(published: &Published, acknowledged: u64) -> Self {
        let Published { sent, late, unsent, refused, waited, .. } = *published;
        Self {
            sent,
            acknowledged,
            late,
            unsent,
            refused,
            unanswered: sent.saturating_sub(acknowledged + refused),
            waited_ms: u64::try_from(Duration::from_nanos(waited).as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The counts, each with its name; of what should not be only those that there are.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let Self { sent, acknowledged, late, unsent, refused, unanswered, waited_ms } = *self;
        let faults =
            [("unsent", unsent), ("refused", refused), ("unanswered", unanswered), ("ms of waiting", waited_ms)];
        let counts = [("sent", sent), ("acknowledged", acknowledged), ("late", late)].into_iter();
        counts.chain(faults.into_iter().filter(|(_, count)| *count > 0)).collect()
    }

    /// For how long the server did not take what was due, for a sentence.
    pub(super) fn waited(&self) -> String {
        format!("{:.1} s", Duration::from_millis(self.waited_ms).as_secs_f64())
    }
}

/// What the publishers were late, in milliseconds, and how large a part of the events was later: the highest percentile that
/// so many events allow, as one hiccup makes no other rate.
fn tail(report: &Report) -> (f64, f64) {
    let delay = report.known(Kind::SendDelay);
    let levels = [(delay.p99, 0.01), (delay.p90, 0.1), (delay.p50, 0.5), (delay.max, 0.0)];
    levels.into_iter().find_map(|(delay, later)| Some((delay?, later))).unwrap_or((0.0, 0.0))
}

/// What the publishers were late, in seconds, if that is so much that it was another rate.
pub(super) fn at_another_rate(report: &Report) -> Option<f64> {
    let late = tail(report).0 / 1000.0;
    (late > RESOLUTION * report.plan.duration_s).then_some(late)
}

/// Whether the publishers were late because the server did not take what was due.
pub(super) fn is_held_off(report: &Report) -> bool {
    let (delay, later) = tail(report);
    // A wait makes late what becomes due in it: for a hundredth of the events to be late by so much, it takes that, and the
    // time in which they become due.
    let needed = delay + later * report.plan.duration_s * 1000.0;
    let waited = Duration::from_millis(report.events.waited_ms).as_secs_f64() * 1000.0;
    // A publisher that has no processor looks as if it waited for what it has long got.
    let is_starved = report.publisher.is_some_and(|load| load.wanted >= BUSIEST);
    waited > 0.0 && waited >= HELD_OFF * needed && !is_starved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Load, Percentiles, Planned};

    #[test]
    fn a_wait_explains_a_delay_if_it_is_as_long_and_as_many_events_were_due_in_it() {
        let held_off = |waited_ms, p99| {
            let send_delay_ms = Percentiles { p99: Some(p99), count: 1_000, ..Percentiles::default() };
            let plan = Planned { duration_s: 10.0, ..Planned::default() };
            let events = Events { sent: 1_000, waited_ms, ..Events::default() };
            is_held_off(&Report { events, send_delay_ms, plan, ..Report::default() })
        };
        assert!(held_off(500, 400.0) && held_off(250, 400.0));
        assert!(!held_off(249, 400.0), "most of it is something else's");
        assert!(!held_off(40, 20.0), "ten events are due in each 100 ms, and were not all due in 40");
        assert!(!held_off(0, 0.0));
        let events = Events { waited_ms: 9_000, ..Events::default() };
        let of =
            |wanted| is_held_off(&Report { events, publisher: Some(Load { ran: 0.1, wanted }), ..Report::default() });
        assert!(of(0.89) && !of(0.9), "who waits for a processor cannot tell for what else");
    }

    #[test]
    fn what_should_not_be_is_counted_where_there_is_any() {
        let mut published = Published::new();
        (published.sent, published.waited) = (10, 999_999);
        let events = Events::of(&published, 10);
        assert_eq!(events.counts(), [("sent", 10), ("acknowledged", 10), ("late", 0)]);
        (published.unsent, published.refused, published.waited) = (4, 3, 1_500_000_000);
        let events = Events::of(&published, 5);
        let faults = [("unsent", 4), ("refused", 3), ("unanswered", 2), ("ms of waiting", 1_500)];
        assert_eq!(events.counts()[3..], faults);
        assert_eq!(events.waited(), "1.5 s");
    }
}
