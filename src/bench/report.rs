//! What a run showed: the account of every delivery, the histograms, and whether the figures can be believed.
//!
//! `Serialize` is the schema of `sse bench -o json`: the order of the fields is the order of its keys.

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::herd::Replay;
use super::ledger::Deliveries;
use super::load::Load;
use super::passive::{Opening, Streams, Traffic};
use super::plan::Plan;
use super::planned::Planned;
use super::publishers::Published;
use super::reconnects::Reconnects;
use super::resources::Resources;
use super::returns::Returns;
use super::run::Conducted;
use super::samples::{Histograms, Kind, Percentiles, Samples};
use super::scenario::Scenario;
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::series::Series;
use super::slow::SlowReaders;
use super::storm::Came;
use super::tally::{Member, State, Tally};
use super::verdict::{self, Facts};

/// The result of a run. All times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// What was measured.
    pub scenario: Scenario,
    /// The subscribers.
    pub connections: Connections,
    /// What was published; warm-up and probes apart.
    pub events: Events,
    /// What arrived where, exactly.
    pub deliveries: Deliveries,
    /// What became of subscribers that read slowly: no other figure has them in it, but what the server used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<SlowReaders>,
    /// How streams were lost and had again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect: Option<Reconnects>,
    /// How subscribers got what was published before they came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replay>,
    /// How fast the streams were opened, in a run that publishes nothing and opens each once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
    /// What came on streams that nothing was published to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// How streams went that were opened again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams: Option<Streams>,
    /// Receipt minus intended time, of every delivery on a stream that was open when its event was due.
    pub latency_ms: Percentiles,
    /// The same of each event's last delivery: the time to reach everyone.
    pub last_delivery_ms: Percentiles,
    /// Actual minus intended time, where actual is right before the write to the socket: what the generator itself was
    /// late.
    pub send_delay_ms: Percentiles,
    /// Time to a TCP connection.
    pub connect_ms: Percentiles,
    /// Receipt minus actual time, of every delivery.
    pub server_latency_ms: Percentiles,
    /// From a subscriber's request to the head of the answer.
    pub first_byte_ms: Percentiles,
    /// From a subscriber's request to its first event, which is mostly the wait for the first probe.
    pub first_event_ms: Percentiles,
    /// Whether the run was stopped before its time.
    pub interrupted: bool,
    /// Whether the figures say something about the server.
    pub valid: bool,
    /// Sentences about what was not as it should be.
    pub warnings: Vec<String>,
    /// How busy the thread of subscribers was that was the busiest, while it was measured; `None` where that is not known.
    pub generator: Option<Load>,
    /// What the server and this process used.
    pub resources: Resources,
    /// What was to be done.
    pub plan: Planned,
    /// Where it was done.
    pub environment: Environment,
    /// What happened when.
    pub series: Series,
    /// What the percentiles were taken from.
    #[serde(skip)]
    pub histograms: Histograms,
}

/// What can be made of the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They say something about the server.
    Valid,
    /// They do, as far as the run went.
    StoppedEarly,
    /// They say something else.
    Invalid,
}

impl Verdict {
    /// A sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Valid => "Nothing suggests that these figures show anything but the server.",
            Self::StoppedEarly => "The figures cover what was measured until then.",
            Self::Invalid => "Do not use these figures: they do not show what was asked for.",
        }
    }
}

impl Report {
    /// What can be made of the figures.
    pub fn verdict(&self) -> Verdict {
        match (self.valid, self.interrupted) {
            (false, _) => Verdict::Invalid,
            (true, true) => Verdict::StoppedEarly,
            (true, false) => Verdict::Valid,
        }
    }

