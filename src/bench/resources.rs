//! What a run cost: the server, the generator beside it, and the kernel's memory for TCP. They are looked at where one
//! phase ends and the next begins, and once in each interval of the series.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::figures::{bytes, float, grouped};
use super::processes::{Use, Watched, machine_cpu, tcp_memory};
use super::series::ServerUse;

/// What was used; `null` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Resources {
    /// The server, with its children.
    pub server: Option<Cost>,
    /// This process, with its workers.
    pub generator: Option<Cost>,
    /// How many processors all other programs of this machine kept busy in the measured phase; known only where the server is
    /// watched. What they had, neither server nor generator had.
    pub others_cpus: Option<f64>,
    /// The kernel's memory for TCP, of both and of all others.
    pub tcp_memory: Option<Memory>,
}

/// What processes used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// How many processes they were at the end.
    pub processes: u64,
    /// Processor time in the measured phase, of the user and of the system; where connections are opened and nothing else
    /// is measured, while they were.
    pub cpu_s: f64,
    /// The same by time: how many processors were busy on average.
    pub cpus: f64,
    /// Processor time from the beginning of the measured phase until all was in, by a million deliveries.
    pub cpu_s_per_million: Option<f64>,
    /// Resident memory.
    pub memory: Memory,
}

/// Memory in the course of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Memory {
    /// Before anybody had connected.
    pub before_bytes: u64,
    /// When all had connected.
    pub open_bytes: u64,
    /// When the run was over.
    pub end_bytes: u64,
    /// The most that was seen.
    pub peak_bytes: u64,
    /// What it grew by while they connected, by connection; `None` if it did not grow.
    pub per_connection_bytes: Option<u64>,
}

/// Looks at what is used, and keeps the most that was seen.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    watched: Arc<Mutex<Option<Incarnation>>>,
    /// The processes that this one has for subscribers.
    workers: Arc<[u32]>,
    peaks: Arc<Peaks>,
}

/// A server that was restarted is another process, and what the one before used is its use too.
#[derive(Clone, Copy, Debug)]
struct Incarnation {
    watched: Watched,
    used_before: Duration,
}

#[derive(Debug, Default)]
struct Peaks {
    server: AtomicU64,
    generator: AtomicU64,
    tcp: AtomicU64,
}

/// What was used up to a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    pub(super) server: Option<Use>,
    generator: Option<Use>,
    machine_cpu: Option<Duration>,
    tcp_bytes: Option<u64>,
}

/// The looks of a whole run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looks {
    /// Before anybody has connected.
    pub(super) before: Look,
    /// When all have.
    pub(super) open: Look,
    /// When the measured phase begins.
    pub(super) begun: Look,
    /// When it ends.
    pub(super) published: Look,
    /// When all is in.
    pub(super) end: Look,
}

impl Meter {
    pub(super) fn new(watched: Option<Watched>, workers: Arc<[u32]>) -> Self {
        let watched = watched.map(|watched| Incarnation { watched, used_before: Duration::ZERO });
        Self { watched: Arc::new(Mutex::new(watched)), workers, peaks: Arc::default() }
    }

    /// The server was restarted; `before` is the last look at the one that was.
    pub(super) fn go_on_with(&self, watched: Watched, before: &Look) {
        let used_before = before.server.map_or(Duration::ZERO, |usage| usage.cpu);
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = Some(Incarnation { watched, used_before });
    }

    fn server(&self) -> Option<Incarnation> {
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self) -> Look {
        let look = Look {
            server: self.server().and_then(Incarnation::usage),
            generator: Use::of_this_process(&self.workers),
            machine_cpu: machine_cpu(),
            tcp_bytes: tcp_memory(),
        };
        let memory = |usage: Option<Use>| usage.map_or(0, |usage| usage.memory_bytes);
        self.peaks.server.fetch_max(memory(look.server), Ordering::Relaxed);
        self.peaks.generator.fetch_max(memory(look.generator), Ordering::Relaxed);
        self.peaks.tcp.fetch_max(look.tcp_bytes.unwrap_or(0), Ordering::Relaxed);
        look
    }

