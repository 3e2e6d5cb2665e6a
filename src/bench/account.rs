//! What became of a share of the subscribers, however many they are: everything that a report says of them. It is made where
//! the notes are, once it is known what the server has acknowledged, and adds up over threads and processes without loss.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::firsts::Firsts;
use super::herd::Herded;
use super::ledger::Deliveries;
use super::member::{Member, State};
use super::passive::Passive;
use super::payload::Purpose;
use super::reach::{Listeners, Reach};
use super::returns::{Returned, Returns};
use super::samples::{Kind, Samples};
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::tally::Tally;
use super::{Http2, Plan, Series};

/// What is known when a run is over.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Over {
    /// What the server took, by publisher.
    pub(super) acknowledged: Vec<Sequences>,
    /// Whether the run was stopped before its time.
    pub(super) interrupted: bool,
}

/// The account of a share of the subscribers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) standing: Standing,
    pub(super) deliveries: Deliveries,
    /// The deliveries that never came, by the interval of the series in which their event was due.
    pub(super) lost_by_interval: Vec<u64>,
    /// The lost deliveries of events that their subscriber missed because it was away.
    pub(super) gap: u64,
    /// All times, of the kinds that there are.
    pub(super) times: BTreeMap<Kind, Samples>,
    /// By publisher.
    reach: Vec<Reach>,
    listeners: Listeners,
    /// How streams shared connections, where they did.
    pub(super) http2: Http2,
    /// What was noted of all streams, whatever they brought.
    pub(super) passive: Passive,
    /// What those went through that come back; `None` where they do not.
    pub(super) returned: Option<Returned>,
    /// How far those are that want what was published before they came; `None` where they do not.
    pub(super) herded: Option<Herded>,
    pub(super) firsts: Firsts,
}

/// How many subscribers are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// They have no stream yet.
    pub(super) connecting: u32,
    /// They have one.
    pub(super) open: u32,
    /// Theirs ended before the run did.
    pub(super) closed: u32,
    /// They have lost theirs, and are about to have another.
    pub(super) away: u32,
    /// Those of the closed that have all of a replay.
    pub(super) complete: u32,
    /// Those of the open that have heard no probe.
    pub(super) unprobed: u32,
}

impl Account {
    /// That of the subscribers of one thread.
    pub(super) fn of(plan: &Plan, tally: Tally, over: &Over) -> Self {
        let schedule = Schedule::of(plan, 0);
        let Tally { members, returns, herd, .. } = &tally;
        let mut account = Self {
            deliveries: Deliveries {
                foreign: tally.foreign + tally.misrouted,
                misrouted: tally.misrouted,
                ..Deliveries::default()
            },
            listeners: Listeners::new(plan.topics),
            ..Self::default()
        };
        // What is still to be read of a replay that was stopped is not lost.
        let so_far = over.interrupted && herd.is_some();
        for (number, member) in members.iter().enumerate() {
            account.standing.add(member, herd.is_some());
            if !matches!(member.state, State::Open | State::Closed | State::Away) {
                continue;
            }
            account.deliveries += if so_far {
                member.account_so_far(&over.acknowledged, &schedule)
            } else {
                member.account(&over.acknowledged, &schedule)
            };
            account.listeners.add(member);
            // Those of a replay were due before the first interval.
            let length = herd.is_none().then(|| Series::interval(plan));
            account.add_lost(number, member, (returns.as_deref(), length), &over.acknowledged, &schedule);
        }
        Self {
            times: tally.sums,
            reach: tally.reach,
            http2: tally.http2,
            passive: tally.passive,
            returned: tally.returns.map(|returns| returns.sum),
            herded: tally.herd.map(|herd| herd.sum),
            firsts: tally.firsts,
            ..account
        }
    }

    /// Adds what a subscriber has lost; `length` is that of an interval in seconds, where it is to be known in which.
    fn add_lost(
        &mut self,
        number: usize,
        member: &Member,
        (returns, length): (Option<&Returns>, Option<u64>),
        acknowledged: &[Sequences],
        schedule: &Schedule,
    ) {
        let Self { lost_by_interval: lost, gap, .. } = self;
        let mut add = |interval, count| {
            let Ok(at) = usize::try_from(interval) else { return };
            lost.resize(lost.len().max(at + 1), 0);
            lost[at] += count;
        };
        member.each_lost(acknowledged, schedule, |lane, range| {
            let publisher = lane.publisher as usize;
            *gap += returns.map_or(0, |returns| returns.missed(number, publisher, &range, member.end(publisher)));
            if let Some(length) = length {
                lane.by_interval(range, length, &mut add);
            }
        });
    }

    /// Adds the account of others.
    pub(super) fn merge(&mut self, other: Self) {
        self.standing.merge(other.standing);
        self.deliveries += other.deliveries;
        let lost = &mut self.lost_by_interval;
        lost.resize(lost.len().max(other.lost_by_interval.len()), 0);
        lost.iter_mut().zip(other.lost_by_interval).for_each(|(own, other)| *own += other);
        self.gap += other.gap;
        for (kind, times) in &other.times {
            self.times.entry(*kind).or_default().merge(times);
        }
        self.reach.resize(self.reach.len().max(other.reach.len()), Reach::default());
        self.reach.iter_mut().zip(&other.reach).for_each(|(own, other)| own.merge(other));
        self.listeners.merge(other.listeners);
        self.http2.merge(other.http2);
        self.passive.merge(other.passive);
        if let Some(returned) = &other.returned {
            self.returned.get_or_insert_default().merge(returned);
        }
        if let Some(herded) = &other.herded {
            self.herded.get_or_insert_default().merge(herded);
        }
        self.firsts.merge(other.firsts);
    }

    /// The time to the last delivery of each event that all have who are to.
    pub(super) fn last_deliveries(&self, schedule: &Schedule) -> Samples {
        let mut samples = Samples::new();
        for (publisher, reach) in (0..).zip(&self.reach) {
            let audience = self.listeners.audience(publisher as usize);
            let expected = |sequence| {
                let topic = schedule.topic(publisher, Purpose::Measured, sequence);
                audience.of(topic, sequence / schedule.step())
            };
            reach.last_deliveries(expected, &mut samples);
        }
        samples
    }
}

impl Standing {
    /// Those that had a stream.
    pub(super) fn opened(&self) -> u32 {
        self.open + self.closed + self.away
    }

    fn add(&mut self, member: &Member, is_replay: bool) {
        match member.state {
            State::Connecting => self.connecting += 1,
            State::Refused => {}
            State::Open => {
                self.open += 1;
                self.unprobed += u32::from(!member.probed);
            }
            State::Closed => {
                self.closed += 1;
                self.complete += u32::from(is_replay && member.probed);
            }
            State::Away => self.away += 1,
        }
    }

    fn merge(&mut self, other: Self) {
        self.connecting += other.connecting;
        self.open += other.open;
        self.closed += other.closed;
        self.away += other.away;
        self.complete += other.complete;
        self.unprobed += other.unprobed;
    }
}
