//! A long time: whether memory stays where it is.

use std::time::{Duration, Instant};

use super::{Outcome, Scenario};
use crate::load::{Load, SIZE};
use crate::options::Scale;
use crate::process;
use crate::server::{Broker, Engine, Kind};

const SUBSCRIBERS: u32 = 5_000;
const RATE: u32 = 200;

/// A history and a shared tail that are full within the first minute: they are meant to grow until then, and are not what
/// is measured.
const HISTORY: [&str; 4] = ["--retain-events", "10000", "--tail-bytes", "1MiB"];

pub const SOAK: Scenario = Scenario {
    name: "soak",
    title: |scale| {
        let (subscribers, rate) = (scale.count(SUBSCRIBERS), scale.count(RATE));
        format!("{subscribers} subscribers × {rate} events/s of {SIZE} bytes for {} s", scale.seconds(600, 3).as_secs())
    },
    kinds: &[Kind::Sse],
    run,
};

fn run(scale: Scale, _: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let server = Broker::new(Engine::Memory, &HISTORY).start()?;
    let load = Load {
        subscribers: scale.count(SUBSCRIBERS),
        rate: scale.count(RATE),
        duration: scale.seconds(600, 3),
        warmup: Duration::from_secs(1),
    };
    let (begun, first) = (Instant::now(), scale.seconds(60, 1));
    let mut running = load.start(&server)?;
    let (mut early, mut last) = (0, 0);
    while running.goes_on() {
        std::thread::sleep(Duration::from_millis(200));
        last = process::resident(server.pid());
        early = if begun.elapsed() <= first || early == 0 { last } else { early };
    }
    let report = running.report()?;
    report.judge(&mut outcome);
    outcome.show("MiB after the first minute", process::ratio(early, 1024));
    outcome.show("MiB at the end", process::ratio(last, 1024));
    outcome.show("  as a multiple", process::ratio(last, early.max(1)));
    outcome.show("p99 ms", report.latency("p99"));
    Ok(outcome)
}
