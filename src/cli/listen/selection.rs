//! Which events are shown, and when it is enough.

use super::super::words::counted;
use super::options::SelectionOptions;
use crate::wire::Message;

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Show,
    Skip,
    /// It says that this is the end.
    Stop,
}

/// The choice of the user.
pub(super) struct Selection {
    /// The types to show; all if there is none.
    events: Vec<String>,
    exclude: Vec<String>,
    until: Option<String>,
    /// How many events to show, and how many have been.
    count: Option<u64>,
    shown: u64,
    /// What was waited for came.
    met: bool,
}

impl Selection {
    pub(super) fn new(options: &SelectionOptions) -> Self {
        let SelectionOptions { events, exclude, until, count, .. } = options;
        Self {
            events: events.clone(),
            exclude: exclude.clone(),
            until: until.clone(),
            count: *count,
            shown: 0,
            met: false,
        }
    }

    /// What becomes of this one.
    pub(super) fn choose(&self, message: &Message) -> Choice {
        let Message { event_type, data, .. } = message;
        if self.until.as_ref().is_some_and(|until| until == data || until == event_type) {
            return Choice::Stop;
        }
        let named = self.events.is_empty() || self.events.contains(event_type);
        if named && !self.exclude.contains(event_type) { Choice::Show } else { Choice::Skip }
    }

    /// Counts an event that has been shown; whether it was the last.
    pub(super) fn shown(&mut self) -> bool {
        self.shown += 1;
        let last = self.count == Some(self.shown);
        self.met |= last;
        last
    }

    /// Takes note that the end came that was waited for.
    pub(super) fn met(&mut self) {
        self.met = true;
    }

    /// What did not come, though it was waited for, in a sentence.
    pub(super) fn unmet(&self) -> Option<String> {
        match (self.count, &self.until) {
            _ if self.met => None,
            (Some(count), _) => Some(format!("{} of {} came", self.shown, counted(count, "event"))),
            (None, Some(until)) => Some(format!("{until:?} did not come")),
            (None, None) => None,
        }
    }
}
