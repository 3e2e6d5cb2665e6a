//! What the subscribers of one generator thread have seen. Pure: a read brings events and one timestamp, and this notes
//! what they mean. It owns no socket; `subscribers` feeds it, and sees to it that the latencies of an interval that is over go
//! to `series`; `report` reads it.

mod intervals;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::firsts::Firsts;
use super::herd::Herd;
use super::ledger::{Arrival, Ledger};
use super::member::{Member, State};
use super::passive::{Course, Passive};
use super::payload::{Payload, Purpose};
use super::reach::Reach;
use super::returns::{Loss, Returns};
use super::samples::{Kind, Samples};
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::series::Window;
use super::{Aside, Http2, Plan, Refusal, Scenario, http};

/// The notes of a generator thread.
#[derive(Debug)]
pub(super) struct Tally {
    scenario: Scenario,
    run: u64,
    schedule: Schedule,
    /// Every how many events of a publisher one goes to the same topic.
    step: u64,
    /// How many measured events each publisher has at most; by its number.
    shares: Vec<u64>,
    pub(super) members: Vec<Member>,
    /// The times of the interval that is running.
    window: Window,
    /// Events that later ones have overtaken, so far.
    missing: u64,
    /// All times up to that interval, of the kinds that there are.
    pub(super) sums: BTreeMap<Kind, Samples>,
    /// How streams shared connections, where they did.
    pub(super) http2: Http2,
    /// What is noted of all streams, whatever they bring.
    pub(super) passive: Passive,
    /// By publisher.
    pub(super) reach: Vec<Reach>,
    /// What those went through that come back; `None` where they do not.
    pub(super) returns: Option<Box<Returns>>,
    /// How far those are that want what was published before they came; `None` where they do not.
    pub(super) herd: Option<Box<Herd>>,
    /// The ID of the last event, where it is to be known.
    pub(super) last_event_id: Option<String>,
    asides: Vec<Aside>,
    /// Measured events at subscribers of other topics.
    pub(super) misrouted: u64,
    /// Other events that no publisher of this run has sent.
    pub(super) foreign: u64,
    pub(super) firsts: Firsts,
}

/// What an event was to its subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The first probe.
    FirstProbe,
    /// A measured event, for the first time.
    Measured,
    /// The same, and the last one that was missing of a replay.
    Last,
    /// A measured event once more.
    Again,
    /// Nothing that counts.
    Other,
}

impl Tally {
    /// For those of the plan's subscribers that have these numbers.
    pub(super) fn new(plan: &Plan, run: u64, members: impl Iterator<Item = u32>) -> Self {
        let schedule = Schedule::of(plan, 0);
        let publishers = plan.publishers as usize;
        let member = |number| Member {
            state: State::Connecting,
            probed: false,
            topic: number % plan.topics,
            waiting_since: None,
            ledgers: vec![Ledger::default(); publishers],
        };
        let members: Vec<Member> = members.map(member).collect();
        Self {
            scenario: plan.scenario,
            run,
            schedule,
            step: schedule.step(),
            shares: (0..plan.publishers).map(|publisher| schedule.share(publisher).measured()).collect(),
            window: Window::default(),
            missing: 0,
            sums: BTreeMap::new(),
            http2: Http2::default(),
            passive: Passive::default(),
            reach: vec![Reach::default(); publishers],
            returns: (plan.scenario == Scenario::Reconnect).then(|| Box::new(Returns::new(plan, members.len()))),
            herd: None,
            last_event_id: None,
            members,
            asides: plan.asides.clone(),
            misrouted: 0,
            foreign: 0,
            firsts: Firsts::default(),
        }
    }

    /// A connection was begun, and stands.
    pub(super) fn connected(&mut self, begun: u64, at: u64) {
        self.times(Kind::Connect).record(at - begun);
    }

    /// TLS is spoken on a connection that stood before.
    pub(super) fn secured(&mut self, connected: u64, at: u64) {
        self.times(Kind::Tls).record(at - connected);
    }

    /// A member's request is written.
    pub(super) fn requested(&mut self, member: usize, at: u64) {
        if self.members[member].state != State::Away {
            self.members[member].waiting_since = Some(at);
        }
        if let Some(herd) = &mut self.herd {
            herd.asked(member, at);
        }
    }

    /// A member has no stream; one that had a stream before was not refused altogether.
    pub(super) fn refused(&mut self, member: usize, why: Refusal) {
        let state = &mut self.members[member].state;
        if *state == State::Connecting {
            *state = State::Refused;
        }
        self.firsts.refusal.get_or_insert(why);
    }

    /// Whether a member had a stream before and has none.
    pub(super) fn is_away(&self, member: usize) -> bool {
        self.members[member].state == State::Away
    }

    /// A member has a stream, whose head came `at`. `begun` is when the measured phase began, if it has.
    pub(super) fn opened(&mut self, member: usize, at: u64, begun: Option<u64>) {
        let Member { state, waiting_since, ledgers, .. } = &mut self.members[member];
        let before = std::mem::replace(state, State::Open);
        if let Some(returns) = self.returns.as_mut().filter(|_| before == State::Away) {
            let lost_at = returns.back(member, at, begun, ledgers.iter().map(Ledger::end));
            *waiting_since = Some(lost_at);
            self.times(Kind::Reconnect).record(at.saturating_sub(lost_at));
            return;
        }
        let since = waiting_since.unwrap_or(at);
        self.times(Kind::FirstByte).record(at.saturating_sub(since));
        self.passive.opened(at);
    }

