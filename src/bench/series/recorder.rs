//! Where the threads of a run hand over what they noted in an interval. A thread of subscribers gathers in a [`Window`] of
//! its own and hands it over when the interval is over: nothing is shared for a delivery. Publishers, which have far less
//! to note, note it here at once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use super::MOST;
use crate::bench::passive::Flow;
use crate::bench::samples::Samples;

/// How many intervals are open at once, because a thread has not had a processor to hand them over: each takes half a
/// megabyte. When there are more, the oldest is closed, and what comes for it later is counted in the next.
const MOST_OPEN: usize = 64;

/// The intervals that are not closed yet.
#[derive(Debug, Default)]
pub(in crate::bench) struct Recorder {
    timing: OnceLock<Timing>,
    state: Mutex<State>,
}

/// When which interval is, in the time of `clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timing {
    /// When interval 0 begins.
    pub(super) start: u64,
    /// How long each is.
    pub(super) length: u64,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the first open interval.
    first: u64,
    open: VecDeque<Open>,
    /// By thread of subscribers.
    sources: Vec<Source>,
}

/// How far a thread of subscribers is.
#[derive(Clone, Copy, Debug, Default)]
struct Source {
    /// The first interval that it may still have something for.
    passed: u64,
    /// Events at its subscribers that later ones have overtaken.
    missing: u64,
}

/// An interval, of all threads together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::bench) struct Open {
    /// The two times of [`crate::bench::Scenario::times_of_intervals`].
    pub(super) times: [Samples; 2],
    /// Deliveries without a latency.
    pub(super) replayed: u64,
    pub(super) send_delay: Samples,
    /// What came on streams that nothing was published to.
    pub(super) flow: Flow,
}

/// What a thread of subscribers has noted in the interval that is running.
#[derive(Clone, Debug, Default)]
pub(in crate::bench) struct Window {
    interval: u64,
    /// When it is over; 0 before the first.
    until: u64,
    /// The two times of [`crate::bench::Scenario::times_of_intervals`].
    pub(in crate::bench) times: [Samples; 2],
    /// Deliveries of events that were due before the stream was open on which they came: they have no latency.
    pub(in crate::bench) replayed: u64,
    /// What came on streams that nothing was published to.
    pub(in crate::bench) flow: Flow,
}

impl Timing {
    /// The interval that a moment falls into, and its end. The last one has none.
    fn interval(self, at: u64) -> (u64, u64) {
        let number = at.saturating_sub(self.start) / self.length;
        if number >= MOST - 1 { (MOST - 1, u64::MAX) } else { (number, self.end(number)) }
    }

    /// The end of an interval.
    pub(super) fn end(self, number: u64) -> u64 {
        self.start.saturating_add((number + 1).saturating_mul(self.length))
    }
}

impl Recorder {
    /// The measured phase begins at `start`, and so many threads of subscribers will hand over. Called once.
    pub(in crate::bench) fn begin(&self, start: u64, length: u64, threads: usize) {
        self.state().sources = vec![Source::default(); threads];
        // A second call would change nothing.
        let _ = self.timing.set(Timing { start, length: length.max(1) });
    }

    /// When the measured phase began, or will; `None` while that is not known.
    pub(in crate::bench) fn begun(&self) -> Option<u64> {
        self.timing().map(|timing| timing.start)
    }

    pub(super) fn timing(&self) -> Option<Timing> {
        self.timing.get().copied()
    }

    /// Notes events that were written to a socket by `at`, each with its delay in nanoseconds.
    pub(in crate::bench) fn sent(&self, at: u64, delays: impl Iterator<Item = u64>) {
        let Some(timing) = self.timing() else { return };
        let mut state = self.state();
        let open = state.open(timing.interval(at).0);
        delays.for_each(|delay| open.send_delay.record(delay));
    }

    /// The interval `number` if every thread has handed over what it had for it. Called for one after the other.
    pub(in crate::bench) fn take(&self, number: u64) -> Option<Open> {
        let mut state = self.state();
        let complete = state.sources.iter().all(|source| source.passed > number);
        if !complete && state.open.len() < MOST_OPEN {
            return None;
        }
        state.first = number + 1;
        Some(state.open.pop_front().unwrap_or_default())
    }