    /// What a run came to in which so many subscribers connected and so many deliveries were received.
    pub(super) fn resources(&self, looks: &Looks, opened: u32, received: u64) -> Resources {
        let peak = |peak: &AtomicU64| peak.load(Ordering::Relaxed);
        let cost = |of: fn(&Look) -> Option<Use>, peak| Cost::of(looks, of, peak, opened, received);
        Resources {
            server: cost(|look| look.server, peak(&self.peaks.server)),
            generator: cost(|look| look.generator, peak(&self.peaks.generator)),
            others_cpus: looks.others_cpus(),
            tcp_memory: Memory::of(looks, |look| look.tcp_bytes, peak(&self.peaks.tcp), opened),
        }
    }

    /// What is to be said of a server that could not be watched until the end.
    pub(super) fn warning(&self, looks: &Looks) -> Option<String> {
        let pid = self.server()?.watched.pid;
        if !cfg!(target_os = "linux") {
            return Some("what the server uses is known on Linux only".to_owned());
        }
        // A run that was stopped before its end has no look at it.
        let (was_there, has_end) = (looks.before.server.is_some(), looks.end.generator.is_some());
        (was_there && has_end && looks.end.server.is_none())
            .then(|| format!("the server that was watched, process {pid}, had ended when the run was over"))
    }
}

impl Incarnation {
    fn usage(self) -> Option<Use> {
        let usage = self.watched.usage()?;
        Some(Use { cpu: usage.cpu + self.used_before, ..usage })
    }
}

impl Looks {
    /// How many processors were busy with neither the server nor this program in the measured phase.
    fn others_cpus(&self) -> Option<f64> {
        let used = |of: fn(&Look) -> Option<Duration>| Some(of(&self.published)?.saturating_sub(of(&self.begun)?));
        let server = used(|look| Some(look.server?.cpu))?;
        let generator = used(|look| Some(look.generator?.cpu))?;
        let others = used(|look| look.machine_cpu)?.saturating_sub(server + generator);
        let time = self.published.generator?.at.saturating_sub(self.begun.generator?.at);
        (time > 0).then(|| others.as_secs_f64() / Duration::from_nanos(time).as_secs_f64())
    }
}

impl Look {
    /// What the server used from an earlier look on.
    pub(super) fn server_since(&self, earlier: &Self) -> Option<ServerUse> {
        let (now, earlier) = (self.server?, earlier.server?);
        Some(ServerUse { cpus: now.cpus_since(&earlier), memory_bytes: now.memory_bytes })
    }
}

impl Use {
    /// Processor time by time since an earlier moment. Less than then it is where a process with its own parent has ended.
    fn cpus_since(&self, earlier: &Self) -> f64 {
        let time = Duration::from_nanos(self.at.saturating_sub(earlier.at).max(1));
        self.cpu.saturating_sub(earlier.cpu).as_secs_f64() / time.as_secs_f64()
    }
}

impl Cost {
    fn of(looks: &Looks, of: fn(&Look) -> Option<Use>, peak: u64, opened: u32, received: u64) -> Option<Self> {
        let (begun, published, end) = (of(&looks.begun)?, of(&looks.published)?, of(&looks.end)?);
        let until_all_in = end.cpu.saturating_sub(begun.cpu).as_secs_f64();
        Some(Self {
            processes: end.processes,
            cpu_s: published.cpu.saturating_sub(begun.cpu).as_secs_f64(),
            cpus: published.cpus_since(&begun),
            cpu_s_per_million: (received > 0).then(|| until_all_in / float(received) * 1e6),
            memory: Memory::of(looks, |look| Some(of(look)?.memory_bytes), peak, opened)?,
        })
    }

    /// The same in figures with their names.
    pub fn figures(&self) -> Vec<(&'static str, String)> {
        let time = ("of processor time", format!("{:.2} s", self.cpu_s));
        let by_million = self.cpu_s_per_million.map(|seconds| ("per million deliveries", format!("{seconds:.2} s")));
        [time, ("busy processors", format!("{:.2}", self.cpus))].into_iter().chain(by_million).collect()
    }
}

