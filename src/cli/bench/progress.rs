//! What the user sees while a run goes on: one line on stderr, if that is a terminal that can redraw a line.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::columns;
use crate::bench::{Phase, Plan, Snapshot};

/// How often the line is renewed.
pub(super) const PERIOD: Duration = Duration::from_millis(100);

/// The line, and what is left of it on a terminal that has no room for the bar and a sentence.
const WITH_BAR: &str = "{spinner} {prefix:<10} {bar:24.cyan/dim} {wide_msg}";
const WITHOUT_BAR: &str = "{spinner} {prefix} {wide_msg}";

/// From how many columns on there is room for the bar: 38 before the sentence, and as many for its beginning.
const ROOM_FOR_BAR: usize = 80;

/// The line. indicatif draws nothing where stderr is no terminal or `TERM` is `dumb`, and cuts `wide_msg` to the width.
#[derive(Debug)]
pub(super) struct Display {
    bar: ProgressBar,
    connections: u32,
}

impl Display {
    pub(super) fn new(plan: &Plan, quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        let columns = columns::of(&std::io::stderr());
        let template = if columns.is_some_and(|columns| columns < ROOM_FOR_BAR) { WITHOUT_BAR } else { WITH_BAR };
        // The templates are constants: a bar without a style still shows.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_length(plan.events());
        Self { bar, connections: plan.connections }
    }

    /// Renews the line.
    pub(super) fn show(&self, now: &Snapshot, interrupted: bool) {
        let Snapshot { opened, probed, sent, received, .. } = now;
        let prefix = match now.phase {
            _ if interrupted => "stopping",
            Phase::Connecting => "connecting",
            Phase::Probing => "probing",
            Phase::WarmingUp => "warming up",
            Phase::Measuring => "measuring",
            Phase::Draining => "draining",
        };
        let message = match now.phase {
            Phase::Connecting => format!("{opened} of {} subscribers", self.connections),
            Phase::Probing => format!("{probed} of {opened} subscribers have heard a probe"),
            _ => format!("{opened} subscribers, {sent} events sent, {received} measured deliveries"),
        };
        self.bar.set_position(*sent);
        self.bar.set_prefix(prefix);
        self.bar.set_message(message);
        self.bar.tick();
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}
