//! What is said beside the output: words on stderr, each after what was shown before it, and the status line there.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, Write as _};

use super::super::Common;
use super::super::terminal::{columns, escape_control, is_dumb, wrapped};
use super::status::{State, Status};

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Words {
    Errors,
    /// What went wrong on the way.
    Usual,
    /// Also what went well.
    All,
}

/// Words that wait for output before they are said; more of them are a reason to write it.
const MANY: usize = 100;

/// Stderr.
pub(super) struct Voice {
    level: Words,
    status: Option<Status>,
    /// What is to be said, and how much of the output comes before it.
    waiting: VecDeque<(u64, String)>,
}

impl Voice {
    /// Says as much as was asked for. The status of what comes from `url` takes the place of words about the connection, where
    /// no more than usual is said.
    pub(super) fn new(common: &Common, url: Option<&str>) -> Self {
        let level = match (common.quiet, common.verbose) {
            (true, _) => Words::Errors,
            (false, 0) => Words::Usual,
            _ => Words::All,
        };
        let status = url.filter(|_| level == Words::Usual).and_then(Status::new);
        Self { level, status, waiting: VecDeque::new() }
    }

    /// Says a line when so much of the output is written.
    pub(super) fn say(&mut self, level: Words, after: u64, text: &str) {
        if level <= self.level {
            self.waiting.push_back((after, escape_control(text, "").into_owned()));
        }
    }

    /// The same for those who have no status line.
    pub(super) fn say_without_status(&mut self, level: Words, after: u64, text: &str) {
        if self.status.is_none() {
            self.say(level, after, text);
        }
    }

    /// How much of the output comes before the next line, if there is one.
    pub(super) fn waits_for(&self) -> Option<u64> {
        self.waiting.front().map(|(after, _)| *after)
    }

    /// Whether much is waiting to be said.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MANY
    }

    /// Says the next line.
    pub(super) fn speak(&mut self) {
        self.make_room();
        if let Some((_, text)) = self.waiting.pop_front() {
            let (mut stderr, text) = (std::io::stderr(), format!("sse: {text}"));
            let lines = if stderr.is_terminal() && !is_dumb() { wrapped(&text, columns(&stderr)) } else { vec![text] };
            // If stderr is gone there is nobody left to tell.
            let _ = writeln!(stderr, "{}", lines.join("\n"));
        }
    }

    /// Takes in how the connection is.
    pub(super) fn state(&mut self, state: State) {
        if let Some(status) = &mut self.status {
            status.set(state);
        }
    }

    /// Counts an event.
    pub(super) fn event(&mut self) {
        if let Some(status) = &mut self.status {
            status.event();
        }
    }

    /// Takes the status line away, so that other text can be printed where it stood.
    pub(super) fn make_room(&mut self) {
        if let Some(status) = &mut self.status {
            status.clear();
        }
    }

    /// Whether there is a status line.
    pub(super) fn has_status(&self) -> bool {
        self.status.is_some()
    }

    /// Draws the status as it is now.
    pub(super) fn draw(&mut self) {
        if let Some(status) = &mut self.status {
            status.draw();
        }
    }
}
