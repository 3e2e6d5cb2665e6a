//! `-o pretty`: time, type and ID on a line, the data below.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::terminal::{Paint, Tone, escape_control};
use super::arrival::Arrival;
use super::data;

/// What people see.
pub(super) struct Pretty {
    pub(super) paint: Paint,
    pub(super) times: Times,
    pub(super) zone: TimeZone,
}

/// The times before an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) clock: Clock,
    /// The time since the event before, too.
    pub(super) delta: bool,
}

/// How the time of an event is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Not at all: a recording has no times of its events.
    None,
    /// The local time of the day.
    Day,
    /// RFC 3339, in UTC.
    Full,
}

impl Pretty {
    /// Appends an event.
    pub(super) fn event(&self, arrival: &Arrival, out: &mut Vec<u8>) {
        let message = arrival.message;
        let mut text = String::new();
        if let Some(time) = arrival.time {
            self.time(time, &mut text);
        }
        if self.times.delta && arrival.delta.is_some() {
            let _ = write!(text, "{}  ", self.dim(&format!("+{} s", arrival.delta())));
        }
        text += &self.paint.paint(Tone::Name, &escape_control(&message.event_type, ""));
        if !message.last_event_id.is_empty() {
            let _ = write!(text, "  {}", self.dim(&escape_control(&message.last_event_id, "")));
        }
        text.push('\n');
        data::write(&message.data, self.paint, &mut text);
        out.extend_from_slice(text.as_bytes());
    }

    /// Appends a line about what is not an event.
    pub(super) fn note(&self, note: &str, out: &mut Vec<u8>) {
        let mut text = String::new();
        self.time(Timestamp::now(), &mut text);
        let _ = writeln!(text, "{}", self.dim(&escape_control(note, "")));
        out.extend_from_slice(text.as_bytes());
    }

    /// Appends a line about what became of the event above.
    pub(super) fn result(&self, tone: Tone, result: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("  {}\n", self.paint.paint(tone, &escape_control(result, ""))).as_bytes());
    }

    /// The title of a finding.
    pub(super) fn level(&self, is_problem: bool, code: &str) -> String {
        let (tone, level) = if is_problem { (Tone::Bad, "problem") } else { (Tone::Doubt, "note") };
        format!("{}  {code}\n", self.paint.paint(tone, level))
    }

    fn time(&self, time: Timestamp, text: &mut String) {
        let time = match self.times.clock {
            Clock::None => return,
            Clock::Day => time.to_zoned(self.zone.clone()).strftime("%H:%M:%S%.3f").to_string(),
            Clock::Full => format!("{time:.3}"),
        };
        let _ = write!(text, "{}  ", self.dim(&time));
    }

    fn dim(&self, text: &str) -> String {
        self.paint.paint(Tone::Faint, text).into_owned()
    }
}
