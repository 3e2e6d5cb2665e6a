//! The options of `sse bench reconnect`: what ends streams, and when.

use std::time::Duration;

use clap::Args;

use crate::bench::{Cause, Percent, Scenario, Storm};
use crate::cli::failure::Failure;
use crate::cli::values;

/// Which part of --duration passes before the storm, unless it is said.
const USUAL_PART: u32 = 3;

/// The options.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reconnect storms")]
pub(super) struct StormOptions {
    /// `sse bench reconnect`: how many of the subscribers drop their connections, all at once. They ask for new ones at once,
    /// with the ID of the last event that they got, and wait for no `retry:` of the server: that is the storm. Who fails
    /// tries again after 100 to 200 ms, and so does everybody whose stream the server ends.
    #[arg(long, value_name = "PERCENT", default_value = "100%")]
    drop: Percent,
    /// When the storm comes, from the beginning of the measured phase on [default: a third of --duration].
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    drop_after: Option<Duration>,
    /// `sse bench reconnect`: instead, stop the server with SIGTERM and start it again, with the same command at the same
    /// address. Streams come back when it does. Only for a server that --spawn has started, or for a broker of its own, which
    /// then has its history on the disk. Events that are due meanwhile are not sent.
    #[arg(long, conflicts_with = "drop")]
    restart_server: bool,
}

impl StormOptions {
    /// Whether the server is stopped and started again.
    pub(super) fn restart_server(&self) -> bool {
        self.restart_server
    }

    /// Makes sure that the storm comes while something is measured.
    pub(super) fn check(&self, duration: Duration) -> Result<(), Failure> {
        match self.drop_after.filter(|after| *after >= duration) {
            None => Ok(()),
            Some(_) => Err(Failure::usage("--drop-after has to be shorter than --duration")
                .hint("what follows the storm has to be measured too")),
        }
    }

    /// The storm of a scenario, if it has one.
    pub(super) fn storm(&self, scenario: Scenario, duration: Duration) -> Option<Storm> {
        let after = self.drop_after.unwrap_or(duration / USUAL_PART);
        let cause = if self.restart_server { Cause::Restart } else { Cause::Drop(self.drop) };
        (scenario == Scenario::Reconnect).then_some(Storm { cause, after })
    }
}
