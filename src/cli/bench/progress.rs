//! What the user sees while a run goes on: on stderr two lines that are renewed, if that is a terminal that can redraw
//! them, and else a line every few seconds.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::columns;
use crate::bench::figures::{grouped, milliseconds, percent, whole};
use crate::bench::{Phase, Plan, Scenario, Snapshot};
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

/// How large a run is.
#[derive(Clone, Copy, Debug)]
struct Size {
    connections: u32,
    events: u64,
    rate: u32,
    /// How long it is measured, in seconds.
    duration: f64,
    scenario: Scenario,
}

impl Display {
    pub(super) fn new(plan: &Plan, quiet: bool) -> Self {
        let run = Size {
            connections: plan.connections,
            events: plan.events(),
            rate: plan.rate,
            duration: plan.duration.as_secs_f64(),
            scenario: plan.scenario,
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
        self.figures.set_message(fitting(figures(now), "  ", columns.saturating_sub(2)));
        self.figures.tick();
    }
}

impl Lines {
    fn show(&mut self, now: &Snapshot, interrupted: bool) {
        if Instant::now() < self.next {
            return;
        }
        self.next += LINE_EACH;
        let parts = std::iter::once(self.run.course(now)).chain(figures(now));
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
fn figures(now: &Snapshot) -> impl Iterator<Item = String> {
    let row = now.last.filter(|row| row.length_s > 0.0);
    let figures = row.map(|row| {
        let latency =
            |name: &str, value: Option<f64>, unit: &str| Some(format!("{name} {}{unit}", milliseconds(value?)));
        [
            Some(format!("{} open", grouped(row.connections))),
            Some(format!("{}/s", whole(row.received_per_second()))),
            latency("p50", row.latency_ms.p50, ""),
            latency("p99", row.latency_ms.p99, " ms"),
            Some(format!("{} missing", grouped(row.lost_so_far))),
            row.generator.map(|load| format!("load {}", percent(load.wanted))),
        ]
    });
    figures.into_iter().flatten().flatten()
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
    use crate::bench::{Interval, Load, Percentiles};

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
            server: None,
        };
        Snapshot { phase, opened: 10_000, probed: 7, away: 1_200, sent: 450, received: 1, last: Some(row) }
    }

    #[test]
    fn the_figures_of_the_last_second_fit_into_eighty_columns() {
        let line = fitting(figures(&snapshot(Phase::Measuring)), "  ", 78);
        assert_eq!(line, "10,000 open  1,000,000/s  p50 3.400  p99 999.9 ms  12,345 missing  load 75 %");
        assert_eq!(fitting(figures(&snapshot(Phase::Measuring)), ", ", 30), "10,000 open, 1,000,000/s");
    }

    #[test]
    fn what_is_left_is_said_in_seconds() {
        let run = Size { connections: 10_000, events: 1000, rate: 100, duration: 10.0, scenario: Scenario::Fanout };
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
