//! What a subscriber is told when the broker stops.

use std::time::Duration;

use crate::wire::{Event, EventName, encode_event};

/// Clients are asked to come back after a time between these, each after another: not all of them at once.
const COME_BACK: std::ops::Range<u64> = 1_000..5_000;

/// The last words: a reconnection time, and an event if the operator has named one.
#[derive(Clone, Debug, Default)]
pub struct Farewell {
    /// The shutdown event: its type, if it has one, and its data.
    pub event: Option<(Option<EventName>, String)>,
}

impl Farewell {
    /// The words for one subscriber. Like all control events they carry no ID.
    pub(super) fn encode(&self) -> Vec<u8> {
        let come_back = Duration::from_millis(fastrand::u64(COME_BACK));
        let mut words = format!("retry: {}\n", come_back.as_millis()).into_bytes();
        if let Some((name, data)) = self.event.clone() {
            words.clear();
            encode_event(&Event { name, retry: Some(come_back), data, id: None }, &mut words);
        }
        words
    }
}