    /// Takes in what all threads of another process have noted in an interval, and how many of the events there are overtaken
    /// so far; `source` is the number of that process.
    pub(in crate::bench) fn take_in(&self, number: u64, open: &Open, source: usize, missing: u64) {
        let mut state = self.state();
        state.open(number).merge(open);
        state.pass(source, number + 1, missing);
    }

    /// Nothing more comes from another process.
    pub(in crate::bench) fn pass_all(&self, source: usize) {
        if let Some(source) = self.state().sources.get_mut(source) {
            source.passed = u64::MAX;
        }
    }

    /// All intervals that are still open, each with its number. Called when all threads have handed over the rest.
    pub(in crate::bench) fn take_rest(&self) -> Vec<(u64, Open)> {
        let mut state = self.state();
        let numbers = state.first..;
        numbers.zip(state.open.drain(..)).collect()
    }

    /// How many events at subscribers later ones have overtaken so far.
    pub(in crate::bench) fn missing(&self) -> u64 {
        self.state().sources.iter().map(|source| source.missing).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Adds what others have noted in the same interval.
    fn merge(&mut self, other: &Self) {
        for (own, other) in self.times.iter_mut().zip(&other.times) {
            own.merge(other);
        }
        self.replayed += other.replayed;
        self.send_delay.merge(&other.send_delay);
        self.flow += other.flow;
    }
}

impl State {
    /// The open interval of this number, or the next to it that is open.
    fn open(&mut self, number: u64) -> &mut Open {
        let at = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX).min(MOST_OPEN - 1);
        if at >= self.open.len() {
            self.open.resize_with(at + 1, Open::default);
        }
        &mut self.open[at]
    }

    fn pass(&mut self, thread: usize, passed: u64, missing: u64) {
        if let Some(source) = self.sources.get_mut(thread) {
            *source = Source { passed, missing };
        }
    }
}

impl Window {
    /// Whether what is noted at this moment belongs to another interval; not before there are any.
    pub(in crate::bench) fn is_over(&self, at: u64, recorder: &Recorder) -> bool {
        at >= self.until && recorder.timing().is_some()
    }

    /// Whether the first interval has begun.
    pub(in crate::bench) fn has_begun(&self) -> bool {
        self.until > 0
    }

    /// Hands over what was gathered, as that of one of the run's threads, and begins the interval of `at`. `missing` of
    /// the events are overtaken so far.
    pub(in crate::bench) fn turn(&mut self, at: u64, thread: usize, missing: u64, recorder: &Recorder) {
        let Some(timing) = recorder.timing() else { return };
        let (interval, until) = timing.interval(at);
        self.hand_over(interval, thread, missing, recorder);
        (self.interval, self.until) = (interval, until);
    }

    /// Hands over what was gathered last.
    pub(in crate::bench) fn close(&mut self, thread: usize, missing: u64, recorder: &Recorder) {
        self.hand_over(u64::MAX, thread, missing, recorder);
    }

