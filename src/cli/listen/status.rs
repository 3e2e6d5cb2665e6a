//! One line on stderr that says how the connection is, while stderr is a terminal.
//!
//! It stands below what stdout prints to the same terminal: the caller clears it before printing and draws it again
//! afterwards. When it is dropped it is gone.

use std::io::{IsTerminal as _, Stderr, Write as _};

use super::super::terminal::{Paint, Tone, columns, escape_control, is_dumb};
use super::super::words::counted;

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
    /// A status line, if there is a terminal that can redraw it.
    pub(super) fn new(url: &str) -> Option<Self> {
        let stderr = std::io::stderr();
        let paint = Paint::on(&stderr);
        let url = escape_control(url, "").into_owned();
        (stderr.is_terminal() && !is_dumb()).then_some(Self {
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
        let (tone, mark) = self.mark();
        let rest = self.rest(columns(&self.stderr).saturating_sub(mark.chars().count() + 1));
        let _ = write!(self.stderr, "\r\x1b[2K{}{rest}", self.paint.paint(tone, mark));
        let _ = self.stderr.flush();
        (self.shown, self.stale) = (true, false);
    }

    /// What the line begins with.
    fn mark(&self) -> (Tone, &'static str) {
        match self.state {
            State::Connecting => (Tone::Doubt, "○ connecting"),
            State::Live => (Tone::Good, "● live"),
            State::Offline(_) => (Tone::Bad, "● offline"),
        }
    }

    /// What follows the mark, within the columns.
    fn rest(&self, columns: usize) -> String {
        match &self.state {
            State::Connecting => rest("", &self.url, "", columns),
            State::Live => rest("", &self.url, &counted(self.events, "event"), columns),
            State::Offline(why) => rest(&escape_control(why, ""), &self.url, "", columns),
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        self.clear();
    }
}

/// What is left of a URL has to name it still, in columns; otherwise it says nothing and goes.
const SHORTEST_URL: usize = 12;

/// Each part with its space in front. It is the URL that gets shorter: people know it.
fn rest(before: &str, url: &str, after: &str, columns: usize) -> String {
    let part = |text: &str| if text.is_empty() { String::new() } else { format!("  {text}") };
    let (before, after) = (part(before), part(after));
    let left = columns.saturating_sub(columns_of(&before) + columns_of(&after) + 2);
    let url = if left < SHORTEST_URL.min(columns_of(url)) { String::new() } else { part(&shortened(url, left)) };
    shortened(&format!("{before}{url}{after}"), columns)
}

/// The text within the columns: what does not fit is left out in the middle, because both ends tell most.
fn shortened(text: &str, columns: usize) -> String {
    if columns_of(text) <= columns {
        return text.to_owned();
    }
    let Some(left) = columns.checked_sub(column_of(GAP)) else { return String::new() };
    let start: String = fitting(text.chars(), left.div_ceil(2)).collect();
    let end: Vec<char> = fitting(text.chars().rev(), left - columns_of(&start)).collect();
    start.chars().chain([GAP]).chain(end.into_iter().rev()).collect()
}

/// Stands for what is left out.
const GAP: char = '…';

/// The first characters, as many as fit into the columns.
fn fitting(chars: impl Iterator<Item = char>, columns: usize) -> impl Iterator<Item = char> {
    chars
        .scan(0, |used, c| {
            *used += column_of(c);
            Some((*used, c))
        })
        .take_while(move |(used, _)| *used <= columns)
        .map(|(_, c)| c)
}

fn columns_of(text: &str) -> usize {
    text.chars().map(column_of).sum()
}

/// A character beyond ASCII is taken to need two columns: a line that wraps could not be cleared.
fn column_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:8080/events/rooms/7";

    #[test]
    fn it_is_the_url_that_gets_shorter_and_then_goes() {
        assert_eq!(rest("", URL, "3 events", 80), format!("  {URL}  3 events"));
        assert_eq!(rest("", URL, "3 events", 34), "  http://127…ts/rooms/7  3 events");
        assert_eq!(rest("", URL, "3 events", 20), "  3 events");
        let why = "the stream ended; reconnecting in 1 s";
        assert_eq!(rest(why, URL, "", 60), format!("  {why}  http://12…/rooms/7"));
        assert_eq!(rest(why, URL, "", 41), format!("  {why}"));
        assert_eq!(rest(why, URL, "", 30), "  the stream e…necting in 1 s");
    }

    #[test]
    fn a_line_never_becomes_wider_than_the_terminal() {
        for text in ["http://a/b/c/d/e", "ä☃xä☃xä☃x", ""] {
            for columns in 0..20 {
                let shown = shortened(text, columns);
                assert!(columns_of(&shown) <= columns, "{shown:?} in {columns}");
                assert!(columns_of(&rest(text, URL, text, columns)) <= columns, "{text} in {columns}");
            }
        }
        assert_eq!(shortened("http://a", 8), "http://a");
        assert_eq!(shortened("http://a", 7), "htt…/a");
    }
}
