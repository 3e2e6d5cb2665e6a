//! Where a run took place: what a figure cannot be read without. What a system does not tell is left out, never guessed.

use std::fmt::Write as _;

use rustix::process::{Resource, getrlimit};
use serde::Serialize;

use super::figures::{bytes, grouped};
use super::secrets;

/// The variables that are options of a run begin with this, or are those that other commands have too.
const VARIABLES: &str = "SSE_BENCH_";
const SHARED: [&str; 5] = ["SSE_URL", "SSE_INSECURE", "SSE_CACERT", "SSE_CERT", "SSE_CERT_KEY"];

/// How a program can be built: `debug` is many times slower.
pub(super) const BUILDS: [&str; 2] = ["release", "debug"];

/// The program, the machine and what they allow. Secrets are masked.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Environment {
    /// The command line of this process.
    pub command: String,
    /// The variables of its environment that are options of a run, as `NAME=VALUE`.
    pub variables: Vec<String>,
    /// Name and version of this program.
    pub version: String,
    /// One of `BUILDS`.
    pub build: &'static str,
    /// When the report was made: RFC 3339, in UTC.
    pub date: String,
    /// Name and release of the kernel, and the architecture.
    pub kernel: String,
    /// The model of the processors.
    pub cpu: Option<String>,
    /// How many processors there are.
    pub cpus: Option<u64>,
    /// On which of them this process may run, such as `0-3,8`.
    pub pinned_to: Option<String>,
    /// On which of them the server may run, where it is watched.
    pub server_pinned_to: Option<String>,
    /// How many processors' time its control group may use.
    pub cpu_quota: Option<f64>,
    /// The memory of the machine.
    pub memory_bytes: Option<u64>,
    /// How many files this process may open.
    pub open_files: Option<u64>,
    /// How far it may raise that.
    pub open_files_hard: Option<u64>,
    /// How many worker processes the subscribers had, each of which may open as many; `None` where they were in this one.
    pub workers: Option<u32>,
    /// The ports that connections come from.
    pub local_ports: Option<String>,
    /// How many local addresses the connections of subscribers come from: several only on loopback.
    pub source_addresses: Option<u64>,
    /// The longest queue of connections that a server has not accepted yet.
    pub listen_backlog: Option<u64>,
}

impl Environment {
    /// That of this process, now.
    pub fn here() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let variables = variables.filter(|(name, _)| name.starts_with(VARIABLES) || SHARED.contains(&name.as_str()));
        let mut variables: Vec<String> =
            variables.map(|(name, value)| secrets::variable(&name, &value.to_string_lossy())).collect();
        variables.sort();
        let limits = getrlimit(Resource::Nofile);
        let (cpu, cpus) = processors();
        Self {
            command: secrets::command(std::env::args_os().map(|word| word.to_string_lossy().into_owned())),
            variables,
            version: concat!("sse ", env!("CARGO_PKG_VERSION")).to_owned(),
            build: BUILDS[usize::from(cfg!(debug_assertions))],
            date: format!("{:.0}", jiff::Timestamp::now()),
            kernel: kernel(),
            cpu,
            cpus,
            pinned_to: pinned_to(),
            server_pinned_to: None,
            cpu_quota: cpu_quota(),
            memory_bytes: total_memory(),
            open_files: limits.current,
            open_files_hard: limits.maximum,
            workers: None,
            local_ports: read("/proc/sys/net/ipv4/ip_local_port_range").map(|ports| ports.replace(['\t', ' '], "-")),
            source_addresses: None,
            listen_backlog: read("/proc/sys/net/core/somaxconn").and_then(|text| text.parse().ok()),
        }
    }

    /// The same as facts for people, each with its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let limit = |files: Option<u64>| files.map_or_else(|| "any number".to_owned(), grouped);
        let (now, most) = (limit(self.open_files), limit(self.open_files_hard));
        let open_files = if now == most { now } else { format!("{now}, and {most} if it is raised") };
        let open_files = match self.workers {
            Some(count) => format!("{open_files}, in each of {count} worker processes that the subscribers had"),
            None => open_files,
        };
        let facts = [
            ("command", Some(self.command.clone())),
            ("variables", Some(self.variables.join(" ")).filter(|variables| !variables.is_empty())),
            ("version", Some(format!("{}, {} build", self.version, self.build))),
            ("date", Some(self.date.clone())),
            ("kernel", Some(self.kernel.clone())),
            ("processors", self.cpus.map(|cpus| self.processors(cpus))),
            ("memory", self.memory_bytes.map(bytes)),
            ("open files", Some(open_files)),
            ("local ports", self.local_ports.as_ref().map(|ports| self.ports(ports))),
            ("listen backlog", self.listen_backlog.map(grouped)),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name, fact?))).collect()
    }

    fn ports(&self, range: &str) -> String {
        match self.source_addresses {
            Some(count @ 2..) => format!("{range} at each of {count} source addresses, from 127.0.0.2 on"),
            _ => range.to_owned(),
        }
    }

    fn processors(&self, count: u64) -> String {
        let mut text = match &self.cpu {
            Some(model) => format!("{count} × {model}"),
            None => count.to_string(),
        };
        // Writing to a String cannot fail.
        if let Some(list) = &self.pinned_to {
            let _ = write!(text, "; this process may run on {list}");
        }
        if let Some(list) = &self.server_pinned_to {
            let _ = write!(text, ", the server on {list}");
        }
        if let Some(quota) = self.cpu_quota {
            let _ = write!(text, ", for the time of {quota:.2}");
        }
        text
    }
}

