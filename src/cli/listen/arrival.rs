//! An event with the circumstances of its arrival: what templates and filters can tell of it, and what messages call it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::words::shortened;
use crate::wire::Message;

/// What is told of a type or an ID at most, in bytes.
const LONGEST_NAME: usize = 100;

/// An event as messages name it.
pub(super) fn name(message: &Message) -> String {
    match message.last_event_id.as_str() {
        "" => format!("an event of type {}", shortened(&message.event_type, LONGEST_NAME)),
        id => format!("event {}", shortened(id, LONGEST_NAME)),
    }
}

/// An event that has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub(super) message: &'a Message,
    /// When it came.
    pub(super) time: Timestamp,
    /// The time since the event before; `None` for the first.
    pub(super) delta: Option<Duration>,
}

impl Arrival<'_> {
    /// When it came, as RFC 3339 has it: in UTC, to the millisecond.
    pub(super) fn time(&self) -> String {
        format!("{:.3}", self.time)
    }

    /// The seconds since the event before, to the millisecond, such as `0.012`; empty for the first.
    pub(super) fn delta(&self) -> String {
        self.delta.map(|delta| format!("{}.{:03}", delta.as_secs(), delta.subsec_millis())).unwrap_or_default()
    }
}

/// What time it is: that of the bytes which came last, so that all that they say came at the same time.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    now: Instant,
    time: Timestamp,
    /// When the event before came.
    before: Option<Instant>,
    /// It is a recording that tells the time.
    plays: bool,
}

impl Clock {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { began: now, now, time: Timestamp::now(), before: None, plays: false }
    }

    /// Something happened.
    pub(super) fn tick(&mut self) {
        if !self.plays {
            (self.now, self.time) = (Instant::now(), Timestamp::now());
        }
    }

    /// A recording says that what follows came so long after its beginning.
    pub(super) fn play(&mut self, at: Duration) {
        (self.now, self.plays) = (self.began.checked_add(at).unwrap_or(self.now), true);
    }

    /// Whether there is anything to be told of times: not for a recording without them.
    pub(super) fn tells(&self, of_recording: bool) -> bool {
        self.plays || !of_recording
    }

    /// Since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    /// The time of the day.
    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

    /// An event came.
    pub(super) fn arrival<'a>(&mut self, message: &'a Message) -> Arrival<'a> {
        let before = self.before.replace(self.now);
        Arrival { message, time: self.time, delta: before.map(|before| self.now - before) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_millisecond() {
        let message = Message { event_type: "message".into(), data: String::new(), last_event_id: String::new() };
        let time = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let first = Arrival { message: &message, time, delta: None };
        assert_eq!((first.time().as_str(), first.delta().as_str()), ("2023-11-14T22:13:20.000Z", ""));
        let later = Arrival { delta: Some(Duration::from_micros(61_012_999)), ..first };
        assert_eq!(later.delta(), "61.012");
    }
}
