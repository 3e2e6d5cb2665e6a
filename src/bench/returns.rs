//! What subscribers went through that lost their streams and came back: when, how long it took, and which events were due
//! meanwhile. Pure: `subscribers` feeds it through the tally, and `reconnects` is what a report makes of it.
//!
//! An event is *missed* by a subscriber if it had not come on the old stream, and was due before the new one was open or is
//! overtaken by the first event on it: some servers open a stream before they subscribe. If it comes all the same it is
//! recovered, and its latency says how long the subscriber was away, not how fast the server is: so it is counted apart.
//! Nearly always it came by replay; one that was due in the last moment the server may have taken behind the subscription,
//! and from outside that looks the same.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::payload::Payload;
use super::plan::Plan;
use super::schedule::{Schedule, Share};
use super::sequences::Sequences;

/// How a stream was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The subscriber dropped it, in the storm.
    Dropped,
    /// It ended after the server was told to stop.
    Restart,
    /// It ended by itself.
    Ended,
}

/// The notes of a generator thread.
#[derive(Debug)]
pub(super) struct Returns {
    /// By publisher, as if the schedule began at 0.
    shares: Vec<Share>,
    /// When the measured phase begins in that time.
    measured: u64,
    members: Vec<Absence>,
    pub(super) sum: Returned,
}

/// What all of them went through together.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Returned {
    pub(super) dropped: u64,
    pub(super) ended: u64,
    pub(super) back: u64,
    /// Subscribers that the storm hit, and those of them that had a stream again.
    hit: u64,
    hit_back: u64,
    /// When the last of those had it.
    last_back: u64,
    /// By publisher: the events that were recovered anywhere.
    recovered_events: Vec<Sequences>,
}

/// What one subscriber went through.
#[derive(Clone, Debug)]
struct Absence {
    /// When it lost its stream; `None` while it has one.
    lost_at: Option<u64>,
    /// When its present stream was open; 0 for the first.
    open_since: u64,
    hit: Hit,
    /// By publisher.
    missed: Box<[Missed]>,
}

/// What a subscriber missed of a publisher.
#[derive(Clone, Debug, Default)]
struct Missed {
    /// Events that were due before it was back, or that lie before the first one of a stream.
    events: Sequences,
    /// Whether its present stream, which is not the first, has brought none yet.
    is_mute: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hit {
    No,
    Away,
    Back,
}

impl Returns {
    /// For `members` subscribers of a plan.
    pub(super) fn new(plan: &Plan, members: usize) -> Self {
        let (schedule, publishers) = (Schedule::of(plan, 0), plan.publishers as usize);
        let missed = vec![Missed::default(); publishers].into_boxed_slice();
        Self {
            shares: (0..plan.publishers).map(|publisher| schedule.share(publisher)).collect(),
            measured: schedule.time(schedule.warmup),
            members: vec![Absence { lost_at: None, open_since: 0, hit: Hit::No, missed }; members],
            sum: Returned { recovered_events: vec![Sequences::default(); publishers], ..Returned::default() },
        }
    }

    /// A subscriber has lost its stream.
    pub(super) fn lost(&mut self, member: usize, loss: Loss, at: u64) {
        let absence = &mut self.members[member];
        absence.lost_at = Some(at);
        if loss == Loss::Dropped {
            self.sum.dropped += 1;
        } else {
            self.sum.ended += 1;
        }
        if loss != Loss::Ended && absence.hit == Hit::No {
            absence.hit = Hit::Away;
            self.sum.hit += 1;
        }
    }

    /// It has another one, and of each publisher the events before `ends` or none behind. `begun` is when the measured phase
    /// began, if it has. Returns when it had lost the one before.
    pub(super) fn back(&mut self, member: usize, at: u64, begun: Option<u64>, ends: impl Iterator<Item = u64>) -> u64 {
        let absence = &mut self.members[member];
        let lost_at = absence.lost_at.take().unwrap_or(at);
        absence.open_since = at;
        self.sum.back += 1;
        if absence.hit == Hit::Away {
            absence.hit = Hit::Back;
            self.sum.hit_back += 1;
            self.sum.last_back = self.sum.last_back.max(at);
        }
        let since = begun.map_or(0, |begun| at.saturating_sub(begun).saturating_add(self.measured));
        for ((share, missed), end) in self.shares.iter().zip(&mut absence.missed).zip(ends) {
            missed.events.insert_range(end..share.measured_before(since));
            missed.is_mute = true;
        }
        lost_at
    }

    /// Whether the stream of a subscriber is not its first.
    pub(super) fn has_returned(&self, member: usize) -> bool {
        self.members[member].open_since > 0
    }

