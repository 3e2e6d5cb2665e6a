//! What a report says of streams that were lost and had again: `sse bench reconnect`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::load::Load;
use super::passive::Failed;
use super::report::Time;
use super::returns::Returned;
use super::samples::{Histograms, Kind, Percentiles};
use super::storm::Came;
use super::verdict::{BUSY, plural};

/// Streams that were lost, and what became of them. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reconnects {
    /// Streams that a subscriber dropped.
    pub dropped: u64,
    /// Streams that ended otherwise.
    pub ended: u64,
    /// Streams that followed them: `dropped + ended = back + away`.
    pub back: u64,
    /// Subscribers that were without a stream when the run was over.
    pub away: u64,
    /// Attempts that brought no stream.
    pub failed: u64,
    /// Why they failed, the most frequent first.
    pub failures: Vec<Failed>,
    /// Deliveries of events that were due before the stream was open on which they came.
    pub recovered: u64,
    /// How many different events these were.
    pub recovered_events: u64,
    /// The part of the lost deliveries that were due while the subscriber was away, or before the first event of its next
    /// stream.
    pub gap: u64,
    /// From the storm until all that it hit had a stream again; `None` if one had none.
    pub back_all_ms: Option<f64>,
    /// How long the server that was stopped took to accept connections again.
    pub restart_ms: Option<f64>,
    /// How busy the busiest thread of subscribers was from the storm until all were back.
    pub generator: Option<Load>,
    /// From the loss of a stream to the head of the next one.
    pub reconnect_ms: Percentiles,
    /// From the loss of a stream to the first event of the next one.
    pub next_event_ms: Percentiles,
    /// Receipt minus intended time of what was recovered.
    pub recovered_ms: Percentiles,
    /// Whether the storm came.
    #[serde(skip)]
    pub has_come: bool,
}

impl Reconnects {
    /// That of a run with these notes and times.
    pub(super) fn of(
        (returns, times): (&Returned, &Histograms),
        storm: Option<Came>,
        failures: Vec<Failed>,
        away: u64,
        gap: u64,
    ) -> Self {
        let milliseconds = |took: Duration| (took.as_secs_f64() * 1e6).round() / 1e3;
        let until = |from: u64, to: u64| Duration::from_nanos(to.saturating_sub(from));
        let recovered_events = returns.recovered_events();
        let recovered_ms = times.of(Kind::Recovered).percentiles().resting_on(recovered_events);
        Self {
            dropped: returns.dropped,
            ended: returns.ended,
            back: returns.back,
            away,
            failed: failures.iter().map(|failed| failed.count).sum(),
            failures,
            recovered: recovered_ms.count,
            recovered_events,
            gap,
            back_all_ms: storm.zip(returns.all_back()).map(|(storm, back)| milliseconds(until(storm.at, back))),
            restart_ms: storm.and_then(|storm| storm.restart).map(milliseconds),
            generator: storm.and_then(|storm| storm.load),
            reconnect_ms: times.known(Kind::Reconnect, 0),
            next_event_ms: times.known(Kind::NextEvent, 0),
            recovered_ms,
            has_come: storm.is_some(),
        }
    }

    /// All counts, each with its name.
    pub(super) fn counts(&self) -> [(&'static str, Vec<(&'static str, u64)>); 2] {
        let Self { dropped, ended, back, away, failed, recovered, gap, .. } = *self;
        let streams = vec![
            ("dropped", dropped),
            ("ended", ended),
            ("back", back),
            ("still away", away),
            ("failed attempts", failed),
        ];
        [("reconnects", streams), ("while away", vec![("recovered", recovered), ("in a gap", gap)])]
    }

    /// All times.
    pub(super) fn times(&self) -> [Time<'_>; 3] {
        let samples = self.recovered_events;
        [
            Time::of(Kind::Reconnect, "reconnect", &self.reconnect_ms),
            Time::of(Kind::NextEvent, "next event", &self.next_event_ms),
            Time { kind: Kind::Recovered, name: "recovered", percentiles: &self.recovered_ms, samples },
        ]
    }

    /// What makes the run invalid.
    pub(super) fn faults(&self, asked: u32, interrupted: bool) -> [Option<String>; 2] {
        let why =
            self.most_frequent().map_or_else(String::new, |reason| format!("; attempts failed mostly with: {reason}"));
        let away = (self.away > 0)
            .then(|| format!("{} of {asked} subscribers not back when the run was over{why}", self.away));
        let calm = (!self.has_come && !interrupted).then(|| "the run was over before the storm came".to_owned());
        [away, calm]
    }

    /// What the server did; `first_end` is why the first stream ended that did so by itself.
    pub(super) fn results(&self, first_end: Option<&str>) -> [Option<String>; 4] {
        let missed = self.recovered + self.gap;
        let gap = (self.gap > 0).then(|| {
            let gap = self.gap;
            format!("{gap} of {missed} deliveries that a subscriber missed while it was away never came: a gap")
        });
        let failed = self
            .most_frequent()
            .filter(|_| self.away == 0)
            .map(|reason| format!("{} to reconnect failed; most of them: {reason}", plural(self.failed, "attempt")));
        let ended = first_end
            .filter(|_| self.ended > 0 && self.restart_ms.is_none())
            .map(|why| format!("{} ended that nobody had dropped; the first: {why}", plural(self.ended, "stream")));
        let breathless = self.generator.filter(|load| load.wanted >= BUSY).map(|load| {
            let wanted = load.wanted * 100.0;
            format!(
                "until all were back, a thread of subscribers wanted a processor for {wanted:.0} % of the time: the pace of \
                 the storm may be the generator's, not the server's; more --threads share it out"
            )
        });
        [gap, failed, ended, breathless]
    }

    fn most_frequent(&self) -> Option<&str> {
        self.failures.first().map(|failed| failed.reason.as_str())
    }
}
