//! The one clock of a run: `CLOCK_MONOTONIC`, the same for every process of a host and never set back. Publishers stamp
//! with it, subscribers subtract with it. The wall clock only says in a report when the run was.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long a sleeper goes without looking whether the run was stopped.
const SLICE: Duration = Duration::from_millis(50);

/// Nanoseconds since a moment that is fixed while the machine is up.
pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// A duration in the unit of [`now`]; about 584 years at most.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Sleeps until `now() >= deadline`, or until `stopped` says so; returns whether the deadline was reached.
pub(super) fn sleep_until(deadline: u64, stopped: impl Fn() -> bool) -> bool {
    loop {
        if stopped() {
            return false;
        }
        let left = Duration::from_nanos(deadline.saturating_sub(now()));
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(SLICE));
    }
}

/// Asks the kernel to wake this thread on time: the default timer slack of 50 µs would be most of the send delay. No
/// higher priority is asked for: on two cores shared with the broker, at 100,000 deliveries per second, niceness -10 made
/// no difference in four pairs of runs (p99 of the send delay 0.05 to 4 ms with it, 0.05 to 5 ms without).
pub(super) fn sharpen_sleep() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}
