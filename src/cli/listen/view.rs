//! What is shown of the notices: filtered, counted, in one of the formats, with the status beside it.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::time::Duration;

use super::super::Common;
use super::super::output::Output;
use super::super::terminal::{Paint, escape_control};
use super::json_lines::Line;
use super::pretty::Pretty;
use super::source::Source;
use super::status::{State, Status};
use super::{Format, Options};
use crate::client::{Notice, Read};
use crate::wire::{Item, Message};

/// How long the reader of a pipe is left alone with the terminal before the status is drawn again.
const READER_TIME: Duration = Duration::from_millis(150);

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Words {
    Errors,
    /// What went wrong on the way.
    Usual,
    /// Also what went well.
    All,
}

impl Words {
    fn of(common: &Common) -> Self {
        match (common.quiet, common.verbose) {
            (true, _) => Self::Errors,
            (false, 0) => Self::Usual,
            _ => Self::All,
        }
    }
}

/// Stdout and stderr of `listen`.
pub(super) struct View {
    format: Format,
    lifecycle: bool,
    /// The types to show; all if there is none.
    events: Vec<String>,
    /// How many more events to show.
    remaining: Option<u64>,
    pretty: Pretty,
    /// Stdout is a terminal, on which remote text must not act.
    terminal: bool,
    words: Words,
    output: Output,
    status: Option<Status>,
}

impl View {
    /// A view of what comes from `source`; only a server has a status, and only where no more than usual is said, line
    /// by line.
    pub(super) fn new(options: &Options, common: &Common, source: &Source) -> Self {
        let stdout = io::stdout();
        let words = Words::of(common);
        Self {
            format: options.output,
            lifecycle: options.lifecycle,
            events: options.events.clone(),
            remaining: options.count,
            pretty: Pretty { paint: Paint::on(&stdout), with_time: source.url().is_some() },
            terminal: stdout.is_terminal(),
            words,
            output: Output::new(),
            status: source.url().filter(|_| words == Words::Usual).and_then(Status::new),
        }
    }

    /// Takes a notice in; it is seen with the next [`View::flush`]. Breaks when enough has been shown.
    pub(super) fn show(&mut self, notice: Notice) -> ControlFlow<()> {
        match notice {
            Notice::Read(read) => return self.read(&read),
            Notice::Connecting => self.state(State::Connecting),
            Notice::Open { status, url } => {
                self.state(State::Live);
                self.word(Words::All, &format!("open: {url} answered {status}"));
                self.lifecycle(&Line::Open { status }, || format!("open {status}"));
            }
            Notice::Retrying { delay, cause } => {
                let reason = cause.to_string();
                let text = format!("{reason}; reconnecting in {}", seconds(delay));
                self.state(State::Offline(text.clone()));
                self.word(Words::Usual, &text);
                self.lifecycle(&Line::Retrying { in_ms: milliseconds(delay), reason }, || text);
            }
            Notice::CannotResume { id } => {
                let warning = format!("the last event ID {id:?} cannot be sent: events may be missing");
                self.clear_status();
                self.say(Words::Usual, &warning);
                self.lifecycle(&Line::Warning { warning: warning.clone() }, || warning.clone());
            }
        }
        ControlFlow::Continue(())
    }

    /// Bytes of the stream, and what they say.
    fn read(&mut self, read: &Read) -> ControlFlow<()> {
        if self.format == Format::Raw {
            self.plain(&read.bytes);
        }
        match &read.item {
            Some(Item::Event(message)) => return self.event(message),
            Some(Item::Comment(comment)) => {
                self.lifecycle(&Line::Comment { comment }, || format!(":{comment}"));
            }
            Some(Item::Retry(time)) => {
                let ms = milliseconds(*time);
                self.lifecycle(&Line::Retry { ms }, || format!("retry {ms} ms"));
            }
            None => {}
        }
        ControlFlow::Continue(())
    }

    /// What `--event` leaves out is not counted either.
    fn event(&mut self, message: &Message) -> ControlFlow<()> {
        if !self.events.is_empty() && !self.events.contains(&message.event_type) {
            return ControlFlow::Continue(());
        }
        if let Some(status) = &mut self.status {
            status.event();
        }
        match self.format {
            Format::Pretty => self.pretty.event(message, self.output.buffer()),
            Format::Json => {
                let Message { event_type, data, last_event_id } = message;
                Line::Event { event_type, data, id: last_event_id }.write(self.output.buffer());
            }
            Format::Data => {
                self.plain(message.data.as_bytes());
                self.output.buffer().push(b'\n');
            }
            Format::Raw => {}
        }
        self.remaining = self.remaining.map(|remaining| remaining - 1);
        if self.remaining == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Bytes of the stream: as they are, but for a terminal.
    fn plain(&mut self, bytes: &[u8]) {
        if self.terminal {
            let text = escape_control(&String::from_utf8_lossy(bytes), "\n\t").into_owned();
            self.output.buffer().extend_from_slice(text.as_bytes());
        } else {
            self.output.buffer().extend_from_slice(bytes);
        }
    }

    /// What is not an event, if it is wanted: as a line of JSON or as a note for people.
    fn lifecycle(&mut self, line: &Line<'_>, note: impl FnOnce() -> String) {
        match self.format {
            _ if !self.lifecycle => {}
            Format::Json => line.write(self.output.buffer()),
            _ => self.pretty.note(&note(), self.output.buffer()),
        }
    }

    fn state(&mut self, state: State) {
        if let Some(status) = &mut self.status {
            status.set(state);
        }
    }

    fn clear_status(&mut self) {
        if let Some(status) = &mut self.status {
            status.clear();
        }
    }

    /// A line on stderr for those who have no status line.
    fn word(&self, level: Words, text: &str) {
        if self.status.is_none() {
            self.say(level, text);
        }
    }

    fn say(&self, level: Words, text: &str) {
        if level <= self.words {
            // If stderr is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "sse: {}", escape_control(text, ""));
        }
    }

    /// Whether output should be written before more is gathered.
    pub(super) fn is_full(&self) -> bool {
        self.output.is_full()
    }

    /// Makes visible what was gathered, on lines of its own: a status line makes room also for what another program
    /// writes to the same terminal, as in `sse listen … | jq`.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        self.clear_status();
        self.output.flush().await
    }

    /// Draws the status as it is now; at the end of a pipe, when the reader has had time to print.
    pub(super) async fn rest(&mut self) {
        let Some(status) = &mut self.status else { return };
        if !self.terminal {
            tokio::time::sleep(READER_TIME).await;
        }
        status.draw();
    }

    /// Shows the rest, and takes the status line away.
    pub(super) async fn finish(mut self, error: Option<&anyhow::Error>) -> anyhow::Result<()> {
        if let Some(error) = error {
            let error = format!("{error:#}");
            self.lifecycle(&Line::Error { error: error.clone() }, || format!("error: {error}"));
        }
        self.status = None;
        self.output.flush().await
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// For people: `1.5 s`.
fn seconds(duration: Duration) -> String {
    format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}
