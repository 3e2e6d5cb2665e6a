//! What subscribers are in a run: nearly always they are those that are measured.

use std::sync::Arc;

use super::Tally;
use crate::bench::Slow;
use crate::bench::herd::Herd;
use crate::bench::sequences::Sequences;

/// What they read, and how.
#[derive(Clone, Debug)]
pub(in crate::bench) enum Role {
    /// What is published from now on.
    Live,
    /// The same, and the ID of the last event is noted.
    Listener,
    /// All of these events, by publisher, from behind the one with this ID on; if it is empty, as their request says.
    Herd(String, Arc<[Sequences]>),
    /// What is published from now on, slowly; and the number of the first of them in the run.
    Slow(Slow, u32),
}

impl Role {
    /// The number of the first of them in the run.
    pub(super) fn first(&self) -> u32 {
        if let Self::Slow(_, first) = self { *first } else { 0 }
    }

    /// How slowly they read, if they do.
    pub(super) fn pace(&self) -> Option<Slow> {
        if let Self::Slow(slow, _) = self { Some(*slow) } else { None }
    }

    /// What they ask with in `Last-Event-ID`; empty for nothing.
    pub(super) fn last_event_id(&self) -> String {
        if let Self::Herd(id, _) = self { id.clone() } else { String::new() }
    }

    /// Prepares the notes of so many.
    pub(super) fn prepare(&self, tally: &mut Tally, members: usize) {
        match self {
            Self::Listener => tally.last_event_id = Some(String::new()),
            Self::Herd(_, events) => tally.herd = Some(Box::new(Herd::new(events, members))),
            Self::Live | Self::Slow(..) => {}
        }
    }
}
