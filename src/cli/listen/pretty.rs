//! `-o pretty`: time, type and ID on a line, the data below.

use std::fmt::Write as _;

use colored::Color;
use jiff::Zoned;

use super::super::terminal::{Paint, escape_control};
use super::data;
use crate::wire::Message;

/// What people see. A recording has no times: those of its events are not known.
pub(super) struct Pretty {
    pub(super) paint: Paint,
    pub(super) with_time: bool,
}

impl Pretty {
    /// Appends an event.
    pub(super) fn event(&self, message: &Message, out: &mut Vec<u8>) {
        let mut text = String::new();
        self.time(&mut text);
        text += &self.paint.paint(Color::Cyan, &escape_control(&message.event_type, ""));
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
        self.time(&mut text);
        let _ = writeln!(text, "{}", self.dim(&escape_control(note, "")));
        out.extend_from_slice(text.as_bytes());
    }

    /// The local time, to the millisecond.
    fn time(&self, text: &mut String) {
        if self.with_time {
            let _ = write!(text, "{}  ", self.dim(&Zoned::now().strftime("%H:%M:%S%.3f").to_string()));
        }
    }

    fn dim(&self, text: &str) -> String {
        self.paint.paint(Color::BrightBlack, text).into_owned()
    }
}
