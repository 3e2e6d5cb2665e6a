//! What is run: the arguments, and what the short form makes of numbers and times.

use std::time::Duration;

use clap::Parser;

use crate::scenarios::{self, Scenario};
use crate::server::{Kind, nchan};

/// Compare `sse serve` with other servers: each pinned to one core, the generator to another.
#[derive(Debug, Parser)]
#[command(name = "fanout")]
pub struct Options {
    /// The scenarios to run: idle, cpu, flood, busy, quiet, topics, publish, herd, slow, behind, tokens, soak [default: all but soak].
    #[arg(value_name = "SCENARIO", value_parser = scenarios::named)]
    named: Vec<&'static Scenario>,
    /// The servers to compare [default: all that there are].
    #[arg(long, value_name = "SERVER", value_delimiter = ',')]
    servers: Vec<Kind>,
    /// How often everything is run: the tables then show the median, the least and the most.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub runs: u32,
    /// A tenth of everything, for a second or two: whether it works, not how fast.
    #[arg(long)]
    short: bool,
    /// The soak too.
    #[arg(long)]
    long: bool,
    /// What cargo says when it benchmarks, and not when it tests.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be one of the servers.
    #[arg(long, hide = true)]
    pub serve: Option<Kind>,
}

/// How much of a scenario is run.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub short: bool,
}

impl Options {
    /// What is run of each scenario: without `--bench` this is a test.
    pub fn scale(&self) -> Scale {
        Scale { short: self.short || !self.bench }
    }

    pub fn scenarios(&self) -> Vec<&'static Scenario> {
        if self.named.is_empty() {
            return scenarios::ALL.iter().filter(|scenario| self.long || scenario.name != "soak").collect();
        }
        self.named.clone()
    }

    /// The servers that there are.
    pub fn kinds(&self) -> Vec<Kind> {
        let asked = if self.servers.is_empty() { Kind::ALL.to_vec() } else { self.servers.clone() };
        let missing = asked.contains(&Kind::Nchan).then(nchan::missing).flatten();
        if let Some(why) = &missing {
            println!("nchan is left out: {why}");
        }
        asked.into_iter().filter(|kind| *kind != Kind::Nchan || missing.is_none()).collect()
    }
}

impl Scale {
    /// A number of connections or events per second.
    pub fn count(self, full: u32) -> u32 {
        if self.short { full.div_ceil(10) } else { full }
    }

    /// A time in seconds.
    pub fn seconds(self, full: u64, short: u64) -> Duration {
        Duration::from_secs(if self.short { short } else { full })
    }
}
