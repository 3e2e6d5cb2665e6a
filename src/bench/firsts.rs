//! The first of what went wrong, to be quoted: one example says more than any count. Pure: `tally` notes it, `account` adds
//! it up, `verdict` and `clues` quote it.

use serde::{Deserialize, Serialize};

use super::Refusal;

/// What came first of each kind, where it came at all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Firsts {
    /// An event at a subscriber of another topic: its topic, and the subscriber's.
    pub(super) misrouted: Option<(u32, u32)>,
    /// The beginning of another event that no publisher of this run has sent.
    pub(super) foreign: Option<String>,
    /// Why a subscriber has no stream.
    pub(super) refusal: Option<Refusal>,
    /// Why a stream ended that did so by itself.
    pub(super) end: Option<String>,
}

impl Firsts {
    /// Adds what others had, who come behind these.
    pub(super) fn merge(&mut self, other: Self) {
        self.misrouted = self.misrouted.or(other.misrouted);
        self.foreign = self.foreign.take().or(other.foreign);
        self.refusal = self.refusal.take().or(other.refusal);
        self.end = self.end.take().or(other.end);
    }

    /// What arrived instead of what was awaited.
    pub(super) fn instead(&self) -> Option<String> {
        let misrouted = || {
            let (of, at) = self.misrouted?;
            Some(format!("an event of topic {of} at a subscriber of topic {at}"))
        };
        self.foreign.clone().or_else(misrouted)
    }
}
