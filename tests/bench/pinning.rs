//! Who runs where: the servers on core 0, this process and every generator on core 1. A process that is started inherits
//! the core of the thread that starts it, so a server is started from a thread that sits on core 0 for that moment.

use std::sync::OnceLock;

const SERVER_CORE: usize = 0;
const GENERATOR_CORE: usize = 1;

static PINNED: OnceLock<bool> = OnceLock::new();

/// Moves this thread, and all that it starts, to the generator's core.
pub fn take_generator_core() {
    let pinned = sit_on(SERVER_CORE) && sit_on(GENERATOR_CORE);
    PINNED.get_or_init(|| pinned);
}

/// Does something on the server's core.
pub fn on_server_core<T>(work: impl FnOnce() -> T) -> T {
    let pinned = is_pinned();
    if pinned {
        sit_on(SERVER_CORE);
    }
    let done = work();
    if pinned {
        sit_on(GENERATOR_CORE);
    }
    done
}

pub fn is_pinned() -> bool {
    PINNED.get().is_some_and(|pinned| *pinned)
}

#[cfg(target_os = "linux")]
fn sit_on(core: usize) -> bool {
    let mut cores = rustix::thread::CpuSet::new();
    cores.set(core);
    rustix::thread::sched_setaffinity(None, &cores).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn sit_on(_: usize) -> bool {
    false
}
