//! Who runs where: the servers on core 0, this process and every generator on core 1. A process that is started inherits
//! the core of the thread that starts it, so a server is started from a thread that sits on core 0 for that moment.

use std::sync::OnceLock;

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;

/// Where a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// On its own core.
    Server,
    /// On the generator's too, as far as that leaves something.
    Both,
}

static PINNED: OnceLock<bool> = OnceLock::new();

/// Moves this thread, and all that it starts, to the generator's core.
pub fn take_generator_core() {
    let pinned = sit_on(&[SERVER_CORE]) && sit_on(&[GENERATOR_CORE]);
    PINNED.get_or_init(|| pinned);
}

/// Does something where a server runs.
pub fn on<T>(cores: Cores, work: impl FnOnce() -> T) -> T {
    let pinned = is_pinned();
    if pinned {
        sit_on(match cores {
            Cores::Server => &[SERVER_CORE],
            Cores::Both => &[SERVER_CORE, GENERATOR_CORE],
        });
    }
    let done = work();
    if pinned {
        sit_on(&[GENERATOR_CORE]);
    }
    done
}

pub fn is_pinned() -> bool {
    PINNED.get().is_some_and(|pinned| *pinned)
}

#[cfg(target_os = "linux")]
fn sit_on(cores: &[usize]) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    rustix::thread::sched_setaffinity(None, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn sit_on(_: &[usize]) -> bool {
    false
}
