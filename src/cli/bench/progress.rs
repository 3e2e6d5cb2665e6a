//! What the user sees while a run goes on: on stderr two lines that are renewed, if that is a terminal that can redraw
//! them, and else a line every few seconds.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::columns;
use crate::bench::figures::{grouped, milliseconds, percent, whole};
use crate::bench::{Interval, Percentiles, Phase, Plan, Scenario, Snapshot};
use crate::cli::terminal::is_dumb;

/// How often the display is renewed.
pub(super) const PERIOD: Duration = Duration::from_millis(100);

/// How often there is a line where none can be renewed: often enough to see that it goes on.
const LINE_EACH: Duration = Duration::from_secs(5);

/// The first line, and what is left of it on a terminal that has no room for the bar and a sentence; the second line.
const WITH_BAR: &str = "{spinner} {prefix:<10} {bar:24.cyan/dim} {wide_msg}";
const WITHOUT_BAR: &str = "{spinner} {prefix} {wide_msg}";
const FIGURES: &str = "  {wide_msg}";

/// From how many columns on there is room for the bar: 38 before the sentence, and as many for its beginning.
const ROOM_FOR_BAR: usize = 80;

/// The columns that are used where it is not known how many there are.
const USUAL_COLUMNS: usize = 80;

/// The display of a run.
#[derive(Debug)]
pub(super) enum Display {
    /// Lines that are renewed.
    Bars(Bars),
    /// A line now and then.
    Lines(Lines),
    /// Nothing.
    Quiet,
}

/// indicatif cuts `wide_msg` to the width.
#[derive(Debug)]
pub(super) struct Bars {
    all: MultiProgress,
    bar: ProgressBar,
    figures: ProgressBar,
    run: Size,
}

#[derive(Debug)]
pub(super) struct Lines {
    /// When the next one is due.
    next: Instant,
    run: Size,
}

/// What a run does, and how large it is.
#[derive(Clone, Copy, Debug)]
struct Size {
    scenario: Scenario,
    connections: u32,
    events: u64,
    rate: u32,
    /// How long it is measured, in seconds.
    duration: f64,
}

impl Display {
    pub(super) fn new(plan: &Plan, quiet: bool) -> Self {
        let run = Size {
            scenario: plan.scenario,
            connections: plan.connections,
            events: plan.events(),
            rate: plan.rate,
            duration: plan.duration.as_secs_f64(),
        };
        match std::io::stderr().is_terminal() && !is_dumb() {
            _ if quiet => Self::Quiet,
            true => Self::Bars(Bars::new(run)),
            false => Self::Lines(Lines { next: Instant::now() + LINE_EACH, run }),
        }
    }

    /// Shows how it is now.
    pub(super) fn show(&mut self, now: &Snapshot, interrupted: bool) {
        match self {
            Self::Bars(bars) => bars.show(now, interrupted),
            Self::Lines(lines) => lines.show(now, interrupted),
            Self::Quiet => {}
        }
    }

    /// Takes away what can be taken away.
    pub(super) fn clear(&mut self) {
        if let Self::Bars(bars) = self {
            // A terminal that is gone needs no clearing.
            let _ = bars.all.clear();
        }
    }
}

