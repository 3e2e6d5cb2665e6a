//! What a plan needs of this machine, and what the machine has. The figures of memory are estimates on the high side, from
//! runs of this generator: 10 and 8,000 streams, 1 and 20 publishers, 1 and 8 threads.

use serde::Serialize;

use super::environment::read;
use super::plan::{Plan, sockets};
use super::sources::{Sources, ports};
use super::workers::Workers;

/// The program and a run of the smallest size, in bytes.
const BASE: u64 = 28 << 20;

/// A stream beside the event that it is in the middle of: 2.3 KiB were measured, also where it shares a connection.
const PER_STREAM: u64 = 3 << 10;

/// How many times an event is in memory at the stream that is in the middle of it, with what buffers have to spare.
const COPIES: u64 = 3;

/// A TLS session beside the records that it is in the middle of: 9 KiB were measured.
const PER_TLS: u64 = 12 << 10;

/// How many bytes of an event are in records at once: two of the largest.
const IN_RECORDS: u64 = 2 * (16 << 10);

/// A connection of HTTP/2, which is most of what a stream needs that has one of its own: 22 KiB were measured.
const PER_HTTP2: u64 = 24 << 10;

/// What a stream takes more that comes back: 0.9 KiB were measured.
const PER_RETURN: u64 = 2 << 10;

/// A publisher: above all the queue of what has no answer yet; 2.4 MiB were measured.
const PER_PUBLISHER: u64 = 5 << 19;

/// A thread of subscribers: its histograms; 1.4 MiB were measured.
const PER_THREAD: u64 = 3 << 19;

/// A measured event, by thread of subscribers and once more for all: when it had reached everyone.
const PER_EVENT: u64 = 16;

/// The open files that the process needs beside its streams and publishers: standard streams, runtimes, the broker of its
/// own.
const SPARE_FILES: u64 = 64;

/// The open files that a publisher needs at most: as many connections as it has in use at once.
const FILES_PER_PUBLISHER: u64 = 17;

/// The open files that a worker process takes at its run: its stdin and its stdout.
const FILES_PER_WORKER: u64 = 2;

/// What a run needs, and `None` where it is not known what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Memory of this process and its workers at most, about.
    pub memory_bytes: u64,
    /// Memory that it could have.
    pub memory_available_bytes: Option<u64>,
    /// Files that a process opens at most, this one or a worker.
    pub open_files: u64,
    /// Local ports for connections to one address.
    pub local_ports: u64,
    /// How many there are, at all source addresses.
    pub local_ports_available: Option<u64>,
    /// How many source addresses there will be: several only on loopback, where one has too few ports.
    pub source_addresses: u64,
}

impl Needs {
    /// Those of a plan, here.
    pub fn of(plan: &Plan) -> Self {
        let slow = plan.slow.map_or(0, |slow| slow.connections);
        let (streams, publishers) = (u64::from(plan.connections + slow), u64::from(plan.publishers));
        let threads = u64::from(plan.threads.min(plan.connections)) + u64::from(slow.min(1));
        let sources = Sources::of(plan).count();
        let (size, connections, returns) = (plan.sizes.largest() as u64, plan.sockets(), plan.returns());
        let tls = plan.subscribe.tls.as_ref().map_or(0, |_| PER_TLS + (2 * size).min(IN_RECORDS));
        let connection = tls + plan.streams_per_connection.map_or(0, |_| PER_HTTP2);
        let workers = plan.workers.map_or(0, |workers| workers.count);
        let parts = [
            BASE * (1 + u64::from(workers)),
            streams.saturating_mul(PER_STREAM + COPIES * size),
            connections * connection,
            returns * PER_RETURN,
            publishers * PER_PUBLISHER,
            threads * PER_THREAD,
            plan.measured().saturating_mul(PER_EVENT * (threads + 1)),
        ];
        Self {
            memory_bytes: parts.into_iter().fold(0, u64::saturating_add),
            memory_available_bytes: available_memory(),
            open_files: open_files(plan),
            // The port of a connection that was closed cannot be had again at once.
            local_ports: connections + returns + publishers,
            local_ports_available: ports().map(|ports| ports * sources),
            source_addresses: sources,
        }
    }

    /// The open files that this process needs where workers have the streams.
    pub fn files_beside_workers(workers: u32, publishers: u32) -> u64 {
        Self::files_beside_streams(publishers) + FILES_PER_WORKER * u64::from(workers)
    }

    /// The open files that a process needs beside one for each stream.
    pub fn files_beside_streams(publishers: u32) -> u64 {
        SPARE_FILES + FILES_PER_PUBLISHER * u64::from(publishers)
    }
}

/// The files that this process opens at most, or a worker.
fn open_files(plan: &Plan) -> u64 {
    let Some(Workers { count, .. }) = plan.workers else {
        return Needs::files_beside_streams(plan.publishers) + plan.sockets();
    };
    let slow = plan.slow.map_or(0, |slow| u64::from(slow.connections));
    // They have as many subscribers and threads as each other, or one more.
    let (subscribers, threads) = (plan.connections.div_ceil(count), plan.threads.div_ceil(count));
    let there = Needs::files_beside_streams(0) + sockets(subscribers, threads, plan.streams_per_connection);
    there.max(Needs::files_beside_workers(count, plan.publishers) + slow)
}

/// What the machine has left, or what the control group leaves of it.
fn available_memory() -> Option<u64> {
    let text = read("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.saturating_mul(1024);
    let number = |path: &str| read(path)?.parse::<u64>().ok();
    // The two versions of control groups, as containers see their own.
    let group = number("/sys/fs/cgroup/memory.max")
        .and_then(|most| Some(most.saturating_sub(number("/sys/fs/cgroup/memory.current")?)))
        .or_else(|| {
            let most = number("/sys/fs/cgroup/memory/memory.limit_in_bytes")?;
            Some(most.saturating_sub(number("/sys/fs/cgroup/memory/memory.usage_in_bytes")?))
        });
    Some(group.map_or(machine, |group| group.min(machine)))
}
