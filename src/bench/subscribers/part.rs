//! Which of the subscribers of a run a process has: its threads take turns with those of the others, so that each process has
//! as many as any other, and the ramp goes on evenly over all of them.

use serde::{Deserialize, Serialize};

use crate::bench::{Plan, clock};

/// The part of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::bench) struct Part {
    /// The number of the process, from 0.
    pub(in crate::bench) number: u32,
    /// How many there are.
    pub(in crate::bench) of: u32,
    /// When the ramp begins, in the time of `clock`.
    pub(in crate::bench) begun: u64,
}

impl Part {
    /// All of them, from now on.
    pub(super) fn whole() -> Self {
        Self { number: 0, of: 1, begun: clock::now() }
    }

    /// The numbers of its threads in the run.
    pub(in crate::bench) fn threads(self, plan: &Plan) -> impl Iterator<Item = u32> {
        (self.number..plan.threads.min(plan.connections)).step_by(self.of.max(1) as usize)
    }
}
