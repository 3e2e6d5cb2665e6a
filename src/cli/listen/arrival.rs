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
    /// When it came; `None` in a recording that does not tell.
    pub(super) time: Option<Timestamp>,
    /// The time since the event before; `None` for the first.
    pub(super) delta: Option<Duration>,
}

impl Arrival<'_> {
    /// When it came, as RFC 3339 has it: in UTC, to the millisecond; empty if that is not known.
    pub(super) fn time(&self) -> String {
        self.time.map(|time| format!("{time:.3}")).unwrap_or_default()
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
    time: Option<Timestamp>,
    /// When the event before came.
    before: Option<Instant>,
    telling: Telling,
}

/// Who tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    /// The clocks of this machine.
    Clocks,
    /// A recording, which has not done so yet.
    Nobody,
    Recording,
}

impl Clock {
    pub(super) fn start(of_recording: bool) -> Self {
        let now = Instant::now();
        let telling = if of_recording { Telling::Nobody } else { Telling::Clocks };
        let mut clock = Self { began: now, now, time: None, before: None, telling };
        clock.tick();
        clock
    }

    /// Something happened.
    pub(super) fn tick(&mut self) {
        match self.telling {
            Telling::Clocks => (self.now, self.time) = (Instant::now(), Some(Timestamp::now())),
            Telling::Nobody => self.now = Instant::now(),
            Telling::Recording => {}
        }
    }

    /// A recording says that what follows came so long after its beginning, and at what time, if it knows.
    pub(super) fn play(&mut self, at: Duration, time: Option<Timestamp>) {
        (self.now, self.time) = (self.began.checked_add(at).unwrap_or(self.now), time);
        self.telling = Telling::Recording;
    }

    /// Whether times are known.
    pub(super) fn tells(&self) -> bool {
        self.telling != Telling::Nobody
    }

    /// Since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.now.saturating_duration_since(self.began)
    }

    /// The time of the day.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// An event came.
    pub(super) fn arrival<'a>(&mut self, message: &'a Message) -> Arrival<'a> {
        let before = self.before.replace(self.now);
        Arrival {
            message,
            time: self.time,
            delta: before.filter(|_| self.tells()).map(|before| self.now.saturating_duration_since(before)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_millisecond() {
        let message = Message { event_type: "message".into(), data: String::new(), last_event_id: String::new() };
        let time = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        let first = Arrival { message: &message, time: Some(time), delta: None };
        assert_eq!((first.time().as_str(), first.delta().as_str()), ("2023-11-14T22:13:20.000Z", ""));
        let later = Arrival { delta: Some(Duration::from_micros(61_012_999)), ..first };
        assert_eq!(later.delta(), "61.012");
    }
}
