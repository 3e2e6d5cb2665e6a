//! What a run showed: the account of every delivery, the histograms, and whether the figures can be believed.
//!
//! `Serialize` is the schema of `sse bench -o json`: the order of the fields is the order of its keys.

use serde::Serialize;

use super::account::{Account, Over, Standing};
use super::clues::Clues;
use super::environment::Environment;
use super::herd::Replay;
use super::ledger::Deliveries;
use super::load::Load;
use super::offered::Events;
use super::passive::{Opening, Streams, Traffic};
use super::plan::Plan;
use super::planned::Planned;
use super::publishers::Published;
use super::reconnects::Reconnects;
use super::resources::Resources;
use super::run::Conducted;
use super::samples::{Histograms, Kind, Percentiles};
use super::scenario::Scenario;
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::series::Series;
use super::sharing::Http2;
use super::slow::SlowReaders;
use super::storm::Came;
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
    /// How streams shared connections, where they spoke HTTP/2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http2: Option<Http2>,
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
    /// From a TCP connection to the end of the TLS handshake, where subscribers speak TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<Percentiles>,
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
    /// The same of the busiest thread of publishers.
    pub publisher: Option<Load>,
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
    /// What tells who the limit was.
    #[serde(skip)]
    pub clues: Clues,
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

    /// All counts that the scenario has, each with its name: of subscribers, of events and of deliveries, or of streams and
    /// of what came on them.
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
        counts.extend(self.http2.map(|http2| ("connections", http2.counts())));
        if self.scenario.publishes() {
            counts.extend([("events", events.counts()), ("deliveries", deliveries.counts())]);
        }
        counts.extend(self.slow.iter().map(SlowReaders::counts));
        counts.extend(self.reconnect.iter().flat_map(Reconnects::counts));
        if let Some(streams) = &self.streams {
            let Streams { requests, ended, failed, unfinished, .. } = *streams;
            let streams = [("requests", requests), ("ended", ended), ("failed", failed), ("unfinished", unfinished)];
            counts.push(("streams", streams.to_vec()));
        }
        if let Some(Traffic { bytes, comments, events }) = self.traffic {
            counts.push(("received", vec![("bytes", bytes), ("comments", comments), ("events", events)]));
        }
        counts
    }

    /// All times that the scenario has.
    pub fn times(&self) -> Vec<Time<'_>> {
        let sent = self.events.sent;
        let mut times = Vec::new();
        if self.scenario.has_latency() {
            times.extend([
                Time::of_events(Kind::Latency, "latency", &self.latency_ms, sent),
                Time::of(Kind::LastDelivery, "last delivery", &self.last_delivery_ms),
                Time::of_events(Kind::ServerLatency, "server latency", &self.server_latency_ms, sent),
                Time::of_events(Kind::SendDelay, "send delay", &self.send_delay_ms, sent),
            ]);
        }
        times.extend(self.reconnect.iter().flat_map(Reconnects::times));
        times.push(Time::of(Kind::Connect, "connect", &self.connect_ms));
        times.extend(self.tls_ms.as_ref().map(|tls| Time::of(Kind::Tls, "tls handshake", tls)));
        times.push(Time::of(Kind::FirstByte, "first byte", &self.first_byte_ms));
        if self.scenario.publishes() || self.scenario == Scenario::Stream {
            times.push(Time::of(Kind::FirstEvent, "first event", &self.first_event_ms));
        }
        times.extend(self.replay.iter().map(|replay| Time::of(Kind::Replay, "replay", &replay.replay_ms)));
        if let Some(streams) = &self.streams {
            times.push(Time::of(Kind::EventGap, "event gap", &streams.gap_ms));
            times.push(Time::of(Kind::Stream, "stream", &streams.stream_ms));
        }
        times
    }

    /// The percentiles of a time that enough independent samples lie beyond; none where the scenario has no such time.
    pub fn known(&self, kind: Kind) -> Percentiles {
        let times = self.times();
        times.iter().find(|time| time.kind == kind).map_or_else(Percentiles::default, Time::known)
    }
}

/// A time of a report.
#[derive(Clone, Copy, Debug)]
pub struct Time<'r> {
    /// What it is.
    pub kind: Kind,
    /// Its name for people.
    pub name: &'static str,
    /// What it was.
    pub percentiles: &'r Percentiles,
    /// How many of its samples are independent of each other.
    pub samples: u64,
}

impl<'r> Time<'r> {
    /// One whose samples are all independent of each other.
    pub(super) fn of(kind: Kind, name: &'static str, percentiles: &'r Percentiles) -> Self {
        Self { kind, name, percentiles, samples: percentiles.count }
    }

    /// One of a run that sent so many events, which may be one sample each.
    fn of_events(kind: Kind, name: &'static str, percentiles: &'r Percentiles, sent: u64) -> Self {
        Self { kind, name, percentiles, samples: kind.independent(percentiles.count, sent) }
    }

