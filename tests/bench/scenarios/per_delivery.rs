//! What a delivery costs the server in CPU time, at a load that leaves it idle most of the time. It is the difference of a
//! long run and a short one: connecting, probing and warming up are in both.

use std::time::Duration;

use super::{FLOOR_AND_AXUM, Outcome, Scenario};
use crate::load::{Load, SIZE};
use crate::options::Scale;
use crate::server::{Kind, Server};

const SUBSCRIBERS: u32 = 2_000;
const RATE: u32 = 30;

pub const CPU: Scenario = Scenario {
    name: "cpu",
    title: |scale| {
        let subscribers = scale.count(SUBSCRIBERS);
        format!("{subscribers} subscribers × {RATE} events/s of {SIZE} bytes; CPU time of the server")
    },
    kinds: &Kind::ALL,
    run,
};

fn run(scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let server = Server::start(kind)?;
    let mut measure = |duration| -> anyhow::Result<(f64, f64)> {
        let (subscribers, warmup) = (scale.count(SUBSCRIBERS), Duration::from_millis(500));
        let before = server.cpu();
        let report = Load { subscribers, rate: RATE, duration, warmup }.run(&server)?;
        report.judge(&mut outcome);
        // A moment for what closing the connections costs, which is in both too.
        std::thread::sleep(Duration::from_millis(500));
        Ok((server.cpu() - before, super::float(report.count("deliveries", "received"))))
    };
    // The first run of a server pays for all memory that it will ever touch.
    if !scale.short {
        measure(Duration::from_secs(1))?;
    }
    let (short, few) = measure(Duration::from_secs(1))?;
    let (long, many) = measure(scale.seconds(16, 2))?;
    outcome.compare("CPU µs per delivery", (long - short) / (many - few) * 1e6, FLOOR_AND_AXUM);
    Ok(outcome)
}
