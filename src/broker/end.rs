//! The in-band word that a stream ends by order: `sse.end`.

use crate::metrics::Closed;
use crate::wire::{Event, encode_event};

/// The type of the event that says so. No publisher may use a type with this prefix.
const EVENT: &str = "sse.end";

/// Why a subscription is ended that its client would have kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody who may do so ended it.
    Kicked,
    /// The token of its guest is over.
    TokenExpired,
}

impl End {
    /// The event that tells the client. It has no ID, so that it does not move what the client resumes from.
    pub(super) fn encode(self) -> Vec<u8> {
        let reason = match self {
            Self::Kicked => "kicked",
            Self::TokenExpired => "token_expired",
        };
        let mut words = Vec::new();
        let data = format!(r#"{{"reason":"{reason}"}}"#);
        encode_event(&Event { name: EVENT.parse().ok(), data, ..Event::default() }, &mut words);
        words
    }

    /// How it is counted.
    pub(super) fn closed(self) -> Closed {
        match self {
            Self::Kicked => Closed::Kicked,
            Self::TokenExpired => Closed::Expired,
        }
    }
}
