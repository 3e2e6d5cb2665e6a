//! What a process and its children have cost, from `/proc`: without it, as on other systems than Linux, nothing is known.

use std::time::{Duration, Instant};

/// How often is looked whether memory has settled.
const LOOK: Duration = Duration::from_millis(200);

/// Memory has settled when it changed by less than this over [`SETTLED_LOOKS`], in KiB.
const SETTLED: u64 = 128;
const SETTLED_LOOKS: usize = 5;

/// The CPU seconds of a process and its children so far.
pub fn cpu(pid: u32) -> f64 {
    let ticks: u64 = family(pid).into_iter().filter_map(ticks).sum();
    ratio(ticks, rustix::param::clock_ticks_per_second())
}

/// The resident memory of a process and its children, in KiB.
pub fn resident(pid: u32) -> u64 {
    family(pid).into_iter().filter_map(|pid| field(pid, "VmRSS:")).sum()
}

/// The most resident memory that a process has had since [`forget_peak`], in KiB.
pub fn peak(pid: u32) -> u64 {
    field(pid, "VmHWM:").unwrap_or(0)
}

/// Begins anew to look for the peak of a process.
pub fn forget_peak(pid: u32) -> std::io::Result<()> {
    // 5 is what proc(5) gives that meaning.
    std::fs::write(format!("/proc/{pid}/clear_refs"), "5")
}

/// The resident memory in KiB once it does not change any more, or after `limit`.
pub fn settled(pid: u32, limit: Duration) -> u64 {
    let begun = Instant::now();
    let mut looks = vec![resident(pid)];
    while begun.elapsed() < limit {
        std::thread::sleep(LOOK);
        looks.push(resident(pid));
        let recent = &looks[looks.len().saturating_sub(SETTLED_LOOKS)..];
        let (least, most) = (recent.iter().min().unwrap_or(&0), recent.iter().max().unwrap_or(&0));
        if recent.len() == SETTLED_LOOKS && most - least < SETTLED {
            break;
        }
    }
    resident(pid)
}

/// A quotient of counts.
pub fn ratio(count: u64, by: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let quotient = count as f64 / by as f64;
    quotient
}

/// A process and its children.
fn family(pid: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|other| *other == pid || stat(*other, 1) == Some(u64::from(pid))).collect()
}

fn ticks(pid: u32) -> Option<u64> {
    Some(stat(pid, 11)? + stat(pid, 12)?)
}

/// A field of `/proc/PID/stat`, counted behind the name of the program, which may hold anything.
fn stat(pid: u32, field: usize) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(field)?.parse().ok()
}

/// A number of `/proc/PID/status`.
fn field(pid: u32, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
