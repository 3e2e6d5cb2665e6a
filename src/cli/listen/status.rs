//! One line on stderr that says how the connection is, while stderr is a terminal.
//!
//! It stands below what stdout prints to the same terminal: the caller clears it before printing and draws it again
//! afterwards. When it is dropped it is gone.

use std::io::{IsTerminal as _, Stderr, Write as _};

use colored::Color;

use super::super::terminal::{Paint, escape_control};

/// Used where the terminal does not tell its width.
const USUAL_WIDTH: usize = 80;

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A connection is being made.
    Connecting,
    /// The stream is open.
    Live,
    /// What happened, and what comes next.
    Offline(String),
}

/// The line.
pub(super) struct Status {
    stderr: Stderr,
    paint: Paint,
    state: State,
    url: String,
    events: u64,
    shown: bool,
    /// What it says is no longer what the terminal shows.
    stale: bool,
}

impl Status {
    /// A status line, if there is a terminal to draw it on.
    pub(super) fn new(url: &str) -> Option<Self> {
        let stderr = std::io::stderr();
        let paint = Paint::on(&stderr);
        let url = escape_control(url, "").into_owned();
        stderr.is_terminal().then_some(Self {
            stderr,
            paint,
            state: State::Connecting,
            url,
            events: 0,
            shown: false,
            stale: true,
        })
    }

    /// Takes in how the connection is now; the next [`Status::draw`] shows it.
    pub(super) fn set(&mut self, state: State) {
        self.state = state;
        self.stale = true;
    }

    /// Counts an event.
    pub(super) fn event(&mut self) {
        self.events += 1;
        self.stale = true;
    }

    /// Takes the line away, so that other text can be printed where it stood.
    pub(super) fn clear(&mut self) {
        if self.shown {
            // If the terminal is gone nobody sees the line either.
            let _ = write!(self.stderr, "\r\x1b[2K");
            self.shown = false;
            self.stale = true;
        }
    }

    /// Draws the line, if it says something new.
    pub(super) fn draw(&mut self) {
        if !self.stale {
            return;
        }
        let (color, mark, rest) = self.text();
        let rest = cut(&rest, width().saturating_sub(mark.chars().count() + 1));
        let _ = write!(self.stderr, "\r\x1b[2K{}{rest}", self.paint.paint(color, mark));
        let _ = self.stderr.flush();
        (self.shown, self.stale) = (true, false);
    }

    /// What the line says: a coloured mark, and the rest.
    fn text(&self) -> (Color, &'static str, String) {
        let events = if self.events == 1 { "1 event".to_owned() } else { format!("{} events", self.events) };
        match &self.state {
            State::Connecting => (Color::Yellow, "○ connecting", format!("  {}", self.url)),
            State::Live => (Color::Green, "● live", format!("  {}  {events}", self.url)),
            State::Offline(why) => (Color::Red, "● offline", format!("  {}  {}", escape_control(why, ""), self.url)),
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The columns of the terminal as it is now: people resize theirs.
fn width() -> usize {
    rustix::termios::tcgetwinsize(std::io::stderr())
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL_WIDTH)
}

/// As much of the text as fits into the columns. A character beyond ASCII is taken to need two of them: a line that
/// wraps could not be cleared.
fn cut(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += if c.is_ascii() { 1 } else { 2 };
        if used > columns {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_becomes_wider_than_the_terminal() {
        assert_eq!(cut("http://a", 8), "http://a");
        assert_eq!(cut("http://a", 7), "http://");
        assert_eq!(cut("ä☃x", 4), "ä☃");
        assert_eq!(cut("ä☃x", 3), "ä");
    }
}