impl Bars {
    fn new(run: Size) -> Self {
        let columns = columns::of(&std::io::stderr());
        let first = if columns.is_some_and(|columns| columns < ROOM_FOR_BAR) { WITHOUT_BAR } else { WITH_BAR };
        let all = MultiProgress::new();
        let add = |template| {
            let bar = all.add(ProgressBar::no_length());
            // The templates are constants: a bar without a style still shows.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        };
        let (bar, figures) = (add(first), add(FIGURES));
        bar.set_length(run.events);
        Self { all, bar, figures, run }
    }

    fn show(&self, now: &Snapshot, interrupted: bool) {
        self.bar.set_position(now.sent);
        self.bar.set_prefix(phase(now, interrupted));
        self.bar.set_message(self.run.course(now));
        self.bar.tick();
        let columns = columns::of(&std::io::stderr()).unwrap_or(USUAL_COLUMNS);
        self.figures.set_message(fitting(figures(now, self.run.scenario), "  ", columns.saturating_sub(2)));
        self.figures.tick();
    }
}

impl Lines {
    fn show(&mut self, now: &Snapshot, interrupted: bool) {
        if Instant::now() < self.next {
            return;
        }
        self.next += LINE_EACH;
        let parts = std::iter::once(self.run.course(now)).chain(figures(now, self.run.scenario));
        let begin = format!("sse: {}: ", phase(now, interrupted));
        let room = columns::of(&std::io::stderr()).map_or(usize::MAX, |columns| columns.saturating_sub(begin.len()));
        // If stderr is gone there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "{begin}{}", fitting(parts, ", ", room));
    }
}

impl Size {
    /// How far it is.
    fn course(self, now: &Snapshot) -> String {
        let Snapshot { opened, probed, sent, away, .. } = *now;
        match now.phase {
            Phase::Connecting => {
                format!("{} of {} subscribers", grouped(opened), grouped(u64::from(self.connections)))
            }
            // Some servers answer with the first event.
            Phase::Probing if opened == 0 => {
                format!("0 of {} subscribers have an answer", grouped(u64::from(self.connections)))
            }
            Phase::Probing => format!("{} of {} have heard a probe", grouped(probed), grouped(opened)),
            Phase::Draining => "waiting for the last deliveries".to_owned(),
            Phase::Filling => format!("{} of {} events", grouped(sent), grouped(self.events)),
            Phase::Measuring if self.scenario == Scenario::Replay => {
                format!("{} of {} have all", grouped(probed), grouped(u64::from(self.connections)))
            }
            _ if self.events == 0 => {
                let gone = now.last.map_or(0.0, |row| row.at_s + row.length_s);
                format!("{} s left", whole(self.duration - gone))
            }
            _ => {
                let left = grouped(self.events.saturating_sub(sent).div_ceil(u64::from(self.rate.max(1))));
                let away = if self.scenario == Scenario::Reconnect && away > 0 {
                    format!(", {} away", grouped(away))
                } else {
                    String::new()
                };
                format!("{left} s left{away}")
            }
        }
    }
}

fn phase(now: &Snapshot, interrupted: bool) -> &'static str {
    match now.phase {
        _ if interrupted => "stopping",
        Phase::Connecting => "connecting",
        Phase::Probing => "probing",
        Phase::WarmingUp => "warming up",
        Phase::Measuring => "measuring",
        Phase::Draining => "draining",
        Phase::Filling => "filling",
    }
}

/// The figures of the last second, what matters most first; none before there is one.
fn figures(now: &Snapshot, scenario: Scenario) -> impl Iterator<Item = String> {
    let figures = now.last.filter(|row| row.length_s > 0.0).map(|row| {
        let own = match scenario {
            Scenario::Fanout | Scenario::Reconnect | Scenario::Replay => of_published(&row),
            Scenario::Connect => times("first byte ", row.first_byte_ms.as_ref()),
            Scenario::Idle => of_idle(&row),
            Scenario::Stream => of_stream(&row),
        };
        let load = row.generator.map(|load| format!("load {}", percent(load.wanted)));
        std::iter::once(format!("{} open", grouped(row.connections))).chain(own).chain(load)
    });
    figures.into_iter().flatten()
}

fn of_published(row: &Interval) -> Vec<String> {
    let mut figures = vec![format!("{}/s", whole(row.received_per_second()))];
    figures.extend(times("", Some(&row.latency_ms)));
    figures.push(format!("{} missing", grouped(row.lost_so_far)));
    figures
}

/// On streams that are idle, events are the exception.
fn of_idle(row: &Interval) -> Vec<String> {
    let traffic = row.traffic.unwrap_or_default();
    let events = (traffic.events > 0).then(|| format!("{} events/s", whole(row.per_second(traffic.events))));
    let comments = format!("{} heartbeats/s", whole(row.per_second(traffic.comments)));
    let bytes = format!("{} bytes/s", whole(row.per_second(traffic.bytes)));
    events.into_iter().chain([comments, bytes]).collect()
}

fn of_stream(row: &Interval) -> Vec<String> {
    let events = row.traffic.map_or(0, |traffic| traffic.events);
    let mut figures = vec![format!("{} events/s", whole(row.per_second(events)))];
    if let Some(streams) = row.streams {
        let failed = (streams.failed > 0).then(|| format!("{} failed", grouped(streams.failed)));
        figures.extend(failed.into_iter().chain([format!("{} ended", grouped(streams.ended))]));
    }
    let first = row.first_event_ms.and_then(|times| times.p50);
    let gap = row.gap_ms.and_then(|times| times.p50);
    let median = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {} ms", milliseconds(value)));
    figures.extend([median("first", first), median("gap", gap)].into_iter().flatten());
    figures
}

