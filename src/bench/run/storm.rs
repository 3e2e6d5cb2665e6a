//! What a run does in the middle of its measured phase: it lets the storm of its plan come.

use std::time::{Duration, Instant};

use super::{LOOK, Run, SETTLED, Watch};
use crate::bench::crowd::Crowd;
use crate::bench::load::busiest;
use crate::bench::publishers::Running;
use crate::bench::storm::Came;
use crate::bench::{Cause, Storm, clock};

impl Run<'_> {
    /// Waits for the storm, and lets it come; `None` if the events were over before. `measured` is when the phase begins.
    pub(super) fn storm(&self, storm: Storm, measured: u64, subscribers: &Crowd, running: &[Running]) -> Option<Came> {
        let due = measured.saturating_add(clock::nanos(storm.after));
        let is_over = || self.progress.is_stopped() || running.iter().all(Running::has_finished);
        if !clock::sleep_until(due, is_over) {
            return None;
        }
        let (at, threads) = (clock::now(), subscribers.threads());
        let before = threads.samples();
        subscribers.storm();
        let restart = if storm.cause == Cause::Restart { Some(self.restart()?) } else { None };
        let hit = match storm.cause {
            Cause::Drop(part) => part.of(self.plan.connections),
            Cause::Restart => self.plan.connections,
        };
        let mut watch = Watch::new();
        while !self.are_back(hit.into(), &mut watch) && !is_over() {
            std::thread::sleep(LOOK);
        }
        Some(Came { at, restart, load: busiest(&threads.samples(), &before) })
    }

    /// Has the server stopped and started again, and returns how long that took; `None` if the run was stopped meanwhile.
    fn restart(&self) -> Option<Duration> {
        let (begun, before) = (Instant::now(), self.meter.look());
        let watched = self.progress.restart.ask(|| self.progress.is_stopped())?;
        self.meter.go_on_with(watched, &before);
        Some(begun.elapsed())
    }

    /// Whether so many streams were lost, and as many followed; fewer where some of those that were hit had none.
    fn are_back(&self, hit: u64, watch: &mut Watch) -> bool {
        let lost = self.progress.closed.value();
        let all_lost = lost >= hit || watch.idle(lost) >= SETTLED;
        all_lost && self.progress.back.value() == lost
    }
}
