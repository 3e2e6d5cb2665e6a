//! What the subscribers of one generator thread have seen. Pure: a read brings events and one timestamp, and this notes
//! what they mean. It owns no socket; `subscribers` feeds it, and sees to it that the latencies of an interval that is over go
//! to `series`; `report` reads it.

use std::ops::Range;

use super::herd::Herd;
use super::ledger::{Arrival, Deliveries, Ledger};
use super::passive::Passive;
use super::payload::{Payload, Purpose};
use super::reach::Reach;
use super::returns::{Loss, Returns};
use super::samples::Samples;
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::series::{Recorder, Window};
use super::{Aside, Plan, Refusal, Scenario, http};

/// The notes of a generator thread.
#[derive(Debug)]
pub(super) struct Tally {
    run: u64,
    /// How many measured events each publisher has at most; by its number.
    shares: Vec<u64>,
    pub(super) members: Vec<Member>,
    /// The latencies of the interval that is running.
    window: Window,
    /// Events that later ones have overtaken, so far.
    missing: u64,
    /// Receipt minus intended time, up to that interval.
    pub(super) latency: Samples,
    /// Receipt minus actual time, up to that interval.
    pub(super) server_latency: Samples,
    pub(super) connect: Samples,
    pub(super) first_byte: Samples,
    pub(super) first_event: Samples,
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
    pub(super) foreign: u64,
    /// The beginning of the first foreign event.
    pub(super) first_foreign: Option<String>,
    pub(super) first_refusal: Option<Refusal>,
    /// Why the first stream that ended did so.
    pub(super) first_end: Option<String>,
}

/// One subscriber.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) state: State,
    /// Whether it heard a probe; in a replay, whether it has all of it.
    pub(super) probed: bool,
    /// When its request was written; `None` once its first event is noted.
    waiting_since: Option<u64>,
    /// By publisher.
    ledgers: Vec<Ledger>,
}