    fn hand_over(&mut self, passed: u64, thread: usize, missing: u64, recorder: &Recorder) {
        let mut state = recorder.state();
        let is_empty = self.times.iter().all(Samples::is_empty) && self.replayed == 0 && self.flow == Flow::default();
        if !is_empty {
            let open = state.open(self.interval);
            for (open, own) in open.times.iter_mut().zip(&self.times) {
                open.merge(own);
            }
            open.replayed += std::mem::take(&mut self.replayed);
            open.flow += self.flow;
        }
        state.pass(thread, passed, missing);
        drop(state);
        self.times.iter_mut().for_each(Samples::clear);
        self.flow = Flow::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 5_000;
    const LENGTH: u64 = 1_000;

    fn recorder(threads: usize) -> Recorder {
        let recorder = Recorder::default();
        recorder.begin(START, LENGTH, threads);
        recorder
    }

    /// Notes a latency at a moment, as a thread of subscribers does.
    fn note(window: &mut Window, thread: usize, at: u64, latency: u64, recorder: &Recorder) {
        if window.is_over(at, recorder) {
            window.turn(at, thread, 0, recorder);
        }
        window.times[0].record(latency);
        window.times[1].record(latency / 2);
        window.flow.traffic.bytes += 7;
    }

    fn latencies(open: &Open) -> (u64, Option<f64>) {
        let percentiles = open.times[0].percentiles();
        assert_eq!(open.flow.traffic.bytes, 7 * percentiles.count);
        (percentiles.count, percentiles.max.map(f64::round))
    }

    #[test]
    fn an_interval_is_complete_when_all_threads_have_passed_it_and_has_what_all_have() {
        let recorder = recorder(2);
        let (mut one, mut other) = (Window::default(), Window::default());
        note(&mut one, 0, START, 1_000_000, &recorder);
        note(&mut one, 0, START + LENGTH - 1, 2_000_000, &recorder);
        note(&mut other, 1, START + 10, 9_000_000, &recorder);
        note(&mut one, 0, START + LENGTH, 5_000_000, &recorder);
        assert!(recorder.take(0).is_none(), "the other has not handed over");
        other.turn(START + 2 * LENGTH, 1, 0, &recorder);
        assert_eq!(recorder.take(0).map(|open| latencies(&open)), Some((3, Some(9.0))));
        assert!(recorder.take(1).is_none());
        one.close(0, 0, &recorder);
        assert_eq!(recorder.take(1).map(|open| latencies(&open)), Some((1, Some(5.0))));
    }

    #[test]
    fn an_interval_of_several_processes_has_what_all_of_their_threads_have() {
        let (of_run, of_worker) = (recorder(2), recorder(1));
        let mut window = Window::default();
        for (at, latency) in [(START, 3_000_000), (START + LENGTH, 4_000_000)] {
            note(&mut window, 0, at, latency, &of_worker);
        }
        let told = of_worker.take(0).expect("its only thread has passed it");
        of_run.take_in(0, &told, 0, 5);
        assert!(of_run.take(0).is_none(), "the other process has said nothing");
        of_run.take_in(0, &told, 1, 2);
        assert_eq!((of_run.take(0).map(|open| latencies(&open)), of_run.missing()), (Some((2, Some(3.0))), 7));
        window.close(0, 0, &of_worker);
        let rest = of_worker.take_rest();
        assert_eq!(
            rest.iter().map(|(number, open)| (*number, latencies(open))).collect::<Vec<_>>(),
            [(1, (1, Some(4.0)))]
        );
        of_run.take_in(1, &rest[0].1, 0, 5);
        of_run.pass_all(0);
        of_run.pass_all(1);
        assert_eq!((of_run.take(1).map(|open| latencies(&open)), of_run.missing()), (Some((1, Some(4.0))), 7));
    }

    #[test]
    fn a_thread_that_never_hands_over_holds_up_so_many_intervals_and_no_more() {
        let recorder = recorder(2);
        let (mut one, mut stuck) = (Window::default(), Window::default());
        note(&mut stuck, 1, START, 7_000_000, &recorder);
        let most = MOST_OPEN as u64;
        for interval in 0..most {
            assert!(recorder.take(0).is_none(), "{interval}");
            note(&mut one, 0, START + interval * LENGTH, 1_000_000, &recorder);
        }
        one.close(0, 0, &recorder);
        assert_eq!(recorder.take(0).map(|open| latencies(&open)), Some((1, Some(1.0))));
        stuck.close(1, 0, &recorder);
        assert_eq!(recorder.take(1).map(|open| latencies(&open)), Some((2, Some(7.0))), "counted in the next");
    }

    #[test]
    fn what_comes_behind_the_last_row_is_counted_in_it() {
        let recorder = recorder(0);
        assert_eq!(recorder.timing().map(|timing| timing.interval(u64::MAX)), Some((MOST - 1, u64::MAX)));
        recorder.sent(u64::MAX, [1_000_000, 2_000_000].into_iter());
        let taken: Vec<Open> = (0..MOST).filter_map(|number| recorder.take(number)).collect();
        assert_eq!(taken.iter().map(|open| open.send_delay.percentiles().count).sum::<u64>(), 2);
    }

    #[test]
    fn before_the_measurement_there_is_nothing_to_hand_over() {
        let recorder = Recorder::default();
        let mut window = Window::default();
        note(&mut window, 0, START, 1_000_000, &recorder);
        assert!(!window.is_over(u64::MAX, &recorder));
        recorder.begin(START, LENGTH, 1);
        assert!(window.is_over(START, &recorder));
    }
}
