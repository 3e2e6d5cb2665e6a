//! How fast events are taken when nobody listens: by the engine that keeps them in memory and by the one that keeps them
//! on disk, one by one and in batches, on one core and on the generator's too.

use std::time::Duration;

use super::{Outcome, Scenario};
use crate::closed_loop::{ClosedLoop, Taken};
use crate::load::{SIZE, TOPIC};
use crate::marks::Mark;
use crate::options::Scale;
use crate::pinning::Cores;
use crate::process;
use crate::server::{Broker, Engine, Kind, Server};
use crate::{counts, requests};

/// Connections that do not scale: they are what a group commit has to gather.
const CONNECTIONS: usize = 64;

/// Events in a request when they come in batches.
const BATCH: u64 = 1000;

/// The part of its time above which the generator may be what is measured.
const TOO_BUSY: f64 = 0.8;

/// What every event holds: nobody reads it.
const MARK: Mark = Mark { measured: true, sequence: 0, intended: 0 };

pub const PUBLISH: Scenario = Scenario {
    name: "publish",
    title: |scale| {
        let seconds = lasts(scale).as_secs();
        format!(
            "{CONNECTIONS} connections, or one, that each post the next event of {SIZE} bytes, or {BATCH} of them as NDJSON, \
             when the last request is answered (a closed loop), for {seconds} s; milliseconds until the answer"
        )
    },
    kinds: &[Kind::Sse, Kind::Nchan],
    run,
};

/// One server, and what its figures are called.
struct Measured<'o> {
    server: Server,
    cores: Cores,
    scale: Scale,
    label: String,
    outcome: &'o mut Outcome,
}

fn lasts(scale: Scale) -> Duration {
    scale.seconds(10, 1)
}

fn run(scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    if kind == Kind::Nchan {
        let (server, label) = (Server::start(kind)?, Engine::Memory.name().to_owned());
        Measured { server, cores: Cores::Server, scale, label, outcome: &mut outcome }.one_by_one()?;
        return Ok(outcome);
    }
    for (cores, suffix) in [(Cores::Server, ""), (Cores::Both, ", both cores")] {
        for engine in Engine::ALL {
            let server = Broker { cores, ..Broker::new(engine, &[]) }.start()?;
            let label = format!("{}{suffix}", engine.name());
            let mut measured = Measured { server, cores, scale, label, outcome: &mut outcome };
            measured.one_by_one()?;
            if engine == Engine::Durable {
                measured.one_connection()?;
            }
            measured.batches()?;
        }
    }
    Ok(outcome)
}

impl Measured<'_> {
    fn one_by_one(&mut self) -> anyhow::Result<()> {
        let taken = self.publish(CONNECTIONS, 1)?;
        self.outcome.show(format!("events/s, {}", self.label), taken.rate());
        self.show_latency("", &taken);
        Ok(())
    }

    fn one_connection(&mut self) -> anyhow::Result<()> {
        let taken = self.publish(1, 1)?;
        self.show_latency("one connection, ", &taken);
        Ok(())
    }

    fn batches(&mut self) -> anyhow::Result<()> {
        let taken = self.publish(1, BATCH)?;
        self.outcome.show(format!("events/s, NDJSON, {}", self.label), taken.rate());
        Ok(())
    }

    fn show_latency(&mut self, of: &str, taken: &Taken) {
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            let latency = process::ratio(taken.latency.value_at_quantile(quantile), 1_000_000);
            self.outcome.show(format!("{name} ms, {of}{}", self.label), latency);
        }
    }

    /// Publishes for a while, after a second that does not count, and sees that the broker has counted as many events as
    /// it said that it took.
    fn publish(&mut self, connections: usize, events: u64) -> anyhow::Result<Taken> {
        let (server, cores) = (&self.server, self.cores);
        let request = match events {
            1 => requests::single(server, TOPIC, MARK),
            _ => requests::batch(server, (0..events).map(|_| (TOPIC.to_owned(), MARK))),
        };
        let plan = |lasts| ClosedLoop { request: &request, events, connections, lasts, cores };
        let counted_before = counted(server)?;
        let warmup = plan(self.scale.seconds(1, 0)).run(server)?;
        let taken = plan(lasts(self.scale)).run(server)?;
        let (said, refused) = (warmup.events + taken.events, warmup.refused + taken.refused);
        let counted = counted(server)?.zip(counted_before).map_or(said, |(after, before)| after - before);
        if refused > 0 || counted != said {
            let label = &self.label;
            self.outcome.faults.push(format!(
                "{label}: {refused} events refused, {said} answered with success, {counted} counted as published"
            ));
        }
        if cores == Cores::Server && taken.busy > TOO_BUSY {
            let (label, percent) = (&self.label, taken.busy * 100.0);
            self.outcome.notes.push(format!("{label}: the generator was busy for {percent:.0} % of the time"));
        }
        Ok(taken)
    }
}

/// What the server counts as published, if it counts.
fn counted(server: &Server) -> anyhow::Result<Option<u64>> {
    (server.kind == Kind::Sse).then(|| counts::published(server)).transpose()
}
