//! What runs, while it runs: counters that the threads of a run raise, the phases read to go on, and `cli` shows; what the
//! threads hand over for the series, and its newest row. The only way to stop a run early leads through it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::restart::Restart;
use super::series::{Interval, Recorder};
use super::{Watched, clock};

/// The phases of a run, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Subscribers connect.
    #[default]
    Connecting,
    /// Events are published until every subscriber has heard one.
    Probing,
    /// Events are published that do not count yet.
    WarmingUp,
    /// Events are published that count.
    Measuring,
    /// Nothing is published any more; what is under way may arrive.
    Draining,
    /// Events are published that will be asked for.
    Filling,
}

impl Phase {
    /// Its name in files, as in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Probing => "probing",
            Self::WarmingUp => "warming_up",
            Self::Measuring => "measuring",
            Self::Draining => "draining",
            Self::Filling => "filling",
        }
    }
}

const PHASES: [Phase; 6] =
    [Phase::Connecting, Phase::Probing, Phase::WarmingUp, Phase::Measuring, Phase::Draining, Phase::Filling];

/// The counters of one run. `Relaxed` everywhere: they are read to show and to wait, never to find other memory by.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU64,
    stopped: Arc<AtomicBool>,
    /// The phases that were entered, and when.
    marks: Mutex<Vec<(Phase, u64)>>,
    /// Whether the histograms of the intervals are kept.
    keeps_histograms: bool,
    pub(super) recorder: Recorder,
    pub(super) restart: Restart,
    last_row: Mutex<Option<Interval>>,
    pub(super) requested: Counter,
    pub(super) opened: Counter,
    pub(super) refused: Counter,
    pub(super) closed: Counter,
    /// Streams that followed another that was lost.
    pub(super) back: Counter,
    /// Subscribers that have heard a probe; in a replay, those that have all of it.
    pub(super) probed: Counter,
    /// Streams that ended before that.
    pub(super) deaf: Counter,
    /// Slow readers that have looked whether the server has ended their stream.
    pub(super) looked: Counter,
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
    /// Subscribers that have heard a probe; in a replay, those that have all of it.
    pub probed: u64,
    /// Streams that were lost and that no other has followed.
    pub away: u64,
    /// Events that were sent, warm-up included.
    pub sent: u64,
    /// Measured deliveries.
    pub received: u64,
    /// The newest row of the series.
    pub last: Option<Interval>,
}

impl Progress {
    /// That of a run whose report is to have the histograms of the intervals too.
    #[must_use]
    pub fn with_histograms() -> Self {
        Self { keeps_histograms: true, ..Self::default() }
    }

    /// Counters of their own for what goes on beside the run and is stopped with it.
    pub(super) fn beside(&self) -> Self {
        Self { stopped: Arc::clone(&self.stopped), ..Self::default() }
    }

    /// Ends the run early: no more is published, and the report covers what was.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Waits until the run needs its server stopped and started again, which [`Self::restarted`] answers.
    pub async fn restart_is_due(&self) {
        self.restart.is_due().await;
    }

    /// The server was stopped, and accepts connections again.
    pub fn restarted(&self, watched: Watched) {
        self.restart.done(watched);
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let phase = usize::try_from(self.phase.load(Ordering::Relaxed)).unwrap_or_default();
        Snapshot {
            phase: PHASES[phase.min(PHASES.len() - 1)],
            opened: self.opened.value(),
            probed: self.probed.value(),
            away: self.closed.value().saturating_sub(self.back.value()),
            sent: self.sent.value(),
            received: self.received.value(),
            last: *self.last_row.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// The phases so far, each with the moment at which it began.
    pub(super) fn marks(&self) -> Vec<(Phase, u64)> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keeps_histograms(&self) -> bool {
        self.keeps_histograms
    }

    pub(super) fn show_row(&self, row: &Interval) {
        *self.last_row.lock().unwrap_or_else(PoisonError::into_inner) = Some(*row);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.enter_at(phase, clock::now());
    }

    /// The same where it began at a moment that was known before.
    pub(super) fn enter_at(&self, phase: Phase, at: u64) {
        self.phase.store(phase as u64, Ordering::Relaxed);
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).push((phase, at));
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
