//! The phases of a run: connect, probe, warm up, measure, drain, account; those that publish nothing have fewer. Each waits
//! for what the next one needs, and no longer than a named limit.

mod replay;
mod slow;
mod storm;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::account::Over;
use super::crowd::Crowd;
use super::firsts::Firsts;
use super::load::{Load, busiest, busiest_since};
use super::publishers::{Published, Publisher, Running};
use super::resources::{Look, Looks, Meter};
use super::schedule::Schedule;
use super::sequences::Sequences;
use super::series::{Sampler, Series};
use super::sources::Sources;
use super::storm::Came;
use super::subscribers::Role;
use super::tally::Tally;
use super::workers::Crew;
use super::{Error, MAX_EVENTS, Phase, Plan, Progress, Refusal, Report, Scenario, Watched, clock, report};
use replay::Filled;
use slow::SlowOnes;

/// How often the phases look at the counters.
const LOOK: Duration = Duration::from_millis(10);

/// If all subscribers have asked and none got an answer for this long, the others are taken to answer with the first
/// event, as some servers do.
const SILENCE: Duration = Duration::from_secs(2);

/// The same where there are no events that an answer could wait for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The least failed requests after which a run ends in which streams are opened again and again: any server may refuse one.
const FEW_ATTEMPTS: u64 = 10;

/// How many refusals before the first success end a run: with so many the rest will fare no better.
const HOPELESS: u64 = 100;

/// The pause between two rounds of probes, unless all were heard before.
const PROBE_PAUSE: Duration = Duration::from_millis(500);

/// How long no further subscriber may hear a probe before the run goes on without those that did not.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// The time from the decision to begin to event 0.
const LEAD: Duration = Duration::from_millis(50);

/// When everything expected is in, how long may something unexpected still follow, such as a repetition.
const SETTLED: Duration = Duration::from_millis(250);

/// If something arrived this shortly before the wait for deliveries was over, more may have been under way; half of the
/// wait if that is shorter.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// Carries out a plan, on threads of its own, and returns what it showed. [`Progress::stop`] ends it early, with a
/// report of what was measured.
///
/// # Errors
/// [`Error`] if there is nothing to report.
pub fn run(plan: &Plan, progress: &Arc<Progress>) -> Result<Report, Error> {
    let events = plan.events();
    if events > MAX_EVENTS {
        return Err(Error::TooManyEvents { events, max: MAX_EVENTS });
    }
    let crew = plan.workers.map(|workers| Crew::hire(workers, progress)).transpose()?;
    let meter = Meter::new(plan.watched, crew.as_ref().map(Crew::pids).unwrap_or_default());
    let run = Run { plan, progress, meter: &meter, id: fastrand::u64(..) };
    let filled = plan.past.map(|past| run.fill(past)).transpose()?;
    let role = filled.as_ref().map_or(Role::Live, Filled::herd);
    let before = meter.look();
    let server_pinned_to = plan.watched.and_then(Watched::pinned_to);
    let begun = clock::now();
    let subscribers = Crowd::start(plan, run.id, progress, &role, crew)?;
    let sampler = Sampler::start(plan.scenario, subscribers.threads(), meter.clone(), progress)?;
    let conducted = match filled {
        Some(filled) => Ok(run.read_back(&subscribers, filled)),
        None => run.conduct(&subscribers, (begun, before)),
    };
    sampler.end();
    let acknowledged = conducted.as_ref().map(Conducted::acknowledged).unwrap_or_default();
    let over = Over { acknowledged, interrupted: progress.is_stopped() };
    let account = subscribers.account(plan, &over)?;
    let series = sampler.finish()?;
    let mut conducted = conducted.map_err(|error| with_foreign(error, &account.firsts))?;
    conducted.looks.before = before;
    if progress.opened.value() == 0 && !progress.is_stopped() {
        return Err(run.no_subscriber(account.firsts));
    }
    let refusal = conducted.published.iter().find_map(|published| published.first_refusal.as_ref());
    if let Some(refusal) = refusal
        && !progress.is_stopped()
        && conducted.published.iter().all(|published| published.acknowledged.len() == 0)
    {
        return Err(Error::PublishRefused { status: refusal.status, body: refusal.words.clone() });
    }
    let looks = conducted.looks;
    let mut report = report::of(plan, &over, &account, conducted, series);
    // Where streams come and go there is no moment at which all are open.
    let opened = if plan.scenario == Scenario::Stream { 0 } else { report.connections.opened };
    let opened = opened + report.slow.as_ref().map_or(0, |slow| slow.opened);
    report.resources = meter.resources(&looks, opened, report.deliveries.received);
    report.warnings.extend(meter.warning(&looks));
    report.environment.server_pinned_to = server_pinned_to;
    report.environment.workers = plan.workers.map(|workers| workers.count);
    report.environment.source_addresses = Some(Sources::of(plan).count());
    Ok(report)
}