/// Median and p99 of some times, as far as they are known.
fn times(name: &str, times: Option<&Percentiles>) -> Vec<String> {
    let value = |level: &str, value: Option<f64>, unit: &str| Some(format!("{level} {}{unit}", milliseconds(value?)));
    let [p50, p99] = times.map_or([None; 2], |times| [times.p50, times.p99]);
    [value(&format!("{name}p50"), p50, ""), value("p99", p99, " ms")].into_iter().flatten().collect()
}

/// As many of the parts as fit, the first ones first.
fn fitting(parts: impl IntoIterator<Item = String>, between: &str, columns: usize) -> String {
    let mut line = String::new();
    for part in parts {
        let before = if line.is_empty() { "" } else { between };
        if line.chars().count() + before.len() + part.chars().count() > columns {
            break;
        }
        line += before;
        line += &part;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Load, Traffic, Turnover};

    fn snapshot(phase: Phase) -> Snapshot {
        let latency_ms = Percentiles { p50: Some(3.4), p99: Some(999.9), ..Percentiles::default() };
        let row = Interval {
            at_s: 3.0,
            length_s: 0.5,
            phase,
            connections: 10_000,
            sent: 100,
            received: 500_000,
            lost_so_far: 12_345,
            latency_ms,
            generator: Some(Load { ran: 0.5, wanted: 0.75 }),
            ..Interval::default()
        };
        Snapshot { phase, opened: 10_000, probed: 7, away: 1_200, sent: 450, received: 1, last: Some(row) }
    }

    #[test]
    fn the_figures_of_the_last_second_fit_into_eighty_columns() {
        let now = snapshot(Phase::Measuring);
        let figures = || figures(&now, Scenario::Fanout);
        let line = fitting(figures(), "  ", 78);
        assert_eq!(line, "10,000 open  1,000,000/s  p50 3.400  p99 999.9 ms  12,345 missing  load 75 %");
        assert_eq!(fitting(figures(), ", ", 30), "10,000 open, 1,000,000/s");
    }

    #[test]
    fn each_scenario_shows_what_it_has() {
        let mut now = snapshot(Phase::Measuring);
        let times = |p50| Some(Percentiles { p50: Some(p50), p99: Some(22.0), ..Percentiles::default() });
        let row = now.last.as_mut().expect("a row");
        row.traffic = Some(Traffic { bytes: 4_200_000, comments: 5_000, events: 0 });
        (row.first_byte_ms, row.first_event_ms, row.gap_ms) = (times(0.5), times(315.4), times(14.8));
        let line = |now: &Snapshot, scenario| fitting(figures(now, scenario), "  ", 78);
        assert_eq!(line(&now, Scenario::Idle), "10,000 open  10,000 heartbeats/s  8,400,000 bytes/s  load 75 %");
        assert_eq!(line(&now, Scenario::Connect), "10,000 open  first byte p50 0.500  p99 22.00 ms  load 75 %");
        let row = now.last.as_mut().expect("a row");
        row.traffic = Some(Traffic { events: 12_000, ..Traffic::default() });
        (row.streams, row.connections) = (Some(Turnover { ended: 650, failed: 0 }), 200);
        let stream = "200 open  24,000 events/s  650 ended  first 315.4 ms  gap 14.80 ms  load 75 %";
        assert_eq!(line(&now, Scenario::Stream), stream);
        assert!(line(&now, Scenario::Idle).contains("  24,000 events/s  0 heartbeats/s  "));
    }

    #[test]
    fn what_is_left_is_said_in_seconds() {
        let run = Size { scenario: Scenario::Fanout, connections: 10_000, events: 1000, rate: 100, duration: 10.0 };
        assert_eq!(run.course(&snapshot(Phase::Measuring)), "6 s left");
        let replay = Size { scenario: Scenario::Replay, ..run };
        assert_eq!(replay.course(&snapshot(Phase::Filling)), "450 of 1,000 events");
        assert_eq!(replay.course(&snapshot(Phase::Measuring)), "7 of 10,000 have all");
        let storm = Size { scenario: Scenario::Reconnect, ..run };
        assert_eq!(storm.course(&snapshot(Phase::Measuring)), "6 s left, 1,200 away");
        assert_eq!(run.course(&snapshot(Phase::Connecting)), "10,000 of 10,000 subscribers");
        assert_eq!(run.course(&snapshot(Phase::Probing)), "7 of 10,000 have heard a probe");
    }
}
