//! What a run does: the kinds of load that there are, and what they have in common. `run` chooses the phases by it, and
//! `cli` the options that mean something.

use serde::{Deserialize, Serialize};

use super::samples::Kind;

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

    /// The time that says the most about the server: the one that a file shows which shows one.
    #[must_use]
    pub fn main_time(self) -> Kind {
        match self {
            Self::Fanout | Self::Reconnect => Kind::Latency,
            Self::Replay => Kind::Replay,
            Self::Connect | Self::Idle => Kind::FirstByte,
            Self::Stream => Kind::FirstEvent,
        }
    }

    /// The two times that are also known of each interval of the series, the main one first.
    pub(super) fn times_of_intervals(self) -> Option<[Kind; 2]> {
        match self {
            Self::Fanout | Self::Reconnect => Some([Kind::Latency, Kind::ServerLatency]),
            Self::Connect => Some([Kind::FirstByte, Kind::Connect]),
            // All is open before the first interval; or who has all by its end says nothing about it.
            Self::Idle | Self::Replay => None,
            Self::Stream => Some([Kind::FirstEvent, Kind::EventGap]),
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