    /// All counts that the scenario has: of subscribers, of events and of deliveries, each with its name.
    pub fn counts(&self) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
        let Self { connections, events, deliveries, .. } = self;
        let mut subscribers: Vec<(_, u64)> = vec![
            ("asked", connections.asked.into()),
            ("opened", connections.opened.into()),
            ("refused", connections.refused.into()),
            ("closed", connections.closed.into()),
        ];
        if connections.pending > 0 {
            subscribers.push(("pending", connections.pending.into()));
        }
        let mut counts = vec![("subscribers", subscribers)];
        if self.scenario.publishes() {
            let events = vec![("sent", events.sent), ("acknowledged", events.acknowledged), ("late", events.late)];
            let deliveries = vec![
                ("expected", deliveries.expected),
                ("received", deliveries.received),
                ("lost", deliveries.lost),
                ("repeated", deliveries.duplicated),
                ("reordered", deliveries.reordered),
                ("foreign", deliveries.foreign),
            ];
            counts.extend([("events", events), ("deliveries", deliveries)]);
        }
        counts.extend(self.slow.iter().map(SlowReaders::counts));
        counts.extend(self.reconnect.iter().flat_map(Reconnects::counts));
        counts
    }

    /// All times that the scenario has, each with its name and how many of its samples are independent of each other.
    pub fn times(&self) -> Vec<(&'static str, &Percentiles, u64)> {
        let events = self.events.sent;
        let published = [
            // An event is one sample, however many receive it: what delays it delays them all.
            ("latency", &self.latency_ms, events),
            ("last delivery", &self.last_delivery_ms, self.last_delivery_ms.count),
            ("server latency", &self.server_latency_ms, events),
            ("send delay", &self.send_delay_ms, events),
        ];
        let opened = [
            ("connect", &self.connect_ms, self.connect_ms.count),
            ("first byte", &self.first_byte_ms, self.first_byte_ms.count),
        ];
        let brought = [("first event", &self.first_event_ms, self.first_event_ms.count)];
        let streams = self.streams.iter().flat_map(|streams| {
            [
                ("event gap", &streams.gap_ms, streams.gap_ms.count),
                ("stream", &streams.stream_ms, streams.stream_ms.count),
            ]
        });
        let scenario = self.scenario;
        let published = published.into_iter().filter(|_| scenario.has_latency());
        let brought = brought.into_iter().filter(|_| scenario.publishes() || scenario == Scenario::Stream);
        let again = self.reconnect.iter().flat_map(Reconnects::times);
        let replay = self.replay.iter().map(|replay| ("replay", &replay.replay_ms, replay.replay_ms.count));
        published.chain(again).chain(opened).chain(brought).chain(replay).chain(streams).collect()
    }
}

/// Counts of subscribers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Connections {
    /// As planned.
    pub asked: u32,
    /// Those that had a stream.
    pub opened: u32,
    /// Those that never had one, for whatever reason but the next.
    pub refused: u32,
    /// Those that had neither a stream nor a refusal when the run was stopped early.
    pub pending: u32,
    /// Those whose stream ended before the run did; in a replay, before it had brought all.
    pub closed: u32,
}

/// Counts of measured events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// Wholly written to a socket.
    pub sent: u64,
    /// Taken by the server: answered with 2xx, and with no refusal in the body.
    pub acknowledged: u64,
    /// Sent more than 10 ms behind their time.
    pub late: u64,
}

