//! A client that replays a long history: whether those who follow live events notice, how fast it gets it, and what that
//! costs the server in memory.

use std::time::Instant;

use hdrhistogram::Histogram;

use super::{Outcome, Scenario, float};
use crate::crowd::Crowd;
use crate::filling::fill;
use crate::load::SIZE;
use crate::options::Scale;
use crate::process;
use crate::publishing::{Publishing, topic};
use crate::replay::Replays;
use crate::server::{Broker, Engine, Kind};
use crate::stand::Stand;

const EVENTS: u32 = 1_000_000;
const LIVE: u32 = 100;
const RATE: u32 = 100;

/// Room for all of it.
const RETENTION: [&str; 4] = ["--retain-events", "2000000", "--retain-bytes", "2GiB"];

/// The topic with the history.
const HISTORY: &str = "history";

pub const BEHIND: Scenario = Scenario {
    name: "behind",
    title: |scale| {
        let (live, rate, events) = (scale.count(LIVE), scale.count(RATE), scale.count(EVENTS));
        format!(
            "{live} subscribers × {rate} events/s of {SIZE} bytes, alone and beside one client after the other that replays \
             {events} of another topic; milliseconds from when an event was due"
        )
    },
    kinds: &[Kind::Sse],
    run,
};

fn run(scale: Scale, _: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for engine in Engine::ALL {
        measure(scale, engine, &mut outcome)?;
    }
    Ok(outcome)
}

fn measure(scale: Scale, engine: Engine, outcome: &mut Outcome) -> anyhow::Result<()> {
    let events = u64::from(scale.count(EVENTS));
    let server = Broker::new(engine, &RETENTION).start()?;
    fill(&server, HISTORY, events)?;
    let paths = vec![server.subscribe_path(&topic(0)); scale.count(LIVE) as usize];
    let (crowd, opening) = Crowd::open(server.address, paths)?;
    anyhow::ensure!(opening.refused == 0, "{} of those who follow live events were refused", opening.refused);
    let mut stand = Stand { server: &server, crowd, epoch: Instant::now() };
    let seconds = scale.seconds(10, 2).as_secs();
    stand.publish(live(scale, 1, false), outcome, || Ok(()))?;
    let alone = p99(&stand.publish(live(scale, seconds, true), outcome, || Ok(()))?);
    let knows_peak = process::forget_peak(server.pid()).is_ok();
    let before = process::resident(server.pid());
    let mut replays = Replays::new(&server, HISTORY, events);
    let beside = p99(&stand.publish(live(scale, seconds, true), outcome, || replays.step())?);
    replays.finish()?;
    let grown = process::peak(server.pid()).saturating_sub(before);
    let mut show = |name, value| outcome.show(format!("{name}, {}", engine.name()), value);
    show("p99 ms alone", alone);
    show("p99 ms beside a replay", beside);
    show("  as a multiple", beside / alone);
    show("seconds of a replay", replays.mean());
    show("events/s of a replay", float(events) / replays.mean());
    if knows_peak {
        show("memory grown by MiB", process::ratio(grown, 1024));
    }
    if replays.wrong > 0 {
        outcome.faults.push(format!("{}: {} events of replays were out of order", engine.name(), replays.wrong));
    }
    Ok(())
}

fn p99(latency: &Histogram<u64>) -> f64 {
    process::ratio(latency.value_at_quantile(0.99), 1_000_000)
}

fn live(scale: Scale, seconds: u64, measured: bool) -> Publishing {
    let rate = u64::from(scale.count(RATE));
    // Over one connection they keep their order.
    let (topics, readers, connections) = (1, u64::from(scale.count(LIVE)), 1);
    Publishing { topics, readers, connections, rate, events: rate * seconds, batch: 1, measured }
}
