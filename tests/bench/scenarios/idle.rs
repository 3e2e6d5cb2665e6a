//! Connections that are open and silent: how fast they open, and what each costs the server in memory.

use std::time::Duration;

use super::{Outcome, Scenario, float};
use crate::crowd::Crowd;
use crate::load::TOPIC;
use crate::options::Scale;
use crate::process;
use crate::server::{Kind, Server};
use crate::tls::Tls;

const CONNECTIONS: u32 = 10_000;
const TLS_CONNECTIONS: u32 = 1_000;

pub const IDLE: Scenario = Scenario {
    name: "idle",
    title: |scale| {
        let (plain, tls) = (scale.count(CONNECTIONS), scale.count(TLS_CONNECTIONS));
        format!(
            "{plain} connections opened at full speed, then silent (over TLS {tls}); memory of the server above empty"
        )
    },
    kinds: &Kind::ALL,
    run,
};

fn run(scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let patience = scale.seconds(10, 2);
    let connections = scale.count(CONNECTIONS);
    let server = Server::start(kind)?;
    let empty = process::settled(server.pid(), patience);
    let path = server.subscribe_path(TOPIC);
    let (crowd, opening) = Crowd::open(server.address, (0..connections).map(|_| path.clone()))?;
    outcome.compare("seconds until all are open", opening.took.as_secs_f64(), &[Kind::Axum]);
    let full = process::settled(server.pid(), patience);
    let refused = opening.refused + crowd.ended();
    outcome.show("refused", float(refused as u64));
    // Not against the floor, which is one in deliveries only: it keeps nothing but a number for each.
    let each = process::ratio(full.saturating_sub(empty), u64::from(connections));
    outcome.compare("KiB per connection", each, &[Kind::Axum]);
    if refused > 0 {
        outcome.faults.push(format!("{refused} of {connections} connections refused or ended"));
    }
    drop((crowd, server));
    if kind == Kind::Sse {
        over_tls(scale.count(TLS_CONNECTIONS), patience, &mut outcome)?;
    }
    Ok(outcome)
}

fn over_tls(connections: u32, patience: Duration, outcome: &mut Outcome) -> anyhow::Result<()> {
    let files = tempfile::tempdir()?;
    let tls = Tls::start(files.path())?;
    let empty = process::settled(tls.server.pid(), patience);
    let streams = (0..connections).map(|_| tls.open()).collect::<anyhow::Result<Vec<_>>>()?;
    let full = process::settled(tls.server.pid(), patience);
    outcome.show("KiB per connection over TLS", process::ratio(full.saturating_sub(empty), u64::from(connections)));
    drop(streams);
    Ok(())
}
