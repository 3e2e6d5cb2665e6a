//! What processes use, from `/proc`: the server that is watched with all that it has started, and this process with its workers beside it.
//! It ends nothing and starts nothing. Elsewhere than on Linux nothing is known, and nothing is claimed.

use std::time::Duration;

use super::clock;
use super::environment::read;

/// The server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Its process, whose children are counted with it.
    pub pid: u32,
    /// Whether it leads a group of its own: then it is counted too what is in the group and has lost its parent.
    pub leads_group: bool,
}

/// What processes have used up to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// The moment.
    pub(super) at: u64,
    /// Processor time, of the user and of the system, that of children that have ended included.
    pub(super) cpu: Duration,
    /// Resident memory. What processes share is counted for each.
    pub(super) memory_bytes: u64,
    /// How many processes they are.
    pub(super) processes: u64,
}

/// A process as the kernel lists it in `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    state: char,
    parent: u32,
    group: u32,
    /// In ticks of the clock.
    cpu: u64,
    /// In pages.
    resident: u64,
}

impl Watched {
    /// Whether anything of it still runs; `None` where that is not known.
    pub fn is_alive(self) -> Option<bool> {
        cfg!(target_os = "linux").then(|| !self.members(&Process::all()).is_empty())
    }

    /// The processors that it may run on, such as `0-3,8`.
    pub(super) fn pinned_to(self) -> Option<String> {
        let status = read(&format!("/proc/{}/status", self.pid))?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        Some(list.trim().to_owned())
    }

    /// What it has used; `None` if it has ended, and where that is not known.
    pub(super) fn usage(self) -> Option<Use> {
        Use::of(&self.members(&Process::all()))
    }

    /// Its processes that have not ended.
    fn members(self, all: &[Process]) -> Vec<Process> {
        let mut known: Vec<u32> = vec![self.pid];
        known.extend(all.iter().filter(|process| self.leads_group && process.group == self.pid).map(|other| other.pid));
        // A child that is listed before its parent is found in a later round.
        loop {
            let is_new = |process: &&Process| known.contains(&process.parent) && !known.contains(&process.pid);
            let children: Vec<u32> = all.iter().filter(is_new).map(|process| process.pid).collect();
            if children.is_empty() {
                break;
            }
            known.extend(children);
        }
        all.iter().filter(|process| known.contains(&process.pid) && process.state != 'Z').copied().collect()
    }
}

impl Use {
    /// That of this process, and of its workers that have not ended.
    pub(super) fn of_this_process(workers: &[u32]) -> Option<Self> {
        let own = Process::parse(&read("/proc/self/stat")?)?;
        let workers = workers.iter().filter_map(|pid| Process::parse(&read(&format!("/proc/{pid}/stat"))?));
        Self::of(&[own].into_iter().chain(workers).collect::<Vec<_>>())
    }

    fn of(processes: &[Process]) -> Option<Self> {
        if processes.is_empty() {
            return None;
        }
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(u64::MAX);
        let ticks: u64 = processes.iter().map(|process| process.cpu).sum();
        let pages: u64 = processes.iter().map(|process| process.resident).sum();
        let milliseconds = ticks.saturating_mul(1000) / rustix::param::clock_ticks_per_second().max(1);
        Some(Self {
            at: clock::now(),
            cpu: Duration::from_millis(milliseconds),
            memory_bytes: pages.saturating_mul(page),
            processes: processes.len() as u64,
        })
    }
}

impl Process {
    /// All that there are.
    fn all() -> Vec<Self> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter_map(|pid| Self::parse(&read(&format!("/proc/{pid}/stat"))?)).collect()
    }

    /// The line of one. The name of the program stands in parentheses and may hold anything.
    fn parse(line: &str) -> Option<Self> {
        let pid = line.split_once(' ')?.0.parse().ok()?;
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        // Times may be shown as negative for children of a process that has none.
        let cpu = (11..=14).filter_map(number).sum();
        let id = |at: usize| fields.get(at)?.parse::<u32>().ok();
        let state = fields.first()?.chars().next()?;
        Some(Self { pid, state, parent: id(1)?, group: id(2)?, cpu, resident: number(21)? })
    }
}

/// The processor time that all programs of the machine have used. What the kernel did for interrupts is nobody's, and is left
/// out.
pub(super) fn machine_cpu() -> Option<Duration> {
    let ticks = machine_ticks(read("/proc/stat")?.lines().next()?)?;
    Some(Duration::from_millis(ticks.saturating_mul(1000) / rustix::param::clock_ticks_per_second().max(1)))
}

/// User, nice, system and stolen time of the first line of `/proc/stat`, in ticks of the clock (proc(5)).
fn machine_ticks(line: &str) -> Option<u64> {
    let mut fields = line.strip_prefix("cpu ")?.split_whitespace().map(str::parse::<u64>);
    let [user, nice, system, _idle, _iowait, _irq, _softirq, steal] = std::array::from_fn(|_| fields.next());
    [user, nice, system, steal].into_iter().map(|field| field?.ok()).sum()
}

/// The memory that the kernel has in use for TCP, of the whole machine or container.
pub(super) fn tcp_memory() -> Option<u64> {
    let text = read("/proc/net/sockstat")?;
    let line = text.lines().find_map(|line| line.strip_prefix("TCP:"))?;
    let pages: u64 = line.split_whitespace().skip_while(|word| *word != "mem").nth(1)?.parse().ok()?;
    pages.checked_mul(u64::try_from(rustix::param::page_size()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_hold_anything() {
        let line = "42 (a) R 1 2) S 7 40 40 0 -1 4194560 100 0 0 0 3 4 5 6 20 0 1 0 99 1000 250 18446744073709551615";
        let process = Process { pid: 42, state: 'S', parent: 7, group: 40, cpu: 18, resident: 250 };
        assert_eq!(Process::parse(line), Some(process));
        assert_eq!(Process::parse("42 (cut"), None);
    }

    #[test]
    fn the_time_of_a_machine_is_that_of_its_programs() {
        assert_eq!(machine_ticks("cpu  10 2 30 4000 50 60 70 8 900 1000"), Some(50));
        assert_eq!([machine_ticks("cpu0 1 2 3 4 5 6 7 8"), machine_ticks("cpu 1 2 3")], [None; 2]);
    }

    #[test]
    fn children_of_children_belong_to_it_and_of_its_group_only_those_that_it_leads() {
        let process = |pid, parent, group| Process { pid, state: 'S', parent, group, cpu: 0, resident: 0 };
        let ended = Process { state: 'Z', ..process(15, 10, 10) };
        let all = [
            process(12, 11, 10),
            process(11, 10, 10),
            process(10, 1, 10),
            process(13, 1, 10),
            process(14, 1, 14),
            ended,
        ];
        let members = |leads_group| {
            let watched = Watched { pid: 10, leads_group };
            watched.members(&all).iter().map(|process| process.pid).collect::<Vec<_>>()
        };
        assert_eq!((members(false), members(true)), (vec![12, 11, 10], vec![12, 11, 10, 13]));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory_and_one_that_is_not_there_has_nothing() {
        assert!(Use::of_this_process(&[]).is_some_and(|usage| usage.memory_bytes > 1 << 20 && usage.processes == 1));
        assert_eq!(Watched { pid: u32::MAX, leads_group: false }.usage(), None);
    }
}
