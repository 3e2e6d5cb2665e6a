//! What runs, while it runs: counters that the threads of a run raise, the phases read to go on, and `cli` shows. The
//! only way to stop a run early leads through it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The phases of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Subscribers connect.
    Connecting,
    /// Events are published until every subscriber has heard one.
    Probing,
    /// Events are published that do not count yet.
    WarmingUp,
    /// Events are published that count.
    Measuring,
    /// Nothing is published any more; what is under way may arrive.
    Draining,
}

const PHASES: [Phase; 5] = [Phase::Connecting, Phase::Probing, Phase::WarmingUp, Phase::Measuring, Phase::Draining];

/// The counters of one run. `Relaxed` everywhere: they are read to show and to wait, never to find other memory by.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU64,
    stopped: AtomicBool,
    pub(super) requested: Counter,
    pub(super) opened: Counter,
    pub(super) refused: Counter,
    pub(super) closed: Counter,
    pub(super) probed: Counter,
    /// Streams that ended before a probe was heard on them.
    pub(super) deaf: Counter,
    pub(super) sent: Counter,
    /// Measured events at subscribers, repetitions included.
    pub(super) arrived: Counter,
    /// Measured events at subscribers, each once.
    pub(super) received: Counter,
}

/// The counters at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// Where the run is.
    pub phase: Phase,
    /// Subscribers that were opened so far.
    pub opened: u64,
    /// Subscribers that heard a probe.
    pub probed: u64,
    /// Events that were sent, warm-up included.
    pub sent: u64,
    /// Measured deliveries.
    pub received: u64,
}

impl Progress {
    /// Ends the run early: no more is published, and the report covers what was.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let phase = usize::try_from(self.phase.load(Ordering::Relaxed)).unwrap_or_default();
        Snapshot {
            phase: PHASES[phase.min(PHASES.len() - 1)],
            opened: self.opened.value(),
            probed: self.probed.value(),
            sent: self.sent.value(),
            received: self.received.value(),
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u64, Ordering::Relaxed);
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
