//! The thread that looks once in an interval at what only has a present (how many streams are open, how busy the
//! generator is), and makes a row of it and of what the threads handed over. It sleeps nearly always: what it costs is no
//! part of what is measured.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;

use super::recorder::{Open, Timing};
use super::{Interval, Logged, MOST, Mark, Series, Turnover};
use crate::bench::load::{Sample, Threads, busiest};
use crate::bench::resources::{Look, Meter};
use crate::bench::samples::{Kind, Percentiles, Samples};
use crate::bench::{Error, Phase, Progress, Scenario, System, clock};

/// How often it looks whether an interval is over, and whether the threads have handed it over.
const LOOK: Duration = Duration::from_millis(20);

/// The thread, from before the measured phase until the end of the run.
#[derive(Debug)]
pub(in crate::bench) struct Sampler {
    meters: Meters,
    end: SyncSender<Moment>,
    thread: JoinHandle<Series>,
}

/// What is looked at.
#[derive(Clone, Debug)]
struct Meters {
    scenario: Scenario,
    threads: Threads,
    meter: Meter,
    progress: Arc<Progress>,
}

/// What there was to see at the end of an interval.
#[derive(Debug)]
struct Moment {
    at: u64,
    connections: u64,
    missing: u64,
    samples: Vec<Option<Sample>>,
    look: Look,
}

impl Sampler {
    /// Starts it.
    ///
    /// # Errors
    /// [`Error::Thread`] if there is no thread to be had.
    pub(in crate::bench) fn start(
        scenario: Scenario,
        threads: Threads,
        meter: Meter,
        progress: &Arc<Progress>,
    ) -> Result<Self, Error> {
        let meters = Meters { scenario, threads, meter, progress: Arc::clone(progress) };
        let (end, ended) = sync_channel(1);
        let rows = Rows::new(meters.clone());
        let named = std::thread::Builder::new().name("series".into());
        let thread = named.spawn(move || rows.follow(&ended)).map_err(System::from)?;
        Ok(Self { meters, end, thread })
    }

    /// The run is over: looks a last time, while all threads are still there.
    pub(in crate::bench) fn end(&self) {
        // If its thread is gone, `finish` says so.
        let _ = self.end.try_send(self.meters.look(clock::now()));
    }

    /// What it has, once all threads have handed over the rest.
    ///
    /// # Errors
    /// [`Error::Thread`] if its thread failed.
    pub(in crate::bench) fn finish(self) -> Result<Series, Error> {
        drop(self.end);
        Ok(self.thread.join().map_err(|_| System::from(io::Error::other("it panicked")))?)
    }
}

impl Meters {
    fn look(&self, at: u64) -> Moment {
        let Self { threads, meter, progress, .. } = self;
        Moment {
            at,
            connections: progress.opened.value().saturating_sub(progress.closed.value()),
            missing: progress.recorder.missing(),
            samples: threads.samples(),
            look: meter.look(),
        }
    }
}

/// The series as it grows.
struct Rows {
    meters: Meters,
    /// The moments at the end of the intervals that are no rows yet, behind that at the end of the last row.
    moments: VecDeque<Moment>,
    /// What there was to see last where the last row goes on until the end, and how many deliveries by then.
    live: Option<(Moment, u64)>,
    series: Series,
}

impl Rows {
    fn new(meters: Meters) -> Self {
        Self { meters, moments: VecDeque::new(), live: None, series: Series::default() }
    }

    /// Makes rows until the end.
    fn follow(mut self, ended: &Receiver<Moment>) -> Series {
        let before = self.meters.look(clock::now());
        let last = loop {
            match ended.recv_timeout(LOOK) {
                Ok(moment) => break Some(moment),
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => self.advance(),
            }
        };
        let end = last.as_ref().map_or_else(clock::now, |moment| moment.at);
        if let Some(timing) = self.meters.progress.recorder.timing().filter(|_| self.moments.is_empty()) {
            // All was over before the first look.
            self.moments.push_back(Moment { at: timing.start, ..before });
        }
        self.moments.extend(last);
        // Until the other end is dropped, threads may still hand something over.
        while ended.recv().is_ok() {}
        self.make_rows();
        self.series.close(&self.meters.progress, end);
        self.series
    }

    /// Looks if an interval has just ended.
    fn advance(&mut self) {
        let Some(timing) = self.meters.progress.recorder.timing() else { return };
        let now = clock::now();
        // The number of the interval that is running, once the first has begun.
        let running = self.moments.len().checked_sub(1).map(|more| (self.series.intervals.len() + more) as u64);
        let next = running.map_or(timing.start, |running| timing.end(running));
        if running.is_some_and(|running| running >= MOST - 1) {
            self.show_live(timing, now);
        } else if now >= next {
            self.moments.push_back(self.meters.look(next));
        }
        self.make_rows();
    }

    /// Shows what is known without a row: the last one is made when the run is over.
    fn show_live(&mut self, timing: Timing, now: u64) {
        if self.live.as_ref().is_some_and(|(before, _)| now < before.at.saturating_add(timing.length)) {
            return;
        }
        let Meters { progress, .. } = &self.meters;
        let (moment, received) = (self.meters.look(now), progress.received.value());
        if let Some((before, by_then)) = &self.live {
            progress.show_row(&Interval {
                at_s: seconds(timing.start, before.at),
                length_s: seconds(before.at, now),
                phase: progress.phase_at(now),
                connections: moment.connections,
                received: received.saturating_sub(*by_then),
                lost_so_far: moment.missing,
                generator: busiest(&moment.samples, &before.samples),
                server: moment.look.server_since(&before.look),
                ..Interval::default()
            });
        }
        self.live = Some((moment, received));
    }

