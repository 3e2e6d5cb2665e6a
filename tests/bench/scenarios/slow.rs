//! Subscribers that stop reading: whether those who read notice, what it costs the server in memory, and whether those who
//! stopped get every event when they read again.

use std::time::{Duration, Instant};

use super::{Outcome, Scenario, float};
use crate::crowd::Crowd;
use crate::load::{Load, Report, SIZE, TOPIC};
use crate::options::Scale;
use crate::process;
use crate::server::{Kind, Server};

const LIVE: u32 = 1_000;
const STOPPED: u32 = 200;
const RATE: u32 = 500;

/// Between two looks at the clock.
const LOOK: Duration = Duration::from_millis(20);

/// How long events go on after those who stopped read again.
const AFTER: Duration = Duration::from_secs(4);

/// How long they may need for the rest.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(20);

pub const SLOW: Scenario = Scenario {
    name: "slow",
    title: |scale| {
        let (live, stopped, seconds) = (scale.count(LIVE), scale.count(STOPPED), stop(scale).as_secs());
        format!(
            "{live} subscribers × {RATE} events/s of {SIZE} bytes, alone and beside {stopped} that read nothing for \
             {seconds} s; milliseconds from when an event was due"
        )
    },
    kinds: &[Kind::Sse],
    run,
};

fn stop(scale: Scale) -> Duration {
    scale.seconds(30, 5)
}

fn run(scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let duration = stop(scale) + AFTER;
    let load = Load { subscribers: scale.count(LIVE), rate: RATE, duration, warmup: Duration::from_secs(1) };
    let (alone, alone_grown) = beside(&load, kind, |_, _| Ok(()))?;
    let (mut got, mut wrong) = (Vec::new(), 0);
    let (with, with_grown) = beside(&load, kind, |server, running| {
        let path = server.subscribe_path(TOPIC);
        let paths = (0..scale.count(STOPPED)).map(|_| path.clone());
        let (mut crowd, opening) = Crowd::open(server.address, paths)?;
        anyhow::ensure!(opening.refused == 0, "{} of those who would stop were refused", opening.refused);
        *running = Some(load.start(server)?);
        std::thread::sleep(stop(scale));
        got = vec![0; scale.count(STOPPED) as usize];
        let all = u64::from(RATE) * duration.as_secs();
        let (limit, mut missing) = (Instant::now() + AFTER + CATCH_UP_LIMIT, got.len());
        while missing > 0 && Instant::now() < limit {
            crowd.read(LOOK, |member, mark| {
                if mark.measured {
                    wrong += u64::from(mark.sequence != got[member]);
                    got[member] += 1;
                    missing -= usize::from(got[member] == all);
                }
            })?;
        }
        Ok(())
    })?;
    for report in [&alone, &with] {
        report.judge(&mut outcome);
    }
    let sent = with.count("events", "sent");
    let lost: u64 = got.iter().map(|got| sent.saturating_sub(*got)).sum();
    if lost + wrong > 0 {
        outcome.faults.push(format!("those who stopped: {lost} events lost, {wrong} out of order"));
    }
    outcome.show("p99 ms alone", alone.latency("p99"));
    outcome.show("p99 ms beside them", with.latency("p99"));
    outcome.show("  as a multiple", with.latency("p99") / alone.latency("p99"));
    outcome.show("memory grown by MiB, alone", alone_grown);
    outcome.show("memory grown by MiB, beside them", with_grown);
    outcome.show("events lost to those who stopped", float(lost));
    Ok(outcome)
}

/// Runs the load on a server of its own, beside what `act` does, which may start it; returns by how many MiB the server
/// has grown at the end.
fn beside(
    load: &Load,
    kind: Kind,
    act: impl FnOnce(&Server, &mut Option<crate::load::Running>) -> anyhow::Result<()>,
) -> anyhow::Result<(Report, f64)> {
    let server = Server::start(kind)?;
    let empty = process::resident(server.pid());
    let mut running = None;
    act(&server, &mut running)?;
    let report = running.map_or_else(|| load.start(&server), Ok)?.report()?;
    let grown = process::resident(server.pid()).saturating_sub(empty);
    Ok((report, process::ratio(grown, 1024)))
}
