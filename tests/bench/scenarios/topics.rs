//! Many users, each on a topic of their own: what an event costs that goes to one of them, published one by one and in
//! batches, and whether it costs more when there are as many users again on topics that nobody publishes to.

use std::time::Instant;

use super::{Outcome, Scenario, float};
use crate::crowd::Crowd;
use crate::load::SIZE;
use crate::options::Scale;
use crate::process;
use crate::publishing::{Publishing, topic};
use crate::server::{Kind, Server};
use crate::stand::Stand;

const USERS: u32 = 5_000;
const RATE: u32 = 5_000;

/// Events in a request when they come in batches.
const BATCH: u64 = 100;

/// Connections that the events are posted over. A user's events are a second apart: none overtakes another.
const CONNECTIONS: usize = 4;

pub const TOPICS: Scenario = Scenario {
    name: "topics",
    title: |scale| {
        let (users, rate) = (scale.count(USERS), scale.count(RATE));
        format!(
            "{users} users on topics of their own, {rate} events/s of {SIZE} bytes in all; CPU time with the publishing, \
             milliseconds from when an event was due"
        )
    },
    kinds: &[Kind::Sse, Kind::Floor, Kind::Nchan],
    run,
};

/// What the figures of one measurement are called.
struct Names {
    cpu: &'static str,
    p50: &'static str,
    p99: &'static str,
}

const SINGLE: Names =
    Names { cpu: "CPU µs per event, one a request", p50: "p50 ms, one a request", p99: "p99 ms, one a request" };
const BATCHED: Names = Names { cpu: "CPU µs per event, batches", p50: "p50 ms, batches", p99: "p99 ms, batches" };
const CROWDED: Names = Names { cpu: "CPU µs per event, twice the users", p50: "p50 ms", p99: "p99 ms" };

fn run(scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let server = Server::start(kind)?;
    let users = u64::from(scale.count(USERS));
    let paths = |from: u64| (from..from + users).map(|user| server.subscribe_path(&topic(user))).collect::<Vec<_>>();
    let (first, further) = (paths(0), paths(users));
    let (crowd, opening) = Crowd::open(server.address, first)?;
    let mut refused = opening.refused;
    let mut stand = Stand { server: &server, crowd, epoch: Instant::now() };
    measure(&mut stand, scale, 1, &SINGLE, &mut outcome)?;
    if kind != Kind::Nchan {
        measure(&mut stand, scale, BATCH, &BATCHED, &mut outcome)?;
    }
    refused += stand.crowd.join(stand.server.address, further)?.refused;
    measure(&mut stand, scale, 1, &CROWDED, &mut outcome)?;
    if refused > 0 {
        outcome.faults.push(format!("{refused} users were refused"));
    }
    Ok(outcome)
}

fn measure(
    stand: &mut Stand<'_>,
    scale: Scale,
    batch: u64,
    names: &Names,
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let rate = u64::from(scale.count(RATE));
    let plan = |seconds, measured| Publishing {
        topics: u64::from(scale.count(USERS)),
        readers: 1,
        connections: CONNECTIONS,
        rate,
        events: rate * seconds,
        batch: batch.min(rate / 10),
        measured,
    };
    let (warmup, measured) = (plan(1, false), plan(scale.seconds(10, 1).as_secs(), true));
    stand.publish(warmup, outcome, || Ok(()))?;
    let before = stand.server.cpu();
    let latency = stand.publish(measured, outcome, || Ok(()))?;
    let cpu = stand.server.cpu() - before;
    outcome.show(names.cpu, cpu / float(measured.events) * 1e6);
    outcome.show(names.p50, process::ratio(latency.value_at_quantile(0.5), 1_000_000));
    outcome.show(names.p99, process::ratio(latency.value_at_quantile(0.99), 1_000_000));
    Ok(())
}
