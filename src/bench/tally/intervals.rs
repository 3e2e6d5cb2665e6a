//! Which interval of the series what is noted belongs to: times and counts are gathered in the one that is running, and handed
//! over when it is.

use super::Tally;
use crate::bench::Scenario;
use crate::bench::passive::Flow;
use crate::bench::samples::{Kind, Samples};
use crate::bench::series::Recorder;

impl Tally {
    /// Sees to it that what is noted from `at` on is counted in the right interval of the series. Called before each event
    /// with its time; `thread` is the number of the thread whose notes these are.
    pub(in crate::bench) fn turn(&mut self, at: u64, thread: usize, recorder: &Recorder) {
        if self.window.is_over(at, recorder) {
            self.gather();
            self.window.turn(at, thread, self.missing, recorder);
        }
    }

    /// Hands over the last interval; nothing is noted behind it.
    pub(in crate::bench) fn close(&mut self, thread: usize, recorder: &Recorder) {
        self.gather();
        self.window.close(thread, self.missing, recorder);
    }

    /// Adds the interval that is running to the sum.
    fn gather(&mut self) {
        for (kind, times) in self.scenario.times_of_intervals().into_iter().flatten().zip(&self.window.times) {
            self.sums.entry(kind).or_default().merge(times);
        }
        let flow = self.passive.take_recent();
        // What came while the streams were opened belongs to no interval: that it came at once would be wrong.
        let belongs = self.window.has_begun() || self.scenario != Scenario::Idle;
        self.window.flow = if belongs { flow } else { Flow::default() };
    }

    /// Where times of a kind are noted: in the interval that is running if it is to have them.
    pub(super) fn times(&mut self, kind: Kind) -> &mut Samples {
        match self.scenario.times_of_intervals().and_then(|kinds| kinds.iter().position(|own| *own == kind)) {
            Some(at) => &mut self.window.times[at],
            None => self.sums.entry(kind).or_default(),
        }
    }
}
