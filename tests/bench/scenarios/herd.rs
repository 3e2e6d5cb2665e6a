//! Many subscribers that come at once and want all that there was, as after a broker was killed: how fast they get it.

use std::time::{Duration, Instant};

use super::{Outcome, Scenario, float};
use crate::crowd::{Crowd, Opening};
use crate::filling::fill;
use crate::load::{SIZE, TOPIC};
use crate::marks::Mark;
use crate::options::Scale;
use crate::server::{Broker, Engine, Kind, Server};

const SUBSCRIBERS: u32 = 1_000;
const EVENTS: u32 = 500;

/// How long all of it may take.
const LIMIT: Duration = Duration::from_mins(1);

/// How long more than there is may come.
const AFTER: Duration = Duration::from_millis(200);

pub const HERD: Scenario = Scenario {
    name: "herd",
    title: |scale| {
        let (subscribers, events) = (scale.count(SUBSCRIBERS), scale.count(EVENTS));
        format!(
            "{subscribers} subscribers that open at once and read {events} retained events of {SIZE} bytes each; the \
             durable broker was killed and started again before; where it is not busy the generator is the limit"
        )
    },
    kinds: &[Kind::Sse],
    run,
};

/// Who got what.
struct Herd {
    events: u64,
    got: Vec<u64>,
    received: u64,
    wrong: u64,
    /// From the first connect to the last event.
    took: Duration,
}

fn run(scale: Scale, _: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let (subscribers, events) = (scale.count(SUBSCRIBERS), u64::from(scale.count(EVENTS)));
    for engine in Engine::ALL {
        let broker = Broker::new(engine, &[]);
        let mut server = broker.start()?;
        fill(&server, TOPIC, events)?;
        if engine == Engine::Durable {
            server = broker.restart(server)?;
        }
        let got = vec![0; subscribers as usize];
        let mut herd = Herd { events, got, received: 0, wrong: 0, took: Duration::ZERO };
        let before = server.cpu();
        let opening = herd.rush(&server)?;
        let (cpu, took) = (server.cpu() - before, herd.took.as_secs_f64());
        herd.judge(engine, opening, &mut outcome);
        outcome.show(format!("events/s, {}", engine.name()), float(herd.received) / took);
        outcome.show(format!("CPU seconds per second, {}", engine.name()), cpu / took);
    }
    Ok(outcome)
}

impl Herd {
    /// Opens all of them, and reads until nothing is missing any more and nothing more comes.
    fn rush(&mut self, server: &Server) -> anyhow::Result<Opening> {
        let path = format!("{}?since=earliest", server.subscribe_path(TOPIC));
        let (paths, all) = (vec![path; self.got.len()], self.events * self.got.len() as u64);
        let mut crowd = Crowd::empty()?;
        let begun = Instant::now();
        let opening = crowd.join_and_read(server.address, paths, |subscriber, mark| self.take(subscriber, mark))?;
        while self.received < all && begun.elapsed() < LIMIT {
            crowd.read(Duration::ZERO, |subscriber, mark| self.take(subscriber, mark))?;
        }
        self.took = begun.elapsed();
        let done = Instant::now();
        while done.elapsed() < AFTER {
            crowd.read(Duration::ZERO, |subscriber, mark| self.take(subscriber, mark))?;
        }
        Ok(opening)
    }

    fn take(&mut self, subscriber: usize, mark: Mark) {
        self.wrong += u64::from(mark.sequence != self.got[subscriber]);
        self.got[subscriber] += 1;
        self.received += 1;
    }

    fn judge(&self, engine: Engine, opening: Opening, outcome: &mut Outcome) {
        let Self { events, got, wrong, .. } = self;
        let unlike = got.iter().filter(|got| *got != events).count();
        if opening.refused > 0 || unlike > 0 || *wrong > 0 {
            let (engine, refused) = (engine.name(), opening.refused);
            outcome.faults.push(format!(
                "{engine}: {refused} subscribers refused, {unlike} got more or fewer than {events} events, {wrong} events \
                 were out of order"
            ));
        }
    }
}