    /// A member has lost its stream, and will have another.
    pub(super) fn lost(&mut self, member: usize, loss: Loss, at: u64) {
        self.members[member].state = State::Away;
        if let Some(returns) = &mut self.returns {
            returns.lost(member, loss, at);
        }
    }

    /// A member's stream ended; returns whether it had heard a probe, or has all of a replay.
    pub(super) fn closed(&mut self, member: usize, why: String) -> bool {
        self.members[member].state = State::Closed;
        let probed = self.members[member].probed;
        // A replay may end when all was said.
        if self.herd.is_none() || !probed {
            self.firsts.end.get_or_insert(why);
        }
        probed
    }

    /// What a member's stream said last had this ID.
    pub(super) fn note_id(&mut self, id: &str) {
        if let Some(last) = &mut self.last_event_id {
            id.clone_into(last);
        }
    }

    /// A member's stream brought an event, in the read that was over `at`.
    pub(super) fn event(&mut self, member: usize, data: &[u8], at: u64) -> Heard {
        self.any_event(member, at);
        match Payload::find(data).filter(|payload| self.is_ours(payload, at)) {
            None => {
                self.not_ours(data);
                Heard::Other
            }
            Some(payload) => self.own(member, &payload, at),
        }
    }

    /// A member's stream brought an event, whoever published it.
    pub(super) fn any_event(&mut self, member: usize, at: u64) {
        if let Some(since) = self.members[member].waiting_since.take() {
            let has_returned = self.returns.as_ref().is_some_and(|returns| returns.has_returned(member));
            let kind = if has_returned { Kind::NextEvent } else { Kind::FirstEvent };
            self.times(kind).record(at.saturating_sub(since));
        }
    }

    /// The same of a stream that nothing was published to, and that is followed on its course or not.
    pub(super) fn passive_event(&mut self, member: usize, course: Option<&mut Course>, at: u64) {
        self.any_event(member, at);
        if let Some(gap) = self.passive.event(course, at) {
            self.times(Kind::EventGap).record(gap);
        }
    }

    /// A stream that is followed on its course came to its end.
    pub(super) fn stream_ended(&mut self, course: &Course, at: u64) {
        let took = self.passive.ended(course, at);
        self.times(Kind::Stream).record(took);
    }

    fn not_ours(&mut self, data: &[u8]) {
        if !self.asides.iter().any(|aside| aside.matches(data)) {
            self.foreign += 1;
            self.firsts.foreign.get_or_insert_with(|| http::first_words(data));
        }
    }

    /// The first member from number `from` on whose open stream has yet to bring something of what was acknowledged, or who
    /// is away.
    pub(super) fn first_incomplete(&self, from: usize, acknowledged: &[Sequences]) -> Option<usize> {
        let lacks = |member: &Member| match member.state {
            State::Open => !member.has_all(acknowledged, &self.schedule),
            State::Away => true,
            State::Connecting | State::Refused | State::Closed => false,
        };
        self.members.iter().skip(from).position(lacks).map(|at| from + at)
    }

    /// Whether a publisher of this run can have sent it: also a number from the future is not ours.
    fn is_ours(&self, payload: &Payload, at: u64) -> bool {
        let share = usize::try_from(payload.publisher).ok().and_then(|publisher| self.shares.get(publisher));
        let known = |share: &u64| payload.purpose != Purpose::Measured || payload.sequence < *share;
        let past = payload.intended <= payload.actual && payload.actual <= at;
        payload.run == self.run && share.is_some_and(known) && past
    }

    fn own(&mut self, member: usize, payload: &Payload, at: u64) -> Heard {
        let publisher = payload.publisher as usize;
        let topic = self.schedule.topic(payload.publisher, payload.purpose, payload.sequence);
        let notes = &mut self.members[member];
        if topic != notes.topic {
            self.misrouted += u64::from(payload.purpose == Purpose::Measured);
            self.firsts.misrouted.get_or_insert((topic, notes.topic));
            return Heard::Other;
        }
        match payload.purpose {
            Purpose::Probe if self.herd.is_none() && !std::mem::replace(&mut notes.probed, true) => Heard::FirstProbe,
            Purpose::Probe | Purpose::WarmUp => Heard::Other,
            Purpose::Measured => {
                let ledger = &mut notes.ledgers[publisher];
                let (end, number) = (ledger.end(), payload.sequence / self.step);
                match ledger.take(number) {
                    Arrival::Duplicate => return Heard::Again,
                    Arrival::InOrder => self.missing += number - end,
                    Arrival::Reordered => self.missing = self.missing.saturating_sub(1),
                }
                if let Some(herd) = &mut self.herd {
                    self.window.replayed += 1;
                    let Some(took) = herd.take(member, publisher, payload.sequence, at) else { return Heard::Measured };
                    notes.probed = true;
                    self.times(Kind::Replay).record(took);
                    return Heard::Last;
                }
                if self.returns.as_mut().is_some_and(|returns| returns.recovers(member, payload, end)) {
                    self.window.replayed += 1;
                    self.times(Kind::Recovered).record(at - payload.intended);
                    return Heard::Measured;
                }
                let [latency, server_latency] = &mut self.window.times;
                latency.record(at - payload.intended);
                server_latency.record(at - payload.actual);
                self.reach[publisher].note(payload.sequence, at - payload.intended);
                Heard::Measured
            }
        }
    }
}
