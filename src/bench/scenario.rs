//! What a run does: the kinds of load that there are, and what they have in common. `run` chooses the phases by it, and
//! `cli` the options that mean something.

use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Events are published, and every subscriber has to get every one.
    #[default]
    Fanout,
    /// The same, and in the middle of it streams are lost and come back.
    Reconnect,
    /// Events are published, and then subscribers come and want all of them.
    Replay,
    /// Connections are opened until all are open.
    Connect,
    /// Connections are opened, and held while nothing is published.
    Idle,
    /// Streams are opened, read to their end, and opened again.
    Stream,
}

impl Scenario {
    /// All there are.
    pub const ALL: [Self; 6] = [Self::Fanout, Self::Reconnect, Self::Replay, Self::Connect, Self::Idle, Self::Stream];

    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fanout => "fanout",
            Self::Reconnect => "reconnect",
            Self::Replay => "replay",
            Self::Connect => "connect",
            Self::Idle => "idle",
            Self::Stream => "stream",
        }
    }

    /// Whether the run publishes the events that it measures.
    #[must_use]
    pub fn publishes(self) -> bool {
        self.has_latency() || self == Self::Replay
    }

    /// Whether the time from publishing an event to its delivery is measured.
    #[must_use]
    pub fn has_latency(self) -> bool {
        matches!(self, Self::Fanout | Self::Reconnect)
    }
}
