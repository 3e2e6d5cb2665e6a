//! What is measured: each scenario starts a server of its own, loads it and returns figures.

mod behind;
mod herd;
mod idle;
mod latency;
mod per_delivery;
mod publish;
mod slow;
mod soak;
mod tokens;
mod topics;

use crate::options::Scale;
use crate::server::Kind;

/// One measurement.
pub struct Scenario {
    pub name: &'static str,
    /// What is done, in a sentence.
    pub title: fn(Scale) -> String,
    /// The servers that can take part.
    pub kinds: &'static [Kind],
    pub run: fn(Scale, Kind) -> anyhow::Result<Outcome>,
}

/// A number.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    /// The servers of whose figure it is shown as a multiple.
    pub against: &'static [Kind],
}

/// What one run of a scenario against one server showed.
#[derive(Debug, Default)]
pub struct Outcome {
    pub figures: Vec<Figure>,
    /// What the server did wrong.
    pub faults: Vec<String>,
    /// What else has to be said.
    pub notes: Vec<String>,
}

/// What most figures are multiples of: the least that the work takes, and what one gets without a program like this.
pub const FLOOR_AND_AXUM: &[Kind] = &[Kind::Floor, Kind::Axum];

/// All of them, in the order in which they run.
pub static ALL: [Scenario; 12] = [
    idle::IDLE,
    per_delivery::CPU,
    latency::FLOOD,
    latency::BUSY,
    latency::QUIET,
    topics::TOPICS,
    publish::PUBLISH,
    herd::HERD,
    slow::SLOW,
    behind::BEHIND,
    tokens::TOKENS,
    soak::SOAK,
];

/// The scenario of this name.
pub fn named(name: &str) -> Result<&'static Scenario, String> {
    ALL.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names = ALL.iter().map(|scenario| scenario.name);
        format!("there are: {}", names.collect::<Vec<_>>().join(", "))
    })
}

impl Outcome {
    /// Adds a figure that is shown as it is.
    pub fn show(&mut self, name: impl Into<String>, value: f64) {
        self.compare(name, value, &[]);
    }

    /// Adds a figure that is shown as a multiple of others' too.
    pub fn compare(&mut self, name: impl Into<String>, value: f64, against: &'static [Kind]) {
        self.figures.push(Figure { name: name.into(), value, against });
    }
}

impl std::fmt::Debug for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A count as a figure.
pub fn float(count: u64) -> f64 {
    crate::process::ratio(count, 1)
}
