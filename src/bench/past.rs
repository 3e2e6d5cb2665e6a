//! What is published before anybody asks for it: `sse bench replay`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Events that are there when the subscribers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// How many there are, at least 1.
    pub events: u64,
    /// Whether they are published at the rate of the plan, and not as fast as the server takes them.
    pub is_paced: bool,
    /// Whether subscribers name the event right before them in `Last-Event-ID`; otherwise their request says all.
    pub by_id: bool,
}

impl Past {
    /// How long it takes to publish them at a rate.
    #[must_use]
    pub fn lasts(self, rate: u32) -> Duration {
        Duration::from_millis(self.events.saturating_mul(1000) / u64::from(rate.max(1)))
    }
}
