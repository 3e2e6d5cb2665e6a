//! What the user sees while a run goes on: one line on stderr, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::{Phase, Plan, Snapshot};

/// How often the line is renewed.
pub(super) const PERIOD: Duration = Duration::from_millis(100);

/// The line. indicatif draws nothing where stderr is no terminal.
#[derive(Debug)]
pub(super) struct Display {
    bar: ProgressBar,
    connections: u32,
}

impl Display {
    pub(super) fn new(plan: &Plan, quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        // The template is a constant: a bar without a style still shows.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:<10} {bar:24.cyan/dim} {msg}") {
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
