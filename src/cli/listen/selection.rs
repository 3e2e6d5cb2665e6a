//! Which events are shown, and when it is enough.

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
    /// How many more events to show.
    remaining: Option<u64>,
}

impl Selection {
    pub(super) fn new(options: &SelectionOptions) -> Self {
        let SelectionOptions { events, exclude, until, count, .. } = options;
        Self { events: events.clone(), exclude: exclude.clone(), until: until.clone(), remaining: *count }
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
        self.remaining = self.remaining.map(|remaining| remaining.saturating_sub(1));
        self.remaining == Some(0)
    }
}
