//! How long a delivery takes from the moment at which its event was due: many deliveries at once, many events, and few.

use std::time::Duration;

use super::{FLOOR_AND_AXUM, Outcome, Scenario, float};
use crate::load::{Load, SIZE};
use crate::options::Scale;
use crate::server::{Kind, Server};

/// What a load is like, before it is scaled.
struct Shape {
    subscribers: u32,
    rate: u32,
}

const MANY_DELIVERIES: Shape = Shape { subscribers: 1_000, rate: 2_000 };
const MANY_EVENTS: Shape = Shape { subscribers: 100, rate: 10_000 };
const FEW: Shape = Shape { subscribers: 10, rate: 100 };

pub const FLOOD: Scenario = Scenario {
    name: "flood",
    title: |scale| MANY_DELIVERIES.title(scale),
    kinds: &Kind::ALL,
    run: |scale, kind| MANY_DELIVERIES.run(scale, kind),
};

pub const BUSY: Scenario = Scenario {
    name: "busy",
    title: |scale| MANY_EVENTS.title(scale),
    kinds: &Kind::ALL,
    run: |scale, kind| MANY_EVENTS.run(scale, kind),
};

pub const QUIET: Scenario = Scenario {
    name: "quiet",
    title: |scale| FEW.title(scale),
    kinds: &Kind::ALL,
    run: |scale, kind| FEW.run(scale, kind),
};

impl Shape {
    fn title(&self, scale: Scale) -> String {
        let (subscribers, rate) = (scale.count(self.subscribers), scale.count(self.rate));
        format!("{subscribers} subscribers × {rate} events/s of {SIZE} bytes; milliseconds from when an event was due")
    }

    fn run(&self, scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let server = Server::start(kind)?;
        let load = Load {
            subscribers: scale.count(self.subscribers),
            rate: scale.count(self.rate),
            duration: scale.seconds(10, 2),
            warmup: Duration::from_secs(1),
        };
        let report = load.run(&server)?;
        let offered = u64::from(load.subscribers) * u64::from(load.rate) * load.duration.as_secs();
        let received = report.count("deliveries", "received");
        outcome.show("deliveries offered", float(offered));
        outcome.show("received", float(received));
        outcome.show("lost", float(report.count("deliveries", "lost")));
        outcome.compare("p50 ms", report.latency("p50"), FLOOR_AND_AXUM);
        outcome.compare("p99 ms", report.latency("p99"), FLOOR_AND_AXUM);
        report.judge(&mut outcome);
        Ok(outcome)
    }
}