    /// The percentiles that enough of its samples lie beyond.
    pub fn known(&self) -> Percentiles {
        self.percentiles.resting_on(self.samples)
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

/// Puts together what the subscribers' account and the publishers' notes show.
pub(super) fn of(plan: &Plan, over: &Over, account: &Account, conducted: Conducted, mut series: Series) -> Report {
    let Conducted { published, cut, unordered, load, storm, slow, .. } = conducted;
    let (publishing, acknowledged, interrupted) = (together(published), &over.acknowledged, over.interrupted);
    let schedule = Schedule::of(plan, 0);
    let events = Events::of(&publishing, acknowledged.iter().map(Sequences::len).sum());
    let (connections, scenario) = (Connections::of(plan.connections, &account.standing, interrupted), plan.scenario);
    let deliveries = account.deliveries;
    series.account(&lost_by_interval(account, series.intervals.len()));
    let histograms = histograms(account, &schedule, &publishing);
    let passive = &account.passive;
    let times = |kind| histograms.known(kind, events.sent);
    let mut report = Report {
        scenario,
        connections,
        events,
        deliveries,
        replay: account.herded.map(|herd| herd.replay(deliveries.received, passive.traffic().bytes, &histograms)),
        slow: plan.slow.map(|plan| SlowReaders::of(plan, slow, acknowledged, &schedule)),
        reconnect: reconnects(account, &histograms, storm),
        http2: plan.streams_per_connection.map(|_| account.http2),
        opening: passive.opening(connections.opened).filter(|_| matches!(scenario, Scenario::Connect | Scenario::Idle)),
        traffic: matches!(scenario, Scenario::Idle | Scenario::Stream).then(|| passive.traffic()),
        streams: (scenario == Scenario::Stream).then(|| passive.streams(&histograms)),
        latency_ms: times(Kind::Latency),
        last_delivery_ms: times(Kind::LastDelivery),
        send_delay_ms: times(Kind::SendDelay),
        connect_ms: times(Kind::Connect),
        tls_ms: plan.subscribe.tls.as_ref().map(|_| times(Kind::Tls)),
        server_latency_ms: times(Kind::ServerLatency),
        first_byte_ms: times(Kind::FirstByte),
        first_event_ms: times(Kind::FirstEvent),
        interrupted,
        valid: true,
        warnings: Vec::new(),
        generator: load,
        publisher: publishing.load,
        resources: Resources::default(),
        plan: Planned::of(plan),
        environment: Environment::here(),
        series,
        histograms: Histograms::default(),
        clues: Clues::of(&account.firsts, &publishing, unordered),
    };
    let facts = Facts {
        unprobed: account.standing.unprobed.into(),
        publishing: &publishing,
        firsts: &account.firsts,
        drain: plan.drain,
        cut,
        unordered,
    };
    verdict::judge(&mut report, &facts);
    report.histograms = histograms;
    report
}

/// What all publishers have noted.
fn together(published: Vec<Published>) -> Published {
    let mut sum = Published::new();
    for published in published {
        sum.merge(published);
    }
    sum
}

/// All times, of both sides.
fn histograms(account: &Account, schedule: &Schedule, publishing: &Published) -> Histograms {
    let mut histograms = Histograms::default();
    for (kind, times) in &account.times {
        histograms.of_mut(*kind).merge(times);
    }
    *histograms.of_mut(Kind::LastDelivery) = account.last_deliveries(schedule);
    *histograms.of_mut(Kind::SendDelay) = publishing.delay.clone();
    histograms
}

/// What became of streams that were lost.
fn reconnects(account: &Account, histograms: &Histograms, storm: Option<Came>) -> Option<Reconnects> {
    let notes = (account.returned.as_ref()?, histograms);
    let (away, failures) = (account.standing.away.into(), account.passive.failures());
    Some(Reconnects::of(notes, storm, failures, away, account.gap))
}

/// The deliveries that never came, by the interval in which their event was due. Those of a replay were due before the first:
/// all of them are known with the last of so many intervals.
fn lost_by_interval(account: &Account, intervals: usize) -> Vec<u64> {
    match account.herded {
        Some(_) => [vec![0; intervals], vec![account.deliveries.lost]].concat(),
        None => account.lost_by_interval.clone(),
    }
}

impl Connections {
    fn of(asked: u32, standing: &Standing, interrupted: bool) -> Self {
        let (opened, closed) = (standing.opened(), standing.closed - standing.complete);
        // In a run that was not stopped, who has no answer by its end was waited for long enough.
        let pending = if interrupted { standing.connecting } else { 0 };
        Self { asked, opened, refused: asked - opened - pending, pending, closed }
    }
}