impl Memory {
    fn of(looks: &Looks, of: impl Fn(&Look) -> Option<u64>, peak: u64, opened: u32) -> Option<Self> {
        let (before, open) = (of(&looks.before)?, of(&looks.open)?);
        let grown = open.checked_sub(before).filter(|grown| *grown > 0);
        Some(Self {
            before_bytes: before,
            open_bytes: open,
            end_bytes: of(&looks.end)?,
            peak_bytes: peak,
            per_connection_bytes: grown.and_then(|grown| grown.checked_div(u64::from(opened))),
        })
    }

    /// The same in figures with their names.
    pub fn figures(&self) -> [(&'static str, String); 5] {
        let by_connection = self.per_connection_bytes.map_or_else(|| "-".to_owned(), bytes);
        [
            ("before", bytes(self.before_bytes)),
            ("all open", bytes(self.open_bytes)),
            ("at the end", bytes(self.end_bytes)),
            ("at most", bytes(self.peak_bytes)),
            ("per connection", by_connection),
        ]
    }
}

impl Resources {
    /// Rows of figures for people, each with its name.
    pub fn rows(&self) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
        let cost = |name, cost: Option<Cost>| {
            let cost = cost?;
            let processes = if cost.processes == 1 { "process" } else { "processes" };
            Some((name, [(processes, grouped(cost.processes))].into_iter().chain(cost.figures()).collect()))
        };
        let memory = |name, memory: Option<Memory>| Some((name, memory?.figures().to_vec()));
        let rows = [
            cost("server", self.server),
            memory("its memory", self.server.map(|cost| cost.memory)),
            cost("generator", self.generator),
            memory("its memory", self.generator.map(|cost| cost.memory)),
            self.others_cpus.map(|cpus| ("others", vec![("busy processors", format!("{cpus:.2}"))])),
            memory("TCP memory", self.tcp_memory),
        ];
        rows.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: u64, cpu_ms: u64, memory_bytes: u64) -> Look {
        let server = Use { at: at * 1_000_000_000, cpu: Duration::from_millis(cpu_ms), memory_bytes, processes: 1 };
        Look { server: Some(server), ..Look::default() }
    }

    #[test]
    fn others_are_what_keeps_processors_busy_beside_server_and_generator() {
        let look = |at, machine_ms| {
            let look = look(at, at * 500, 0);
            Look { generator: look.server, machine_cpu: Some(Duration::from_millis(machine_ms)), ..look }
        };
        let looks = Looks { begun: look(2, 5_000), published: look(6, 10_000), ..Looks::default() };
        // 5 s on all processors, of which the two had 2 s each, in 4 s.
        assert!((looks.others_cpus().expect("all is known") - 0.25).abs() < 1e-9);
        let unwatched = Looks { begun: Look { server: None, ..looks.begun }, ..looks };
        assert_eq!(unwatched.others_cpus(), None);
    }

    #[test]
    fn a_cost_is_that_of_the_measured_phase_and_its_memory_is_by_connection() {
        let looks = Looks {
            before: look(0, 100, 1000),
            open: look(1, 200, 5000),
            begun: look(2, 500, 6000),
            published: look(6, 2500, 7000),
            end: look(8, 3500, 6500),
        };
        let cost = Cost::of(&looks, |look| look.server, 9000, 4, 2_000_000).expect("all is known");
        assert!((cost.cpu_s - 2.0).abs() < 1e-9 && (cost.cpus - 0.5).abs() < 1e-9, "{cost:?}");
        assert_eq!(cost.cpu_s_per_million, Some(1.5));
        let memory = Memory {
            before_bytes: 1000,
            open_bytes: 5000,
            end_bytes: 6500,
            peak_bytes: 9000,
            per_connection_bytes: Some(1000),
        };
        assert_eq!(cost.memory, memory);
        assert_eq!(Cost::of(&Looks { end: Look::default(), ..looks }, |look| look.server, 0, 4, 1), None);
    }
}
