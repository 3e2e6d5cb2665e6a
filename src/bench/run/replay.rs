//! The phases of `sse bench replay`: a subscriber listens until it has heard a probe, so that there is an ID right before
//! the events; they are published; then all subscribers come and want all of them.

use std::sync::Arc;

use super::{Conducted, LOOK, Run, SETTLED, Watch, with_foreign};
use crate::bench::crowd::Crowd;
use crate::bench::firsts::Firsts;
use crate::bench::load::busiest;
use crate::bench::publishers::{Published, Publisher, Running};
use crate::bench::resources::Looks;
use crate::bench::schedule::Schedule;
use crate::bench::sequences::Sequences;
use crate::bench::subscribers::{Role, Subscribers};
use crate::bench::{Error, Past, Phase, Plan, Progress, clock};

/// The events that are there.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) published: Vec<Published>,
    /// The ID of the event right before them.
    last_event_id: String,
}

impl Filled {
    /// What those are that come now.
    pub(super) fn herd(&self) -> Role {
        let acknowledged: Arc<[Sequences]> = self.published.iter().map(|one| one.acknowledged.clone()).collect();
        Role::Herd(self.last_event_id.clone(), acknowledged)
    }
}

impl Run<'_> {
    /// Publishes what is to be there; nothing of it if the run is stopped before.
    pub(super) fn fill(&self, past: Past) -> Result<Filled, Error> {
        self.progress.enter(Phase::Connecting);
        let listening = Plan { connections: 1, threads: 1, ramp: None, ..self.plan.clone() };
        let progress = Arc::new(self.progress.beside());
        let listener = Run { plan: &listening, progress: &progress, meter: self.meter, id: self.id };
        let subscribers = Subscribers::start(&listening, self.id, &progress, &Role::Listener)?;
        let heard = self.hear(&listener);
        let tallies = subscribers.end()?;
        let (mut firsts, mut id) = (Firsts::default(), String::new());
        for tally in tallies {
            firsts.merge(tally.firsts);
            id = tally.last_event_id.unwrap_or_default();
        }
        let publishers = heard.map_err(|error| with_foreign(error, &firsts))?;
        if publishers.is_empty() && !self.progress.is_stopped() {
            return Err(listener.no_subscriber(firsts));
        }
        if past.by_id && id.is_empty() && !self.progress.is_stopped() {
            return Err(Error::NoIds);
        }
        self.progress.enter(Phase::Filling);
        let start = |publisher: Publisher| {
            let schedule = Schedule::of(self.plan, clock::now());
            if past.is_paced { publisher.start(schedule) } else { publisher.fill(schedule) }
        };
        let running = publishers.into_iter().map(start).collect::<Result<Vec<_>, _>>()?;
        let published = running.into_iter().map(Running::join).collect::<Result<_, _>>()?;
        Ok(Filled { published, last_event_id: if past.by_id { id } else { String::new() } })
    }

    /// Connects publishers and lets the listener hear one; returns none if there is no listener.
    fn hear(&self, listener: &Run<'_>) -> Result<Vec<Publisher>, Error> {
        listener.connect();
        if listener.progress.opened.value() == 0 && listener.all_settled() || self.progress.is_stopped() {
            return Ok(Vec::new());
        }
        let mut publishers = Publisher::connect(self.plan, self.id, self.progress)?;
        self.progress.enter(Phase::Probing);
        let is_heard = listener.probe(&mut publishers)?;
        Ok(if is_heard { publishers } else { Vec::new() })
    }

    /// Waits until all have all, or nothing more comes.
    pub(super) fn read_back(&self, subscribers: &Crowd, filled: Filled) -> Conducted {
        let (begun, threads) = (clock::now(), subscribers.threads());
        self.begin_series(begun, subscribers);
        self.progress.enter_at(Phase::Measuring, begun);
        let samples = threads.samples();
        let mut looks = Looks { begun: self.meter.look(), ..Looks::default() };
        let (mut new, mut any, mut open) = (Watch::new(), Watch::new(), None);
        let (asked, limit) = (u64::from(self.plan.connections), self.plan.drain.max(SETTLED));
        loop {
            let Progress { opened, refused, received, arrived, probed, deaf, .. } = &**self.progress;
            // What comes again and again is no reason to wait on.
            let quiet = new.idle(opened.value() + refused.value() + received.value());
            let settled = any.idle(arrived.value()) >= SETTLED;
            if open.is_none() && self.all_settled() {
                open = Some(self.meter.look());
            }
            let all_done = probed.value() + refused.value() + deaf.value() >= asked;
            if all_done && settled || quiet >= limit || self.progress.is_stopped() {
                break;
            }
            std::thread::sleep(LOOK);
        }
        looks.published = self.meter.look();
        (looks.open, looks.end) = (open.unwrap_or(looks.published), looks.published);
        let load = busiest(&threads.samples(), &samples);
        Conducted { published: filled.published, load, looks, ..Conducted::default() }
    }
}