    /// Makes a row of each interval whose end was seen and which all threads have handed over.
    fn make_rows(&mut self) {
        let Some(timing) = self.meters.progress.recorder.timing() else { return };
        while self.moments.len() > 1 {
            let number = self.series.intervals.len() as u64;
            let Some(open) = self.meters.progress.recorder.take(number) else { return };
            let Some(before) = self.moments.pop_front() else { return };
            self.add_row(timing, &before, &open);
        }
    }

    fn add_row(&mut self, timing: Timing, before: &Moment, open: &Open) {
        let Some(moment) = self.moments.front() else { return };
        let Meters { scenario, progress, .. } = &self.meters;
        let [main, second] = open.times.each_ref().map(Samples::percentiles);
        let of = |is: Scenario, percentiles: Percentiles| (*scenario == is).then_some(percentiles);
        let latency = scenario.has_latency().then_some(main);
        let holds = matches!(scenario, Scenario::Idle | Scenario::Stream);
        let (at_s, length_s) = (seconds(timing.start, before.at), seconds(before.at, moment.at));
        let row = Interval {
            at_s,
            length_s,
            phase: progress.phase_at(u64::midpoint(before.at, moment.at)),
            connections: moment.connections,
            sent: open.send_delay.count(),
            received: latency.map_or(0, |latency| latency.count) + open.replayed,
            lost_so_far: moment.missing,
            latency_ms: latency.unwrap_or_default(),
            connect_ms: of(Scenario::Connect, second),
            first_byte_ms: of(Scenario::Connect, main),
            traffic: holds.then_some(open.flow.traffic),
            streams: (*scenario == Scenario::Stream).then_some(Turnover::of(&open.flow)),
            first_event_ms: of(Scenario::Stream, main),
            gap_ms: of(Scenario::Stream, second),
            generator: busiest(&moment.samples, &before.samples),
            server: moment.look.server_since(&before.look),
        };
        let sent = scenario.has_latency().then_some((Kind::SendDelay, &open.send_delay));
        let kinds = scenario.times_of_intervals().into_iter().flatten().zip(&open.times).chain(sent);
        for (kind, samples) in kinds.filter(|_| progress.keeps_histograms()) {
            let max_ms = samples.percentiles().max.unwrap_or_default();
            self.series.histograms.push(Logged { kind, at_s, length_s, max_ms, compressed: samples.compressed() });
        }
        progress.show_row(&row);
        self.series.intervals.push(row);
    }
}

impl Series {
    /// Adds what is known at the end of the run.
    fn close(&mut self, progress: &Progress, end: u64) {
        let marks = progress.marks();
        let first = marks.first().map_or(end, |(_, at)| *at);
        let timing = progress.recorder.timing();
        let start = timing.map_or(first, |timing| timing.start);
        self.interval_s = timing.map_or(1, |timing| Duration::from_nanos(timing.length).as_secs());
        self.phases = marks.into_iter().map(|(phase, at)| Mark { phase, at_s: seconds(start, at) }).collect();
        self.end_s = seconds(start, end);
        let since = Duration::from_nanos(clock::now().saturating_sub(start));
        self.start = Timestamp::now().checked_sub(since).unwrap_or_default();
    }
}

/// From one moment to another in seconds, to the millisecond.
fn seconds(from: u64, to: u64) -> f64 {
    let rounded = |nanoseconds: u64| Duration::from_millis((nanoseconds + 500_000) / 1_000_000).as_secs_f64();
    if to >= from { rounded(to - from) } else { -rounded(from - to) }
}

impl Progress {
    /// The phase at a moment.
    fn phase_at(&self, at: u64) -> Phase {
        let marks = self.marks();
        let begun = marks.iter().rev().find(|(_, begun)| *begun <= at);
        begun.map_or(Phase::Connecting, |(phase, _)| *phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_before_and_behind_each_other() {
        let known = |from, to, expected: f64| (seconds(from, to) - expected).abs() < 1e-9;
        assert!(known(1_000_000_000, 3_499_600_000, 2.5) && known(3_000_000_000, 1_000_000_000, -2.0));
    }

    #[test]
    fn behind_the_last_row_nothing_piles_up_and_what_comes_is_shown_and_counted_in_it() {
        const LENGTH: u64 = 1_000_000;
        let progress = Arc::new(Progress::default());
        let start = clock::now() - (MOST + 100) * LENGTH;
        progress.recorder.begin(start, LENGTH, 0);
        let (threads, meter) = (Threads::default(), Meter::new(None, Arc::default()));
        let mut rows =
            Rows::new(Meters { scenario: Scenario::Fanout, threads, meter, progress: Arc::clone(&progress) });
        for _ in 0..=MOST + 100 {
            rows.advance();
        }
        let before = usize::try_from(MOST).expect("a few thousand") - 1;
        assert_eq!((rows.series.intervals.len(), rows.moments.len()), (before, 1));
        progress.recorder.sent(clock::now(), [1_000, 2_000].into_iter());
        progress.received.add(7);
        let seen = || progress.snapshot().last.map(|row| (row.at_s > seconds(0, MOST * LENGTH), row.received));
        while seen() != Some((true, 7)) {
            rows.advance();
        }
        assert_eq!((rows.series.intervals.len(), rows.moments.len()), (before, 1));
        rows.moments.push_back(rows.meters.look(clock::now()));
        rows.make_rows();
        assert_eq!(rows.series.intervals.len(), before + 1);
        let last = rows.series.intervals[before];
        assert!(last.sent == 2 && last.length_s > 0.1, "{last:?}");
    }
}