/// Puts the notes of all threads together.
pub(super) fn of(
    plan: &Plan,
    interrupted: bool,
    tallies: Vec<Tally>,
    conducted: Conducted,
    mut series: Series,
) -> Report {
    let Conducted { published, cut, unordered, load, storm, slow, .. } = conducted;
    let acknowledged: Vec<Sequences> = published.iter().map(|published| published.acknowledged.clone()).collect();
    let mut publishing = Published::new();
    for published in published {
        publishing.merge(published);
    }
    let mut heard = Heard::of(plan, tallies);
    let events = Events {
        sent: publishing.sent,
        acknowledged: acknowledged.iter().map(Sequences::len).sum(),
        late: publishing.late,
    };
    let last_delivery = heard.last_deliveries();
    let (connections, scenario) = (heard.connections(plan.connections, interrupted), plan.scenario);
    let deliveries = heard.deliveries(&acknowledged, interrupted);
    series.account(&heard.lost_by_interval(plan, &acknowledged, (series.intervals.len(), deliveries.lost)));
    let passive = &heard.sum.passive;
    let mut report = Report {
        scenario,
        connections,
        events,
        deliveries,
        replay: heard.sum.herd.as_ref().map(|herd| herd.replay(deliveries.received, passive.traffic().bytes)),
        slow: plan.slow.map(|plan| SlowReaders::of(plan, slow, &acknowledged)),
        reconnect: heard.reconnects(storm, &acknowledged),
        opening: passive.opening(connections.opened).filter(|_| matches!(scenario, Scenario::Connect | Scenario::Idle)),
        traffic: matches!(scenario, Scenario::Idle | Scenario::Stream).then(|| passive.traffic()),
        streams: (scenario == Scenario::Stream).then(|| passive.streams()),
        latency_ms: heard.sum.latency.percentiles(),
        last_delivery_ms: last_delivery.percentiles(),
        send_delay_ms: publishing.delay.percentiles(),
        connect_ms: heard.sum.connect.percentiles(),
        server_latency_ms: heard.sum.server_latency.percentiles(),
        first_byte_ms: heard.sum.first_byte.percentiles(),
        first_event_ms: heard.sum.first_event.percentiles(),
        interrupted,
        valid: true,
        warnings: Vec::new(),
        generator: load,
        resources: Resources::default(),
        plan: Planned::of(plan),
        environment: Environment::here(),
        series,
        histograms: heard.histograms(last_delivery, publishing.delay.clone()),
    };
    let facts = Facts {
        unprobed: heard.unprobed(),
        publishing: &publishing,
        first_refusal: heard.sum.first_refusal.as_ref(),
        first_end: heard.sum.first_end.as_deref(),
        first_foreign: heard.sum.first_foreign.as_deref(),
        drain: plan.drain,
        cut,
        unordered,
        load,
    };
    verdict::judge(&mut report, &facts);
    report
}

/// What all subscribers have heard: the sum of the threads' tallies.
struct Heard {
    sum: Tally,
}

impl Heard {
    fn of(plan: &Plan, tallies: Vec<Tally>) -> Self {
        let mut heard = Self { sum: Tally::new(plan, 0, 0) };
        for tally in tallies {
            heard.add(tally);
        }
        heard
    }

    fn add(&mut self, tally: Tally) {
        let sum = &mut self.sum;
        sum.latency.merge(&tally.latency);
        sum.server_latency.merge(&tally.server_latency);
        sum.connect.merge(&tally.connect);
        sum.first_byte.merge(&tally.first_byte);
        sum.first_event.merge(&tally.first_event);
        sum.passive.merge(tally.passive);
        if let Some((sum, returns)) = sum.returns.as_mut().zip(tally.returns) {
            sum.merge(*returns);
        }
        match (&mut sum.herd, tally.herd) {
            (Some(sum), Some(herd)) => sum.merge(&herd),
            (sum, herd) => *sum = sum.take().or(herd),
        }
        for (reach, other) in sum.reach.iter_mut().zip(&tally.reach) {
            reach.merge(other);
        }
        sum.foreign += tally.foreign;
        sum.first_foreign = sum.first_foreign.take().or(tally.first_foreign);
        sum.first_refusal = sum.first_refusal.take().or(tally.first_refusal);
        sum.first_end = sum.first_end.take().or(tally.first_end);
        sum.members.extend(tally.members);
    }

    fn members(&self, state: State) -> impl Iterator<Item = &Member> {
        self.sum.members.iter().filter(move |member| member.state == state)
    }

    /// Those that something is expected of, each with its number.
    fn with_stream(&self) -> impl Iterator<Item = (usize, &Member)> {
        let states = [State::Open, State::Closed, State::Away];
        self.sum.members.iter().enumerate().filter(move |(_, member)| states.contains(&member.state))
    }

    fn count(&self, state: State) -> u32 {
        u32::try_from(self.members(state).count()).unwrap_or(u32::MAX)
    }

    fn connections(&self, asked: u32, interrupted: bool) -> Connections {
        let over = self.count(State::Closed);
        let opened = self.count(State::Open) + self.count(State::Away) + over;
        let with_all = self.members(State::Closed).filter(|member| self.sum.herd.is_some() && member.probed).count();
        let closed = over - u32::try_from(with_all).unwrap_or(over);
        // In a run that was not stopped, who has no answer by its end was waited for long enough.
        let pending = if interrupted { self.count(State::Connecting) } else { 0 };
        Connections { asked, opened, refused: asked - opened - pending, pending, closed }
    }