/// Where a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It has no stream yet.
    Connecting,
    /// The server refused it, or there was no connection.
    Refused,
    /// It has a stream.
    Open,
    /// Its stream ended before the run did.
    Closed,
    /// It has lost its stream, and is about to have another.
    Away,
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
    /// For `members` of the plan's subscribers.
    pub(super) fn new(plan: &Plan, run: u64, members: usize) -> Self {
        let schedule = Schedule::of(plan, 0);
        let publishers = plan.publishers as usize;
        let member = Member {
            state: State::Connecting,
            probed: false,
            waiting_since: None,
            ledgers: vec![Ledger::default(); publishers],
        };
        Self {
            run,
            shares: (0..plan.publishers).map(|publisher| schedule.share(publisher).measured()).collect(),
            members: vec![member; members],
            window: Window::default(),
            missing: 0,
            latency: Samples::new(),
            server_latency: Samples::new(),
            connect: Samples::new(),
            first_byte: Samples::new(),
            first_event: Samples::new(),
            passive: Passive::default(),
            reach: vec![Reach::default(); publishers],
            returns: (plan.scenario == Scenario::Reconnect).then(|| Box::new(Returns::new(plan, members))),
            herd: None,
            last_event_id: None,
            asides: plan.asides.clone(),
            foreign: 0,
            first_foreign: None,
            first_refusal: None,
            first_end: None,
        }
    }

    /// A member's connection was begun, and stands.
    pub(super) fn connected(&mut self, member: usize, begun: u64, at: u64) {
        if self.members[member].state != State::Away {
            self.connect.record(at - begun);
        }
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
        self.first_refusal.get_or_insert(why);
    }

    /// A member has a stream, whose head came `at`. `begun` is when the measured phase began, if it has.
    pub(super) fn opened(&mut self, member: usize, at: u64, begun: Option<u64>) {
        let Member { state, waiting_since, ledgers, .. } = &mut self.members[member];
        let before = std::mem::replace(state, State::Open);
        if let Some(returns) = self.returns.as_mut().filter(|_| before == State::Away) {
            *waiting_since = Some(returns.back(member, at, begun, ledgers.iter().map(Ledger::end)));
            return;
        }
        self.first_byte.record(at.saturating_sub(waiting_since.unwrap_or(at)));
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
            self.first_end.get_or_insert(why);
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
        let Some(since) = self.members[member].waiting_since.take() else { return };
        if !self.returns.as_mut().is_some_and(|returns| returns.next_event(member, since, at)) {
            self.first_event.record(at.saturating_sub(since));
        }
    }

    fn not_ours(&mut self, data: &[u8]) {
        if !self.asides.iter().any(|aside| aside.matches(data)) {
            self.foreign += 1;
            self.first_foreign.get_or_insert_with(|| http::first_words(data));
        }
    }

    /// Sees to it that what is noted from `at` on is counted in the right interval of the series. Called before each event
    /// with its time; `thread` is the number of the thread whose notes these are.
    pub(super) fn turn(&mut self, at: u64, thread: usize, recorder: &Recorder) {
        if self.window.is_over(at, recorder) {
            self.gather();
            self.window.turn(at, thread, self.missing, recorder);
        }
    }

    /// Hands over the last interval; nothing is noted behind it.
    pub(super) fn close(&mut self, thread: usize, recorder: &Recorder) {
        self.gather();
        self.window.close(thread, self.missing, recorder);
    }

    /// Adds the interval that is running to the sum.
    fn gather(&mut self) {
        self.latency.merge(&self.window.latency);
        self.server_latency.merge(&self.window.server_latency);
    }

    /// The first member from number `from` on whose open stream has yet to bring something of what was acknowledged, or who
    /// is away.
    pub(super) fn first_incomplete(&self, from: usize, acknowledged: &[Sequences]) -> Option<usize> {
        let lacks = |member: &Member| match member.state {
            State::Open => !member.has_all(acknowledged),
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
        let notes = &mut self.members[member];
        match payload.purpose {
            Purpose::Probe if self.herd.is_none() && !std::mem::replace(&mut notes.probed, true) => Heard::FirstProbe,
            Purpose::Probe | Purpose::WarmUp => Heard::Other,
            Purpose::Measured => {
                let ledger = &mut notes.ledgers[publisher];
                let end = ledger.end();
                match ledger.take(payload.sequence) {
                    Arrival::Duplicate => return Heard::Again,
                    Arrival::InOrder => self.missing += payload.sequence - end,
                    Arrival::Reordered => self.missing = self.missing.saturating_sub(1),
                }
                if let Some(herd) = &mut self.herd {
                    self.window.replayed += 1;
                    let is_last = herd.take(member, publisher, payload.sequence, at);
                    notes.probed |= is_last;
                    return if is_last { Heard::Last } else { Heard::Measured };
                }
                if self.returns.as_mut().is_some_and(|returns| returns.recovers(member, payload, end, at)) {
                    self.window.replayed += 1;
                    return Heard::Measured;
                }
                self.window.latency.record(at - payload.intended);
                self.window.server_latency.record(at - payload.actual);
                self.reach[publisher].note(payload.sequence, at - payload.intended);
                Heard::Measured
            }
        }
    }
}

impl Member {
    /// The member's account against what the server acknowledged of each publisher.
    pub(super) fn account(&self, acknowledged: &[Sequences]) -> Deliveries {
        self.account_below(acknowledged, |ledger| self.limit(ledger))
    }

    /// The same where nothing is expected behind what it has.
    pub(super) fn account_so_far(&self, acknowledged: &[Sequences]) -> Deliveries {
        self.account_below(acknowledged, Ledger::end)
    }

    fn account_below(&self, acknowledged: &[Sequences], limit: impl Fn(&Ledger) -> u64) -> Deliveries {
        let mut sum = Deliveries::default();
        for (ledger, acknowledged) in self.ledgers.iter().zip(acknowledged) {
            sum += ledger.account(acknowledged, limit(ledger));
        }
        sum
    }

    /// Hands over the ranges of a publisher's acknowledged events that the member has lost.
    pub(super) fn each_lost(&self, publisher: usize, acknowledged: &Sequences, each: impl FnMut(Range<u64>)) {
        let ledger = &self.ledgers[publisher];
        ledger.each_lost(acknowledged, self.limit(ledger), each);
    }

    /// From which number on nothing is expected of it.
    fn limit(&self, ledger: &Ledger) -> u64 {
        if self.state == State::Closed { ledger.end() } else { u64::MAX }
    }

    /// Whether it has all that the server acknowledged of each publisher.
    fn has_all(&self, acknowledged: &[Sequences]) -> bool {
        self.ledgers.iter().zip(acknowledged).all(|(ledger, acknowledged)| ledger.has_all(acknowledged))
    }

