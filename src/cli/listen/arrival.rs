//! An event with what is known of its coming.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::wire::Message;

/// An event that came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub(super) message: &'a Message,
    pub(super) time: Timestamp,
    /// Since the event before; none for the first.
    pub(super) delta: Option<Duration>,
}

/// What time it is: that of the bytes which came last, so that all that they say came at the same time.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    now: Instant,
    time: Timestamp,
    /// When the event before came.
    before: Option<Instant>,
}

impl Clock {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { began: now, now, time: Timestamp::now(), before: None }
    }

    /// Something happened.
    pub(super) fn tick(&mut self) {
        (self.now, self.time) = (Instant::now(), Timestamp::now());
    }

    /// Since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.began
    }

    /// An event came.
    pub(super) fn arrival<'a>(&mut self, message: &'a Message) -> Arrival<'a> {
        let before = self.before.replace(self.now);
        Arrival { message, time: self.time, delta: before.map(|before| self.now - before) }
    }
}
