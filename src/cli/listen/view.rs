//! What is shown: events in one of the formats on stdout, words on stderr, and the status beside them.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::super::Common;
use super::super::failure::Failure;
use super::super::output::Output as Stdout;
use super::super::terminal::{Paint, Tone, USUAL_COLUMNS, columns, escape_control, wrapped};
use super::super::values::for_people;
use super::arrival::Arrival;
use super::diagnose;
use super::json_lines::Line;
use super::model;
use super::options::{Options, Output};
use super::pretty::{Clock, Pretty, Times};
use super::shape::Shape;
use super::stats::Figures;
use super::status::{State, Status};
use crate::client::{Forwarded, Head, LONGEST_RECONNECTION_TIME, NotForwarded, Notice};
use crate::diagnosis::Finding;
use crate::wire::Message;

/// How long the reader of a pipe is left alone with the terminal before the status is drawn again.
const READER_TIME: Duration = Duration::from_millis(150);

/// Beyond this lines are hard to read.
const WIDEST: usize = 100;

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Words {
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
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(super) struct View {
    shape: Shape,
    times: Times,
    lifecycle: bool,
    comments: bool,
    pretty: Pretty,
    /// Stdout is a terminal, on which remote text must not act.
    terminal: bool,
    words: Words,
    /// It has been said that a reconnection time is too long, or there is none to obey.
    warned_of_retry: bool,
    output: Stdout,
    status: Option<Status>,
}

impl View {
    /// A view of what comes from a server at `url`, or from a recording. Only a server has a status, and only where no more
    /// than usual is said, line by line.
    pub(super) fn new(options: &Options, common: &Common, url: Option<&str>) -> Result<Self, Failure> {
        let stdout = io::stdout();
        let (words, asked) = (Words::of(common), &options.output);
        let clock = match (asked.timestamps, url) {
            (true, _) => Clock::Full,
            (false, Some(_)) => Clock::Day,
            (false, None) => Clock::None,
        };
        let times = Times { clock, delta: asked.delta };
        let (paint, terminal) = (Paint::on(&stdout), stdout.is_terminal());
        Ok(Self {
            shape: Shape::of(options, paint, terminal)?,
            times,
            lifecycle: asked.lifecycle,
            comments: asked.comments || asked.lifecycle,
            pretty: Pretty { paint, times, zone: TimeZone::system() },
            terminal,
            words,
            warned_of_retry: url.is_none(),
            output: Stdout::new(),
            // A status line would have to share its line with the answer of a model.
            status: url.filter(|_| words == Words::Usual && !asked.llm).and_then(Status::new),
        })
    }

    /// The bytes of the stream as they come.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if matches!(self.shape, Shape::Plain(Output::Raw)) {
            self.plain(bytes);
        }
    }

    /// Shows an event; it is seen with the next [`View::flush`]. Tells whether there was anything to show.
    pub(super) fn event(&mut self, arrival: &Arrival) -> bool {
        let start = self.output.buffer().len();
        match &self.shape {
            Shape::Plain(Output::Pretty) => self.pretty.event(arrival, self.output.buffer()),
            Shape::Plain(Output::Json) => self.json(arrival),
            Shape::Plain(Output::Data) => self.data(arrival),
            Shape::Plain(Output::Raw) | Shape::Nothing | Shape::Model(_) => {}
            Shape::Template(format) => {
                format.write(arrival, self.output.buffer());
                self.output.buffer().push(b'\n');
            }
            Shape::Jq(filter) => match filter.write(arrival, self.output.buffer()) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => {
                    self.warn(&format!("--jq failed at {}: {error}", name(arrival)));
                    return false;
                }
            },
        }
        let escaped = matches!(self.shape, Shape::Plain(Output::Pretty | Output::Json));
        if self.terminal && !escaped {
            self.disarm(start);
        }
        if let Some(status) = &mut self.status {
            status.event();
        }
        true
    }

    /// Shows what an event adds to the answer of a language model; whether the answer is over. `at` is since the start.
    pub(super) fn model(&mut self, message: &Message, at: Duration) -> bool {
        let Shape::Model(model) = &mut self.shape else { return false };
        model.take(message, at, self.output.buffer())
    }

    /// A request is made, `at` so long after the start.
    pub(super) fn asked(&mut self, at: Duration) {
        if let Shape::Model(model) = &mut self.shape {
            model.asked(at);
        }
    }

    /// Sums up the answer of a language model, with its times if they are known; whether it is what was asked for, if the
    /// request has not `failed`.
    pub(super) async fn sum_up(&mut self, at: Duration, timed: bool, failed: bool) -> anyhow::Result<bool> {
        let Shape::Model(model) = &mut self.shape else { return Ok(true) };
        let report = model.finish(at, timed, self.output.buffer());
        self.make_room().await?;
        for line in model::lines(&report) {
            self.say(Words::Usual, &line);
        }
        let fault = model::fault(&report, failed);
        if let Some(fault) = &fault {
            self.say(Words::Errors, fault);
        }
        Ok(fault.is_none())
    }

    /// Whether the answer of a language model is all that is shown.
    pub(super) fn is_model(&self) -> bool {
        matches!(self.shape, Shape::Model(_))
    }

    /// An answer that is no stream.
    pub(super) fn document(&mut self, media_type: &str, arrival: &Arrival) -> bool {
        if matches!(self.shape, Shape::Plain(Output::Json)) {
            Line::Document { media_type, data: &arrival.message.data }.write(self.output.buffer());
            return true;
        }
        self.say(Words::Usual, &format!("the answer is {media_type}, not a stream"));
        arrival.message.data.is_empty() || self.event(arrival)
    }

    fn json(&mut self, arrival: &Arrival) {
        let message = arrival.message;
        let full = self.times.clock == Clock::Full;
        Line::Event {
            event_type: &message.event_type,
            data: &message.data,
            id: &message.last_event_id,
            time: full.then(|| arrival.time()),
            delta_ms: arrival.delta.filter(|_| self.times.delta).map(|delta| delta.as_secs_f64() * 1000.0),
        }
        .write(self.output.buffer());
    }

    fn data(&mut self, arrival: &Arrival) {
        let (full, delta) = (self.times.clock == Clock::Full, self.times.delta);
        let buffer = self.output.buffer();
        if full {
            buffer.extend_from_slice(format!("{}\t", arrival.time()).as_bytes());
        }
        if delta {
            buffer.extend_from_slice(format!("{}\t", arrival.delta()).as_bytes());
        }
        buffer.extend_from_slice(arrival.message.data.as_bytes());
        buffer.push(b'\n');
    }

    /// Bytes of the stream: as they are, but for a terminal.
    fn plain(&mut self, bytes: &[u8]) {
        let start = self.output.buffer().len();
        self.output.buffer().extend_from_slice(bytes);
        if self.terminal {
            self.disarm(start);
        }
    }

    /// Takes from what was appended since `start` what could act on a terminal.
    fn disarm(&mut self, start: usize) {
        let appended = self.output.buffer().split_off(start);
        let text = String::from_utf8_lossy(&appended);
        self.output.buffer().extend_from_slice(escape_control(&text, "\n\t").as_bytes());
    }

    /// Shows what happens to the connection.
    pub(super) fn happened(&mut self, notice: &Notice) {
        match notice {
            Notice::Connecting { .. } => self.state(State::Connecting),
            Notice::Open(head) => self.opened(head),
            Notice::Retrying { delay, cause } => {
                let reason = cause.to_string();
                let text = format!("{reason}; reconnecting in {}", for_people(*delay));
                self.state(State::Offline(text.clone()));
                self.word(Words::Usual, &text);
                self.lifecycle(&Line::Retrying { in_ms: milliseconds(*delay), reason }, || text);
            }
            Notice::GivingUp { retries } => self.warn(&format!("giving up: {retries} reconnections brought nothing")),
            Notice::CannotResume { id } => {
                self.warn(&format!("the last event ID {id:?} cannot be sent: events may be missing"));
            }
            // An answer that is cut off is told as such.
            Notice::Unfinished if self.is_model() => {}
            Notice::Unfinished => {
                self.warn("the stream ended inside an event, which is dropped as the standard says");
            }
            Notice::Chunk(_) | Notice::Read(_) | Notice::Document { .. } => {}
        }
    }

    fn opened(&mut self, head: &Head) {
        let Head { url, status, .. } = head;
        self.state(State::Live);
        self.word(Words::All, &format!("open: {url} answered {status}"));
        self.lifecycle(&Line::Open { status: *status }, || format!("open {status}"));
    }

    pub(super) fn comment(&mut self, comment: &str) {
        match self.shape {
            _ if !self.comments => {}
            Shape::Plain(Output::Json) => Line::Comment { comment }.write(self.output.buffer()),
            _ => self.pretty.note(&format!(":{comment}"), self.output.buffer()),
        }
    }

    pub(super) fn retry(&mut self, time: Duration) {
        self.lifecycle(&Line::Retry { ms: milliseconds(time) }, || format!("retry {}", for_people(time)));
        self.obey(time);
    }

    /// Says once that a reconnection time is too long; in a recording there is none to obey.
    fn obey(&mut self, time: Duration) {
        if time <= LONGEST_RECONNECTION_TIME || std::mem::replace(&mut self.warned_of_retry, true) {
            return;
        }
        let (asked, longest) = (for_people(time), for_people(LONGEST_RECONNECTION_TIME));
        self.warn(&format!(
            "the server asks to wait {asked} before reconnecting: {longest} is the most that is obeyed"
        ));
    }

    /// What became of the event that was shown last at the target of `--forward-to`.
    pub(super) fn forwarded(&mut self, result: &Result<Forwarded, NotForwarded>) {
        let (color, text) = match result {
            Ok(Forwarded { status, took, .. }) => (Tone::Good, format!("→ {status}, {}", for_people(*took))),
            Err(error) => (Tone::Bad, format!("→ not taken: {error}")),
        };
        match self.shape {
            Shape::Plain(Output::Pretty) => self.pretty.result(color, &text, self.output.buffer()),
            Shape::Plain(Output::Json) => {
                let line = match result {
                    Ok(Forwarded { status, attempts, took }) => Line::Forwarded {
                        status: Some(status),
                        error: None,
                        attempts: *attempts,
                        ms: Some(milliseconds(*took)),
                    },
                    Err(NotForwarded { cause, attempts }) => {
                        Line::Forwarded { status: None, error: Some(cause.to_string()), attempts: *attempts, ms: None }
                    }
                };
                line.write(self.output.buffer());
            }
            _ => self.say(Words::All, &text),
        }
    }

    /// What came in all.
    pub(super) fn stats(&mut self, figures: &Figures, timed: bool) {
        if matches!(self.shape, Shape::Plain(Output::Json)) {
            Line::Stats(figures).write(self.output.buffer());
        } else {
            self.clear_status();
            self.say(Words::Errors, &figures.text(timed));
        }
    }

    /// Something that may be missing or amiss, with which the stream goes on.
    pub(super) fn warn(&mut self, warning: &str) {
        self.clear_status();
        self.say(Words::Usual, warning);
        self.lifecycle(&Line::Warning { warning: warning.to_owned() }, || warning.to_owned());
    }

    /// Something that failed, with which the stream goes on.
    pub(super) fn failed(&mut self, what: &str) {
        self.clear_status();
        self.say(Words::Errors, what);
        self.lifecycle(&Line::Warning { warning: what.to_owned() }, || what.to_owned());
    }

    /// Shows what came of a diagnosis, in the end as a sentence for people.
    pub(super) fn diagnosis(&mut self, figures: &Figures, timed: bool, findings: &[Finding], conclusion: &str) {
        self.clear_status();
        let output = self.output.buffer();
        if matches!(self.shape, Shape::Plain(Output::Json)) {
            diagnose::lines(findings, output);
            Line::Stats(figures).write(output);
        } else {
            let columns = if self.terminal { columns(io::stdout()).min(WIDEST) } else { USUAL_COLUMNS };
            output.extend_from_slice(format!("{}\n\n", wrapped(&figures.text(timed), columns).join("\n")).as_bytes());
            diagnose::report(findings, &self.pretty, columns, output);
            output.extend_from_slice(conclusion.as_bytes());
        }
    }

    /// What is not an event, if it is wanted: as a line of JSON or as a note for people.
    fn lifecycle(&mut self, line: &Line<'_>, note: impl FnOnce() -> String) {
        match self.shape {
            _ if !self.lifecycle => {}
            Shape::Plain(Output::Json) => line.write(self.output.buffer()),
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

    /// Makes room for what a command of the user prints.
    pub(super) async fn make_room(&mut self) -> anyhow::Result<()> {
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

    /// Takes in what ended the stream.
    pub(super) fn error(&mut self, error: &anyhow::Error) {
        let error = format!("{error:#}");
        self.lifecycle(&Line::Error { error: error.clone() }, || format!("error: {error}"));
    }

    /// Shows the rest, and takes the status line away.
    pub(super) async fn finish(mut self) -> anyhow::Result<()> {
        self.status = None;
        self.output.flush().await
    }
}

/// An event as messages name it.
pub(super) fn name(arrival: &Arrival) -> String {
    match arrival.message.last_event_id.as_str() {
        "" => format!("an event of type {}", arrival.message.event_type),
        id => format!("event {id}"),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