/// What arrived instead of the probes is known only when the subscribers have ended.
fn with_foreign(error: Error, firsts: &Firsts) -> Error {
    let Error::Unheard { probes, seconds, .. } = error else { return error };
    Error::Unheard { probes, seconds, foreign: firsts.instead() }
}

/// One run of a plan.
struct Run<'p> {
    plan: &'p Plan,
    progress: &'p Arc<Progress>,
    meter: &'p Meter,
    /// Tells its events from all others on the same topic.
    id: u64,
}

/// What the publishing side of a run came to.
#[derive(Debug, Default)]
pub(super) struct Conducted {
    /// By publisher.
    pub(super) published: Vec<Published>,
    /// Whether something was missing and deliveries still arrived when the wait for them was over.
    pub(super) cut: bool,
    /// Whether the server ended the connection after each answer, so that every event had one of its own.
    pub(super) unordered: bool,
    /// How busy the busiest thread of subscribers was while it was measured, if that can be known.
    pub(super) load: Option<Load>,
    /// What was used up to which moment.
    pub(super) looks: Looks,
    /// The storm, if it came.
    pub(super) storm: Option<Came>,
    /// What subscribers have noted that read slowly.
    pub(super) slow: Vec<Tally>,
}

impl Conducted {
    fn acknowledged(&self) -> Vec<Sequences> {
        acknowledged(&self.published)
    }
}

/// What the server took, by publisher.
fn acknowledged(published: &[Published]) -> Vec<Sequences> {
    published.iter().map(|published| published.acknowledged.clone()).collect()
}