/// A file of the kernel, without the line's end.
pub(super) fn read(path: &str) -> Option<String> {
    Some(std::fs::read_to_string(path).ok()?.trim().to_owned())
}

fn kernel() -> String {
    let name = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    format!("{} {} {}", text(name.sysname()), text(name.release()), text(name.machine()))
}

/// The model of the processors, and how many there are.
fn processors() -> (Option<String>, Option<u64>) {
    let Some(text) = read("/proc/cpuinfo") else { return (None, None) };
    let values = |key| text.lines().filter_map(|line| line.split_once(':')).filter(move |(name, _)| name.trim() == key);
    let model = values("model name").next().map(|(_, model)| model.trim().to_owned());
    (model, Some(values("processor").count() as u64).filter(|count| *count > 0))
}

/// The processors that this thread may run on, as the kernel writes such lists.
#[cfg(target_os = "linux")]
fn pinned_to() -> Option<String> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let set = sched_getaffinity(None).ok()?;
    Some(list((0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu))))
}

#[cfg(not(target_os = "linux"))]
fn pinned_to() -> Option<String> {
    None
}

/// Numbers as ranges: `0-2,5`.
fn list(numbers: impl Iterator<Item = usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown =
        |(first, last): (usize, usize)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    ranges.into_iter().map(shown).collect::<Vec<_>>().join(",")
}

/// What the control group allows, as containers set it: the second version of control groups, or the first.
fn cpu_quota() -> Option<f64> {
    let both = read("/sys/fs/cgroup/cpu.max").or_else(|| {
        let quota = read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?;
        Some(format!("{quota} {}", read("/sys/fs/cgroup/cpu/cpu.cfs_period_us")?))
    })?;
    let mut numbers = both.split_whitespace().map(str::parse::<f64>);
    let (quota, period) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

fn total_memory() -> Option<u64> {
    let text = read("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_listed_as_ranges() {
        assert_eq!(list([0, 1, 2, 5, 7, 8].into_iter()), "0-2,5,7-8");
        assert_eq!(list(std::iter::empty()), "");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let known = Environment { command: "sse bench".into(), build: "debug", ..Environment::default() };
        let names: Vec<&str> = known.facts().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["command", "version", "date", "kernel", "open files"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn here_a_kernel_processors_and_limits_are_known() {
        let here = Environment::here();
        assert!(here.kernel.starts_with("Linux ") && here.cpus > Some(0) && here.pinned_to.is_some(), "{here:?}");
        assert!(here.open_files.is_some() && here.memory_bytes > Some(1 << 20), "{here:?}");
        assert!(here.date.ends_with('Z') && here.date.len() == "2026-01-31T12:00:00Z".len(), "{}", here.date);
    }
}