    /// The number behind the highest that it has of a publisher.
    pub(super) fn end(&self, publisher: usize) -> u64 {
        self.ledgers[publisher].end()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::MIN_SIZE;

    const RUN: u64 = 7;

    /// One subscriber of two publishers, five measured events of each.
    fn tally() -> Tally {
        let plan = Plan {
            asides: vec![Aside::Whole("{}"), Aside::With("hello")],
            rate: 10,
            duration: Duration::from_secs(1),
            publishers: 2,
            ..Plan::sample()
        };
        let mut tally = Tally::new(&plan, RUN, 1);
        tally.requested(0, 100);
        tally.opened(0, 200, None);
        tally
    }

    fn payload(purpose: Purpose, publisher: u32, sequence: u64) -> Payload {
        Payload { run: RUN, purpose, publisher, sequence, intended: 1_000_000, actual: 3_000_000 }
    }

    fn hear(tally: &mut Tally, payload: Payload) -> Heard {
        let mut data = Vec::new();
        payload.write(MIN_SIZE, &mut data);
        tally.event(0, &data, 5_000_000)
    }

    #[test]
    fn measured_events_count_from_their_intended_time_and_once() {
        let mut tally = tally();
        assert_eq!(hear(&mut tally, payload(Purpose::Probe, 1, 0)), Heard::FirstProbe);
        assert_eq!(hear(&mut tally, payload(Purpose::Probe, 0, 0)), Heard::Other);
        assert_eq!(hear(&mut tally, payload(Purpose::WarmUp, 0, 0)), Heard::Other);
        assert_eq!(hear(&mut tally, payload(Purpose::Measured, 0, 1)), Heard::Measured);
        assert_eq!(hear(&mut tally, payload(Purpose::Measured, 1, 0)), Heard::Measured);
        assert_eq!(hear(&mut tally, payload(Purpose::Measured, 0, 1)), Heard::Again);
        tally.close(0, &Recorder::default());
        let (latency, server) = (tally.latency.percentiles(), tally.server_latency.percentiles());
        assert_eq!((latency.count, server.count, tally.foreign), (2, 2, 0));
        let near = |value: Option<f64>, expected: f64| value.is_some_and(|value| (value - expected).abs() < 0.01);
        assert!(near(latency.max, 4.0) && near(server.max, 2.0), "{latency:?} {server:?}");
        assert!(near(tally.first_event.percentiles().max, 5.0));
    }

    #[test]
    fn a_member_lacks_what_was_acknowledged_whatever_else_it_has() {
        let mut tally = tally();
        let acknowledged = |numbers: &[u64]| {
            let mut set = Sequences::default();
            for number in numbers {
                set.insert(*number);
            }
            set
        };
        let expected = [acknowledged(&[0, 2]), acknowledged(&[1])];
        for (publisher, sequence) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            hear(&mut tally, payload(Purpose::Measured, publisher, sequence));
        }
        assert_eq!(tally.first_incomplete(0, &expected), Some(0), "four of three, and one is missing");
        assert_eq!(tally.first_incomplete(1, &expected), None);
        hear(&mut tally, payload(Purpose::Measured, 0, 2));
        assert_eq!(tally.first_incomplete(0, &expected), None);
        tally.closed(0, String::new());
        assert_eq!(tally.first_incomplete(0, &[acknowledged(&[4])]), None, "nothing more will come on an ended stream");
    }

    #[test]
    fn what_no_publisher_of_this_run_can_have_sent_is_foreign() {
        let mut tally = tally();
        let own = payload(Purpose::Measured, 1, 4);
        let foreign = [
            Payload { run: 8, ..own },
            Payload { publisher: 2, ..own },
            Payload { sequence: 5, ..own },
            Payload { actual: 6_000_000, ..own },
            Payload { intended: 3_000_001, ..own },
        ];
        for payload in foreign {
            assert_eq!(hear(&mut tally, payload), Heard::Other, "{payload:?}");
        }
        assert_eq!(tally.event(0, b"sse-bench.1.is my favourite", 5_000_000), Heard::Other);
        assert_eq!(tally.foreign, 6);
        assert!(tally.first_foreign.as_ref().is_some_and(|words| words.starts_with("sse-bench.1.")), "{tally:?}");
        for aside in [&b"{}"[..], b"{\"hello\":1}"] {
            assert_eq!(tally.event(0, aside, 5_000_000), Heard::Other);
        }
        assert_eq!(tally.foreign, 6, "what the server says of its own accord is not foreign");
        assert_eq!(hear(&mut tally, own), Heard::Measured);
    }
}
