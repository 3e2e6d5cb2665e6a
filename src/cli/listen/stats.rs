//! `--stats`: how much came, how fast, and what went wrong.

use std::time::Duration;

use serde::Serialize;

use super::super::values::for_people;
use super::super::words::counted;
use crate::diagnosis::{ENDED, GAP};
use crate::wire::Message;

/// Counters of one run.
#[derive(Debug, Default)]
pub(super) struct Stats {
    events: u64,
    bytes: u64,
    gaps: u64,
    connections: u64,
    reconnects: u64,
    /// When the last byte came, since the start.
    heard: Option<Duration>,
    silence: Duration,
}

/// The figures, as JSON has them.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    seconds: f64,
    events: u64,
    bytes: u64,
    events_per_second: f64,
    gaps: u64,
    connections: u64,
    reconnects: u64,
    longest_silence_seconds: f64,
}

impl Stats {
    /// A connection is open.
    pub(super) fn opened(&mut self) {
        self.connections += 1;
    }

    /// Whether there was a connection.
    pub(super) fn has_opened(&self) -> bool {
        self.connections > 0
    }

    /// A connection is gone, and there will be another.
    pub(super) fn retrying(&mut self) {
        self.reconnects += 1;
    }

    /// Bytes came.
    pub(super) fn chunk(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Something was heard at this time. Silence lasts over reconnections.
    pub(super) fn heard(&mut self, at: Duration) {
        let heard = self.heard.replace(at);
        self.silence = self.silence.max(at.saturating_sub(heard.unwrap_or(at)));
    }

    /// An event came, whether it is shown or not; that of a gap or of an end is none.
    pub(super) fn event(&mut self, message: &Message) {
        if message.event_type == GAP {
            self.gaps += 1;
        } else if message.event_type != ENDED {
            self.events += 1;
        }
    }

    /// The figures up to this time.
    pub(super) fn figures(&self, at: Duration) -> Figures {
        let silence = self.silence.max(at.saturating_sub(self.heard.unwrap_or(at)));
        let rounded = |number: f64| (number * 1000.0).round() / 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = self.events as f64 / at.as_secs_f64().max(0.001);
        Figures {
            seconds: rounded(at.as_secs_f64()),
            events: self.events,
            bytes: self.bytes,
            events_per_second: rounded(rate),
            gaps: self.gaps,
            connections: self.connections,
            reconnects: self.reconnects,
            longest_silence_seconds: rounded(silence.as_secs_f64()),
        }
    }
}

impl Figures {
    /// For people, on one line; a recording without times has only what is in it.
    pub(super) fn text(&self, timed: bool) -> String {
        let Self { events, bytes, gaps, reconnects, .. } = *self;
        let (events, bytes) = (counted(events, "event"), bytesize::ByteSize::b(bytes).display().iec());
        let gaps = counted(gaps, "gap");
        if !timed {
            return format!("{events}, {bytes}, {gaps}");
        }
        let time = |seconds| for_people(Duration::from_secs_f64(seconds));
        let (lasted, silence) = (time(self.seconds), time(self.longest_silence_seconds));
        let (rate, reconnects) = (self.events_per_second, counted(reconnects, "reconnect"));
        format!("{events} in {lasted} ({rate:.1}/s), {bytes}, {gaps}, {reconnects}, longest silence {silence}")
    }
}