    /// Takes a measured event that came for the first time; returns whether it was due before the stream was open. Before it the
    /// subscriber had those of the publisher before `end`, or none behind.
    pub(super) fn recovers(&mut self, member: usize, payload: &Payload, end: u64) -> bool {
        let (publisher, Payload { sequence, intended, .. }) = (payload.publisher as usize, *payload);
        let absence = &mut self.members[member];
        let missed = &mut absence.missed[publisher];
        if std::mem::take(&mut missed.is_mute) {
            missed.events.insert_range(end..sequence);
        }
        let recovers = intended < absence.open_since;
        if recovers {
            self.sum.recovered_events[publisher].insert(sequence);
        }
        recovers
    }

    /// How many of a range of a publisher's events a subscriber missed; `end` is the number behind the last that it has.
    pub(super) fn missed(&self, member: usize, publisher: usize, range: &Range<u64>, end: u64) -> u64 {
        let absence = &self.members[member];
        let missed = &absence.missed[publisher];
        // Who is away, or has heard nothing since, misses all that is behind.
        let is_deaf = absence.lost_at.is_some() || missed.is_mute;
        let from = if is_deaf { end } else { u64::MAX };
        missed.events.count_in(&(range.start..range.end.min(from))) + range.end.saturating_sub(range.start.max(from))
    }
}

impl Returned {
    /// Adds what those of another thread went through.
    pub(super) fn merge(&mut self, other: &Self) {
        self.dropped += other.dropped;
        self.ended += other.ended;
        self.back += other.back;
        self.hit += other.hit;
        self.hit_back += other.hit_back;
        self.last_back = self.last_back.max(other.last_back);
        self.recovered_events
            .resize(self.recovered_events.len().max(other.recovered_events.len()), Sequences::default());
        for (events, others) in self.recovered_events.iter_mut().zip(&other.recovered_events) {
            events.extend(others);
        }
    }

    /// When the last of those whom the storm hit was back; `None` if one was not, or nobody was hit.
    pub(super) fn all_back(&self) -> Option<u64> {
        (self.hit > 0 && self.hit == self.hit_back).then_some(self.last_back)
    }

    /// How many different events were recovered.
    pub(super) fn recovered_events(&self) -> u64 {
        self.recovered_events.iter().map(Sequences::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::Scenario;
    use crate::bench::payload::Purpose;

    const MS: u64 = 1_000_000;

    /// One subscriber of one publisher with 1000 events per second, from 5000 ms on.
    fn returns() -> Returns {
        let plan = Plan {
            scenario: Scenario::Reconnect,
            rate: 1000,
            warmup: Duration::from_millis(7),
            duration: Duration::from_secs(1),
            ..Plan::sample()
        };
        Returns::new(&plan, 1)
    }

    /// The subscriber has events up to `end` and is back at a millisecond.
    fn back(returns: &mut Returns, at: u64, end: u64) {
        returns.back(0, at * MS, Some(5000 * MS), std::iter::once(end));
    }

    /// It has those up to `end`, and another comes; whether it is recovered.
    fn comes(returns: &mut Returns, sequence: u64, end: u64) -> bool {
        let intended = (5000 + sequence) * MS;
        let payload =
            Payload { run: 1, purpose: Purpose::Measured, publisher: 0, sequence, intended, actual: intended };
        returns.recovers(0, &payload, end)
    }

    #[test]
    fn what_was_due_before_a_stream_was_open_is_missed_and_recovered_if_it_comes() {
        let mut returns = returns();
        assert!(!comes(&mut returns, 9, 9), "on the first stream nothing is recovered");
        returns.lost(0, Loss::Dropped, 5010 * MS);
        back(&mut returns, 5030, 10);
        assert!(comes(&mut returns, 29, 10) && !comes(&mut returns, 30, 30));
        assert_eq!((returns.missed(0, 0, &(0..100), 31), returns.sum.recovered_events()), (20, 1));
        assert_eq!((returns.sum.dropped, returns.sum.back, returns.sum.all_back()), (1, 1, Some(5030 * MS)));
    }

    #[test]
    fn a_stream_that_begins_late_or_never_misses_what_came_before_its_first_event() {
        let mut returns = returns();
        returns.lost(0, Loss::Ended, 5010 * MS);
        back(&mut returns, 5020, 10);
        assert_eq!(returns.missed(0, 0, &(0..100), 10), 90, "nothing has come since");
        assert!(!comes(&mut returns, 50, 10));
        assert_eq!(returns.missed(0, 0, &(0..100), 51), 40);
        returns.lost(0, Loss::Ended, 5060 * MS);
        assert_eq!(returns.missed(0, 0, &(0..100), 51), 40 + 49, "nor will any more");
        assert_eq!((returns.sum.ended, returns.sum.all_back()), (2, None));
    }

    #[test]
    fn an_event_that_was_missed_twice_is_one() {
        let mut returns = returns();
        for at in [5020, 5040] {
            returns.lost(0, Loss::Ended, (at - 10) * MS);
            back(&mut returns, at, 10);
        }
        returns.lost(0, Loss::Restart, 5050 * MS);
        assert_eq!(returns.missed(0, 0, &(0..100), 10), 90);
    }
}
