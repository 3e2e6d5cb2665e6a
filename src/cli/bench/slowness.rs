//! The options about subscribers that read slowly.

use clap::Args;

use crate::bench::{Percent, Scenario, Slow};
use crate::cli::failure::Failure;
use crate::cli::values;

/// The options.
#[derive(Debug, Args)]
#[command(next_help_heading = "Slow readers")]
pub(super) struct SlowOptions {
    /// How many of the subscribers read slowly, such as 5%. They have an account of their own, and all other figures are of
    /// the others: beside those of a run without it they show what slow readers cost. That the server ends their streams is
    /// no fault.
    #[arg(long, value_name = "PERCENT")]
    slow: Option<Percent>,
    /// How much each of them reads per second, at most.
    #[arg(long, value_name = "SIZE", default_value = "1KiB", value_parser = values::positive_size, requires = "slow")]
    slow_rate: u64,
}

impl SlowOptions {
    /// Those of a run without any.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { slow: None, slow_rate: 1 }
    }

    /// Makes sure that somebody is left to be measured.
    pub(super) fn check(&self, connections: u32) -> Result<(), Failure> {
        match self.slow.map(|part| part.of(connections)) {
            Some(slow) if slow >= connections => Err(Failure::usage(format!(
                "--slow makes all of {connections} subscribers slow, and none is left to measure"
            ))
            .hint("give more of them with -c, or a smaller part")),
            _ => Ok(()),
        }
    }

    /// How many subscribers are measured, and who reads slowly beside them.
    pub(super) fn share(&self, scenario: Scenario, connections: u32) -> (u32, Option<Slow>) {
        let slow = self
            .slow
            .filter(|_| scenario == Scenario::Fanout)
            .map(|part| Slow { connections: part.of(connections), bytes_per_second: self.slow_rate });
        (connections - slow.map_or(0, |slow| slow.connections), slow)
    }
}