    /// Those with a stream that brought no probe.
    fn unprobed(&self) -> u64 {
        self.members(State::Open).filter(|member| !member.probed).count() as u64
    }

    fn deliveries(&self, acknowledged: &[Sequences], interrupted: bool) -> Deliveries {
        let mut sum = Deliveries { foreign: self.sum.foreign, ..Deliveries::default() };
        // What is still to be read of a replay that was stopped is not lost.
        let so_far = interrupted && self.sum.herd.is_some();
        for (_, member) in self.with_stream() {
            sum += if so_far { member.account_so_far(acknowledged) } else { member.account(acknowledged) };
        }
        sum
    }

    /// What became of streams that were lost.
    fn reconnects(&self, storm: Option<Came>, acknowledged: &[Sequences]) -> Option<Reconnects> {
        let returns = self.sum.returns.as_ref()?;
        let (away, gap) = (self.count(State::Away).into(), self.gap(returns, acknowledged));
        Some(Reconnects::of(returns, storm, self.sum.passive.failures(), away, gap))
    }

    /// The lost deliveries of events that their subscriber missed because it was away.
    fn gap(&self, returns: &Returns, acknowledged: &[Sequences]) -> u64 {
        let mut gap = 0;
        for (number, member) in self.with_stream() {
            for (publisher, acknowledged) in acknowledged.iter().enumerate() {
                let end = member.end(publisher);
                let each = |range| gap += returns.missed(number, publisher, &range, end);
                member.each_lost(publisher, acknowledged, each);
            }
        }
        gap
    }

    /// The deliveries that never came, by the interval of the series in which their event was due. Those of a replay were
    /// due before the first: all of them are known with the last of so many intervals.
    fn lost_by_interval(&self, plan: &Plan, acknowledged: &[Sequences], (intervals, all): (usize, u64)) -> Vec<u64> {
        if self.sum.herd.is_some() {
            return [vec![0; intervals], vec![all]].concat();
        }
        let (schedule, length) = (Schedule::of(plan, 0), Series::interval(plan));
        let mut lost = Vec::new();
        let mut add = |interval, count| {
            let Ok(at) = usize::try_from(interval) else { return };
            lost.resize(lost.len().max(at + 1), 0);
            lost[at] += count;
        };
        for (publisher, acknowledged) in acknowledged.iter().enumerate() {
            let share = schedule.share(u32::try_from(publisher).unwrap_or(u32::MAX));
            for (_, member) in self.with_stream() {
                member.each_lost(publisher, acknowledged, |range| share.by_interval(range, length, &mut add));
            }
        }
        lost
    }

    /// All that was measured, with what the publishers have.
    fn histograms(&mut self, last_delivery: Samples, send_delay: Samples) -> Histograms {
        let mut histograms = Histograms::default();
        let sum = &mut self.sum;
        let all = [
            (Kind::Latency, std::mem::take(&mut sum.latency)),
            (Kind::LastDelivery, last_delivery),
            (Kind::ServerLatency, std::mem::take(&mut sum.server_latency)),
            (Kind::SendDelay, send_delay),
            (Kind::Connect, std::mem::take(&mut sum.connect)),
            (Kind::FirstByte, std::mem::take(&mut sum.first_byte)),
            (Kind::FirstEvent, std::mem::take(&mut sum.first_event)),
        ];
        for (kind, samples) in all {
            *histograms.of_mut(kind) = samples;
        }
        histograms
    }

    fn last_deliveries(&self) -> Samples {
        let mut samples = Samples::new();
        for (publisher, reach) in self.sum.reach.iter().enumerate() {
            let mut ends: Vec<u64> = self.members(State::Closed).map(|member| member.end(publisher)).collect();
            reach.last_deliveries(self.count(State::Open) + self.count(State::Away), &mut ends, &mut samples);
        }
        samples
    }
}
