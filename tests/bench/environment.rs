//! Where the figures were got: without it they say nothing.

use std::fs;

use crate::pinning;
use crate::server::{nchan, sse};

/// Prints it, below the tables.
pub fn print() {
    let system = rustix::system::uname();
    let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let cores = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let count = cores.lines().filter(|line| line.starts_with("processor")).count();
    let model = cores.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let pinning = if pinning::is_pinned() {
        "each server on core 0, the generator on core 1"
    } else {
        "none: this machine does not let us have cores 0 and 1"
    };
    println!("\nenvironment");
    println!("  kernel   {} {} {}", word(system.sysname()), word(system.release()), word(system.machine()));
    println!("  CPUs     {count} × {}", model.unwrap_or("unknown"));
    println!("  pinning  {pinning}");
    println!("  disk     {}", disk().as_deref().unwrap_or("unknown"));
    println!("  load     {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    println!(
        "  files    {} may be open in a process",
        rlimit::getrlimit(rlimit::Resource::NOFILE).unwrap_or_default().0
    );
    println!("  sse      {}{}", version(), if cfg!(debug_assertions) { ", a debug build" } else { "" });
    println!("  axum     {}", axum().unwrap_or("unknown"));
    if let Some(nginx) = nchan::version() {
        println!("  nchan    {nginx}");
    }
    println!("  command  fanout {}", std::env::args().skip(1).collect::<Vec<_>>().join(" "));
}

/// What the directories of durable brokers lie on: in memory, for example, nothing is slow.
fn disk() -> Option<String> {
    let directory = std::env::temp_dir().canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        Some((fields.next()?, fields.next()?, fields.next()?))
    });
    // Of two on one place the later one is seen.
    let (device, place, system) =
        mounts.filter(|(_, place, _)| directory.starts_with(place)).max_by_key(|(_, place, _)| place.len())?;
    Some(format!("{system} on {device}, at {place}, with {}", directory.display()))
}

fn version() -> String {
    let output = sse().arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// The version of axum that this was built with.
fn axum() -> Option<&'static str> {
    let lock = include_str!("../../Cargo.lock");
    lock.split_once("name = \"axum\"\nversion = \"")?.1.split('"').next()
}
