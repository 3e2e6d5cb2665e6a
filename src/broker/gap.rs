//! The in-band word that events are gone: `sse.gap`.

use std::fmt;

use serde::Serialize;

use crate::wire::{Event, encode_event};

/// The type of the event that reports a gap. No publisher may use a type with this prefix.
const EVENT: &str = "sse.gap";

/// Events that the client asked for and will not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Where the client wanted to go on: the ID, or the time, as it gave it.
    pub requested: String,
    /// The position after which the stream goes on.
    pub resumed: String,
    /// Why the events between are gone.
    pub reason: Reason,
}

/// Why there is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Retention has dropped events that the client has not seen.
    Expired,
    /// The position is one of another log: history was lost, or this is another broker.
    Epoch,
    /// No retained event has this ID.
    Unknown,
    /// The client read so slowly that retention overtook it.
    Slow,
    /// The events cannot be read from the disk any more, or were not on it yet when the broker was killed.
    Damaged,
}

impl Reason {
    /// The word that stands for it, on the wire and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Epoch => "epoch",
            Self::Unknown => "unknown",
            Self::Slow => "slow",
            Self::Damaged => "damaged",
        }
    }
}

impl Gap {
    /// Appends the event that tells the client. It has no ID, so that it does not move what the client resumes from.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let event = Event { name: EVENT.parse().ok(), data: self.to_string(), ..Event::default() };
        encode_event(&event, out);
    }
}

impl fmt::Display for Gap {
    /// The gap as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