impl Run<'_> {
    /// `begun` is when the subscribers did, and `first` what was used up to then.
    fn conduct(&self, subscribers: &Crowd, (begun, first): (u64, Look)) -> Result<Conducted, Error> {
        self.progress.enter_at(Phase::Connecting, begun);
        if self.plan.scenario == Scenario::Stream {
            // Their threads have to run to show how busy they are.
            std::thread::sleep(LOOK);
            let looks = Looks { open: self.meter.look(), ..Looks::default() };
            return Ok(self.hold(subscribers, looks));
        }
        if self.plan.scenario == Scenario::Connect {
            self.begin_series(begun, subscribers);
        }
        self.connect();
        if self.progress.opened.value() == 0 && self.all_settled() || self.is_hopeless() || self.progress.is_stopped() {
            return Ok(Conducted::default());
        }
        let slow = self.plan.slow.map(|slow| SlowOnes::join(self, slow)).transpose()?;
        let looks = Looks { open: self.meter.look(), ..Looks::default() };
        match self.plan.scenario {
            Scenario::Fanout | Scenario::Reconnect => {
                let conducted = self.fan_out(subscribers, looks)?;
                let slow = slow.map(SlowOnes::leave).transpose()?.unwrap_or_default();
                Ok(Conducted { slow, ..conducted })
            }
            Scenario::Connect => {
                let load = busiest_since(begun, &subscribers.threads().samples());
                let looks = Looks { begun: first, published: looks.open, end: looks.open, ..looks };
                Ok(Conducted { load, looks, ..Conducted::default() })
            }
            _ => Ok(self.hold(subscribers, looks)),
        }
    }

    /// What is measured begins.
    fn begin_series(&self, at: u64, subscribers: &Crowd) {
        let interval = Duration::from_secs(Series::interval(self.plan));
        subscribers.begin_series(at, clock::nanos(interval));
    }

    /// Lets the streams go on for the time of the plan, as long as there is one.
    fn hold(&self, subscribers: &Crowd, mut looks: Looks) -> Conducted {
        let begun = clock::now();
        let threads = subscribers.threads();
        self.begin_series(begun, subscribers);
        self.progress.enter_at(Phase::Measuring, begun);
        let samples = threads.samples();
        looks.begun = self.meter.look();
        let again = self.plan.scenario == Scenario::Stream;
        let few = u64::from(self.plan.connections).clamp(FEW_ATTEMPTS, HOPELESS);
        let is_over = || {
            let (opened, closed) = (self.progress.opened.value(), self.progress.closed.value());
            let nothing_left =
                if again { opened == 0 && self.progress.refused.value() >= few } else { opened == closed };
            nothing_left || self.progress.is_stopped()
        };
        clock::sleep_until(begun.saturating_add(clock::nanos(self.plan.duration)), is_over);
        looks.published = self.meter.look();
        looks.end = looks.published;
        Conducted { load: busiest(&threads.samples(), &samples), looks, ..Conducted::default() }
    }

    /// Publishes, and waits for what it was to bring.
    fn fan_out(&self, subscribers: &Crowd, mut looks: Looks) -> Result<Conducted, Error> {
        let mut publishers = Publisher::connect(self.plan, self.id, self.progress)?;
        self.progress.enter(Phase::Probing);
        if !self.probe(&mut publishers)? {
            return Ok(Conducted::default());
        }
        let unordered = publishers.iter().any(Publisher::needs_connections);
        let conducted = self.publish(publishers, subscribers, &mut looks)?;
        self.progress.enter(Phase::Draining);
        let cut = self.drain(&conducted.published, subscribers);
        looks.end = self.meter.look();
        Ok(Conducted { cut, unordered, looks, ..conducted })
    }

    /// Waits until every subscriber has a stream, or will have none, or at least has asked for one.
    fn connect(&self) {
        let asked = u64::from(self.plan.connections);
        let mut watch = Watch::new();
        let patience = if self.plan.scenario.has_latency() { SILENCE } else { PATIENCE };
        loop {
            let (opened, refused) = (self.progress.opened.value(), self.progress.refused.value());
            // A subscriber that was refused may have asked before: then this is early, and only the silence decides.
            let all_asked = self.progress.requested.value() + refused >= asked;
            let silent = watch.idle(opened + refused + self.progress.requested.value()) >= patience;
            if self.all_settled() || self.is_hopeless() || all_asked && silent || self.progress.is_stopped() {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Whether so many were refused, and none was not, that the rest will fare no better.
    fn is_hopeless(&self) -> bool {
        self.progress.opened.value() == 0 && self.progress.refused.value() >= HOPELESS
    }

    fn all_settled(&self) -> bool {
        let settled = self.progress.opened.value() + self.progress.refused.value();
        settled >= u64::from(self.plan.connections)
    }

    /// Publishes probes until every subscriber has heard one; returns whether there is somebody to measure.
    fn probe(&self, publishers: &mut [Publisher]) -> Result<bool, Error> {
        let mut watch = Watch::new();
        let mut probes: usize = 0;
        // Probes are shared out as events are: so many have one of every publisher and one for every topic.
        let each_round = publishers.len().max(self.plan.topics as usize);
        loop {
            for _ in 0..each_round {
                let count = publishers.len();
                publishers[probes % count].probe()?;
                probes += 1;
                if self.progress.is_stopped() {
                    return Ok(false);
                }
            }
            let round = Instant::now();
            while round.elapsed() < PROBE_PAUSE {
                if self.all_heard() || self.progress.is_stopped() {
                    return Ok(self.progress.probed.value() > 0 && !self.progress.is_stopped());
                }
                std::thread::sleep(LOOK);
            }
            if watch.idle(self.progress.probed.value()) >= PROBE_LIMIT {
                break;
            }
        }
        match (self.progress.opened.value(), self.progress.probed.value()) {
            (0, _) => Ok(false),
            (_, 0) => Err(Error::Unheard { probes: probes as u64, seconds: PROBE_LIMIT.as_secs(), foreign: None }),
            _ => Ok(true),
        }
    }

    /// Whether every subscriber has heard a probe, but those that never will.
    fn all_heard(&self) -> bool {
        let lost = self.progress.refused.value() + self.progress.deaf.value();
        self.progress.opened.value() > 0 && self.progress.probed.value() + lost >= u64::from(self.plan.connections)
    }

    /// Warms up and measures: one schedule without a seam.
    fn publish(&self, publishers: Vec<Publisher>, subscribers: &Crowd, looks: &mut Looks) -> Result<Conducted, Error> {
        let schedule = Schedule::of(self.plan, clock::now() + clock::nanos(LEAD));
        let measured = schedule.time(schedule.warmup);
        let threads = subscribers.threads();
        self.begin_series(measured, subscribers);
        self.progress.enter(Phase::WarmingUp);
        let running =
            publishers.into_iter().map(|publisher| publisher.start(schedule)).collect::<Result<Vec<_>, _>>()?;
        if clock::sleep_until(measured, || self.progress.is_stopped()) {
            self.progress.enter_at(Phase::Measuring, measured);
        }
        let begun = threads.samples();
        looks.begun = self.meter.look();
        let storm = self.plan.storm.and_then(|storm| self.storm(storm, measured, subscribers, &running));
        // The wait for the last answers is idle time that would make a busy thread look less so.
        clock::sleep_until(schedule.end(), || self.progress.is_stopped() || running.iter().all(Running::has_finished));
        let load = busiest(&threads.samples(), &begun);
        looks.published = self.meter.look();
        let published = running.into_iter().map(Running::join).collect::<Result<_, _>>()?;
        Ok(Conducted { published, load, storm, ..Conducted::default() })
    }

    /// Waits until every subscriber has all that was acknowledged, at most as long as the plan says; returns whether it
    /// was cut while deliveries still arrived.
    fn drain(&self, published: &[Published], subscribers: &Crowd) -> bool {
        subscribers.expect(&acknowledged(published));
        let limit = self.plan.drain;
        let begun = Instant::now();
        let mut watch = Watch::new();
        loop {
            let complete = subscribers.are_complete();
            let idle = watch.idle(self.progress.arrived.value());
            let comes_back = self.plan.scenario == Scenario::Reconnect;
            let nobody_is_left = self.progress.opened.value() == self.progress.closed.value() && !comes_back;
            if complete && idle >= SETTLED || nobody_is_left || subscribers.is_broken() {
                return false;
            }
            if begun.elapsed() >= limit {
                return !complete && idle < UNDER_WAY.min(limit / 2);
            }
            std::thread::sleep(LOOK);
        }
    }

    fn no_subscriber(&self, firsts: Firsts) -> Error {
        Error::NoSubscriber { address: self.plan.subscribe.address, source: firsts.refusal.unwrap_or(Refusal::Silent) }
    }
}

/// How long a counter has stood still.
struct Watch {
    last: u64,
    since: Instant,
}

impl Watch {
    fn new() -> Self {
        Self { last: 0, since: Instant::now() }
    }

    fn idle(&mut self, value: u64) -> Duration {
        if value != self.last {
            *self = Self { last: value, since: Instant::now() };
        }
        self.since.elapsed()
    }
}
