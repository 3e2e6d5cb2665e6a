//! Many users, each on a topic of their own: what an event costs that goes to one of them, published one by one and in
//! batches, and whether it costs more when there are as many users again on topics that nobody publishes to.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{Outcome, Scenario, float};
use crate::crowd::Crowd;
use crate::load::SIZE;
use crate::options::Scale;
use crate::process;
use crate::publishing::{self, Publishing, topic};
use crate::server::{Kind, Server};

const USERS: u32 = 5_000;
const RATE: u32 = 5_000;

/// Events in a request when they come in batches.
const BATCH: u64 = 100;

/// How long the last events may be under way.
const LAST: Duration = Duration::from_secs(5);

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

/// What is measured with.
struct Stand {
    server: Server,
    crowd: Crowd,
    users: u64,
    epoch: Instant,
}

fn run(scale: Scale, kind: Kind) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let server = Server::start(kind)?;
    let users = u64::from(scale.count(USERS));
    let paths = |from: u64| (from..from + users).map(|user| server.subscribe_path(&topic(user))).collect::<Vec<_>>();
    let (first, further) = (paths(0), paths(users));
    let (crowd, opening) = Crowd::open(server.address, first)?;
    let mut refused = opening.refused;
    let mut stand = Stand { server, crowd, users, epoch: Instant::now() };
    stand.measure(scale, 1, &SINGLE, &mut outcome)?;
    if kind != Kind::Nchan {
        stand.measure(scale, BATCH, &BATCHED, &mut outcome)?;
    }
    refused += stand.crowd.join(stand.server.address, further)?.refused;
    stand.measure(scale, 1, &CROWDED, &mut outcome)?;
    if refused > 0 {
        outcome.faults.push(format!("{refused} users were refused"));
    }
    Ok(outcome)
}

impl Stand {
    fn measure(&mut self, scale: Scale, batch: u64, names: &Names, outcome: &mut Outcome) -> anyhow::Result<()> {
        let rate = u64::from(scale.count(RATE));
        let plan = |seconds, measured| Publishing {
            topics: self.users,
            rate,
            events: rate * seconds,
            batch: batch.min(rate / 10),
            measured,
        };
        let (warmup, measured) = (plan(1, false), plan(scale.seconds(10, 1).as_secs(), true));
        self.publish(&warmup, outcome)?;
        let before = self.server.cpu();
        let latency = self.publish(&measured, outcome)?;
        let cpu = self.server.cpu() - before;
        outcome.show(names.cpu, cpu / float(measured.events) * 1e6);
        outcome.show(names.p50, process::ratio(latency.value_at_quantile(0.5), 1_000_000));
        outcome.show(names.p99, process::ratio(latency.value_at_quantile(0.99), 1_000_000));
        Ok(())
    }

    /// Publishes, and reads until every event has arrived or none does any more: all on one thread, which never sleeps.
    /// On loopback, waking a generator that sleeps is work of the server's core, though not the server's.
    fn publish(&mut self, publishing: &Publishing, outcome: &mut Outcome) -> anyhow::Result<Histogram<u64>> {
        let Self { server, crowd, users, epoch } = self;
        let mut latency = publishing::histogram()?;
        let mut next = vec![0; usize::try_from(*users)?];
        let (mut received, mut wrong) = (0, 0);
        let (requests, all) = (publishing.requests(), publishing.requests() * publishing.batch);
        let (begun, last) = (Instant::now(), publishing.lasts() + LAST);
        let mut publisher = publishing.begin(server, *epoch)?;
        while (received < all || publisher.answered() < requests) && begun.elapsed() < last {
            publisher.step()?;
            crowd.read(Duration::ZERO, |user, mark| {
                let expected = next.get_mut(user).filter(|next| **next == mark.sequence);
                let right = mark.measured == publishing.measured && expected.map(|next| *next += 1).is_some();
                wrong += u64::from(!right);
                received += 1;
                let now = u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
                latency.saturating_record(now.saturating_sub(mark.intended));
            })?;
        }
        let late = process::ratio(publisher.delay.value_at_quantile(0.99), 1_000_000);
        if late > 1.0 {
            outcome.notes.push(format!("the generator itself was late: p99 {late:.1} ms"));
        }
        let answered = publisher.answered();
        if answered != requests || received != all || wrong > 0 {
            outcome.faults.push(format!(
                "{answered} of {requests} requests answered with success, {received} of {all} events arrived, {wrong} of \
                 them repeated or out of order"
            ));
        }
        Ok(latency)
    }
}
