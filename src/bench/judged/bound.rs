//! Limits such as `p99<100ms` or `lost<=0.1%`: what a run has to hold. A search asks for them; they are [`Threshold`]s
//! that are missed where their comparison does not hold.

use std::fmt;
use std::str::FromStr;

use super::metric::{Count, Level, Metric};
use super::threshold::{NotAThreshold, Outcome, Threshold};
use crate::bench::{Kind, Report, Scenario};

/// What has to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    expression: String,
    /// It is missed where the bound does not hold.
    threshold: Threshold,
}

/// How many of what there have to be for a bound to be judged at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// Measured events.
    pub events: u64,
    /// Subscribers.
    pub connections: u64,
}

impl Bound {
    /// Holds a run against it: `met` is whether it holds.
    pub fn judge(&self, report: &Report) -> Outcome {
        self.threshold.judge(std::slice::from_ref(report))
    }

    /// The figure that it limits.
    pub fn metric(&self) -> Metric {
        self.threshold.metric()
    }

    /// Makes sure that its figure is one of a scenario.
    ///
    /// # Errors
    /// A sentence for people if it is not.
    pub fn known_in(&self, scenario: Scenario) -> Result<(), String> {
        self.threshold.known_in(scenario)
    }

    /// Whether its figure is one of TLS.
    pub fn is_of_tls(&self) -> bool {
        self.threshold.is_of_tls()
    }

    /// What it takes for the figure to be known.
    pub fn needs(&self) -> Needed {
        match self.metric() {
            Metric::Count(_) => Needed::default(),
            Metric::Time(Kind::Connect | Kind::Tls | Kind::FirstByte | Kind::FirstEvent, level) => {
                Needed { connections: level.needed(), events: 0 }
            }
            Metric::Time(_, level) => Needed { events: level.needed(), connections: 0 },
        }
    }

    /// Whether it is a limit for this count.
    pub(in crate::bench) fn is_of(&self, count: Count) -> bool {
        self.metric() == Metric::Count(count)
    }

    /// Whether a run misses it by what the server did: leaving out by how much the generator itself was late. A figure
    /// that is not known says nothing of the server.
    pub(in crate::bench) fn is_missed_by_server(&self, report: &Report) -> bool {
        let value = |metric: Metric| metric.of(report).ok().map(|figure| figure.value);
        let without_delay = |value: f64| value - delay(report);
        match self.metric() {
            Metric::Time(Kind::Latency, level) => value(Metric::Time(Kind::ServerLatency, level)),
            metric @ Metric::Time(Kind::LastDelivery, _) => value(metric).map(without_delay),
            Metric::Time(Kind::SendDelay, _) | Metric::Count(Count::Late | Count::Unsent) => None,
            Metric::Count(_) => return !self.judge(report).met,
            metric @ Metric::Time(..) => value(metric),
        }
        .is_some_and(|value| self.threshold.holds(value))
    }
}

/// What the generator was late, as a number of milliseconds that nearly all of its events stayed below.
fn delay(report: &Report) -> f64 {
    let delay = |level| Metric::Time(Kind::SendDelay, level).of(report).ok();
    delay(Level::P99).or_else(|| delay(Level::Max)).map_or(0.0, |figure| figure.value)
}

impl FromStr for Bound {
    type Err = NotAThreshold;

    fn from_str(text: &str) -> Result<Self, NotAThreshold> {
        let threshold: Threshold = text.parse()?;
        if !threshold.is_from_above() {
            return Err(NotAThreshold::NotABound);
        }
        Ok(Self { expression: text.to_owned(), threshold: threshold.opposite() })
    }
}

/// As it was given.
impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.expression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Deliveries, Events, Percentiles};

    fn bound(text: &str) -> Bound {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn report() -> Report {
        let p99 = |value| Percentiles { p99: Some(value), count: 1_000, ..Percentiles::default() };
        Report {
            events: Events { sent: 1_000, ..Events::default() },
            deliveries: Deliveries { expected: 2_000, lost: 3, ..Deliveries::default() },
            latency_ms: p99(100.0),
            server_latency_ms: p99(40.0),
            last_delivery_ms: p99(150.0),
            send_delay_ms: p99(70.0),
            ..Report::default()
        }
    }

    #[test]
    fn a_bound_is_met_where_it_holds_and_says_by_what_it_is_missed() {
        let judge = |text: &str| bound(text).judge(&report());
        assert!(judge("p99<101ms").met && judge("p99<=100ms").met && judge("lost<=0.2%").met);
        assert_eq!(judge("p99<100ms").missed.as_deref(), Some("p99 100 ms >= 100 ms"));
        assert_eq!(judge("p99<100ms").expression, "p99<100ms");
        assert_eq!(judge("lost<=2").missed.as_deref(), Some("lost 3 > 2"));
        assert!(judge("p99.9<1s").missed.is_some_and(|said| said.contains("10000 are the least")));
    }

    #[test]
    fn what_must_not_be_is_no_bound() {
        for text in ["p99>50ms", "lost>=1"] {
            assert_eq!(text.parse::<Bound>(), Err(NotAThreshold::NotABound));
        }
        assert!("p95<1ms".parse::<Bound>().is_err() && "p99<5".parse::<Bound>().is_err());
    }

    #[test]
    fn a_percentile_needs_events_or_connections() {
        let needs = |text: &str| {
            let Needed { events, connections } = bound(text).needs();
            (events, connections)
        };
        assert_eq!([needs("p99<1s"), needs("last.p50<1s"), needs("max<1s")], [(1_000, 0), (20, 0), (1, 0)]);
        assert_eq!([needs("connect.p99<1s"), needs("lost<1")], [(0, 1_000), (0, 0)]);
    }

    #[test]
    fn what_the_generator_was_late_is_not_held_against_the_server() {
        let missed = |text: &str| bound(text).is_missed_by_server(&report());
        assert!(!bound("p99<50ms").judge(&report()).met && !missed("p99<50ms") && missed("p99<30ms"));
        assert!(!missed("last.p99<90ms") && missed("last.p99<80ms"), "150 ms less 70");
        assert!(!missed("send-delay.p99<1ms") && !missed("p99.9<1ms"));
        assert!(missed("lost<=2") && !missed("lost<=3"));
    }
}
