//! What is shown: events in one of the formats on stdout, words on stderr, and the status beside them.

use std::io::{self, IsTerminal as _};
use std::str::Utf8Error;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::super::Common;
use super::super::failure::Failure;
use super::super::output::Output as Stdout;
use super::super::terminal::{Paint, Tone, USUAL_COLUMNS, columns, escape_control, wrapped};
use super::super::values::{for_people, milliseconds};
use super::super::words::counted;
use super::arrival::{Arrival, name};
use super::diagnose;
use super::json_lines::Line;
use super::model;
use super::options::{Options, Output};
use super::pretty::{Clock, Pretty, Times};
use super::shape::Shape;
use super::stats::Figures;
use super::status::State;
use super::voice::{Voice, Words};
use crate::client::{Forwarded, Head, LONGEST_RECONNECTION_TIME, NotForwarded, Notice};
use crate::diagnosis::{End, Finding};
use crate::wire::Message;

/// How long the reader of a pipe is left alone with the terminal before the status is drawn again.
const READER_TIME: Duration = Duration::from_millis(150);

/// What a character takes in UTF-8, in bytes.
const LONGEST_CHARACTER: usize = 4;

/// Beyond this lines are hard to read.
const WIDEST: usize = 100;

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
    /// The beginning of a character that `-o raw` has for a terminal.
    cut: Vec<u8>,
    /// It has been said that a reconnection time is too long, or there is none to obey.
    warned_of_retry: bool,
    output: Stdout,
    voice: Voice,
    /// Events that could not be shown.
    failures: u64,
}

impl View {
    /// A view of what comes from a server at `url`, or from a recording.
    pub(super) fn new(options: &Options, common: &Common, url: Option<&str>) -> Result<Self, Failure> {
        let stdout = io::stdout();
        let asked = &options.output;
        let clock = match (asked.timestamps, url) {
            (true, _) => Clock::Full,
            (false, Some(_)) => Clock::Day,
            (false, None) => Clock::None,
        };
        let times = Times { clock, delta: asked.delta };
        let (paint, terminal) = (Paint::on(&stdout), stdout.is_terminal());
        let shape = Shape::of(options, paint, terminal)?;
        // Commands and models end their lines when they like: a status line would be in their way.
        let has_lines = !matches!(shape, Shape::Model(_) | Shape::Nothing) || asked.diagnose;
        Ok(Self {
            shape,
            times,
            lifecycle: asked.lifecycle,
            comments: asked.comments || asked.lifecycle,
            pretty: Pretty { paint, times, zone: TimeZone::system() },
            terminal,
            cut: Vec::new(),
            warned_of_retry: url.is_none(),
            output: Stdout::new(),
            voice: Voice::new(common, url.filter(|_| has_lines)),
            failures: 0,
        })
    }

    /// The bytes of the stream as they come.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if !matches!(self.shape, Shape::Plain(Output::Raw)) {
            return;
        }
        if !self.terminal {
            return self.output.buffer().extend_from_slice(bytes);
        }
        let mut bytes = [&std::mem::take(&mut self.cut), bytes].concat();
        self.cut = bytes.split_off(whole_characters(&bytes));
        let start = self.output.buffer().len();
        self.output.buffer().extend_from_slice(&bytes);
        self.disarm(start);
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
                    self.failures += 1;
                    self.warn(&format!("--jq failed at {}: {error}", name(arrival.message)));
                    return false;
                }
            },
        }
        let escaped = matches!(self.shape, Shape::Plain(Output::Pretty | Output::Json));
        if self.terminal && !escaped {
            self.disarm(start);
        }
        self.voice.event();
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

    /// Sums up the answer of a language model, with its times if they are known; whether it is what was asked for.
    pub(super) fn sum_up(&mut self, at: Duration, timed: bool, followed: Result<End, &anyhow::Error>) -> bool {
        let Shape::Model(model) = &mut self.shape else { return true };
        let report = model.finish(at, timed, self.output.buffer());
        for line in model::lines(&report) {
            self.say(Words::Usual, &line);
        }
        // An error tells more.
        let fault = followed.ok().and_then(|by| model::fault(&report, by));
        if let Some(fault) = &fault {
            self.say(Words::Errors, fault);
        }
        fault.is_none()
    }

    /// How many events could not be shown.
    pub(super) fn failures(&self) -> u64 {
        self.failures
    }

    /// Whether the answer of a language model is all that is shown.
    pub(super) fn is_model(&self) -> bool {
        matches!(self.shape, Shape::Model(_))
    }

    /// Shows an answer that is no stream.
    pub(super) fn document(&mut self, arrival: &Arrival) -> bool {
        let message = arrival.message;
        if matches!(self.shape, Shape::Plain(Output::Json)) {
            Line::Document { media_type: &message.event_type, data: &message.data }.write(self.output.buffer());
            return true;
        }
        self.say(Words::Usual, &format!("the answer is {}, not a stream", message.event_type));
        self.event(arrival)
    }

    /// The server took what was sent, and has nothing to say.
    pub(super) fn nothing(&mut self) {
        if matches!(self.shape, Shape::Plain(Output::Json)) {
            return Line::Document { media_type: "", data: "" }.write(self.output.buffer());
        }
        self.say(Words::Usual, "the answer has no body: the server took the request, and there is nothing to show");
    }

    fn json(&mut self, arrival: &Arrival) {
        let message = arrival.message;
        let full = self.times.clock == Clock::Full;
        Line::Event {
            event_type: &message.event_type,
            data: &message.data,
            id: &message.last_event_id,
            time: arrival.time.filter(|_| full).map(|_| arrival.time()),
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

    /// Takes from what was appended since `start` what could act on a terminal.
    fn disarm(&mut self, start: usize) {
        let appended = self.output.buffer().split_off(start);
        let text = String::from_utf8_lossy(&appended);
        self.output.buffer().extend_from_slice(escape_control(&text, "\n\t").as_bytes());
    }

    /// Shows what happens to the connection.
    pub(super) fn happened(&mut self, notice: &Notice) {
        match notice {
            Notice::Connecting { .. } => self.voice.state(State::Connecting),
            Notice::Open(head) => self.opened(head),
            Notice::Retrying { delay, cause } => {
                let reason = cause.to_string();
                let text = format!("{reason}; reconnecting in {}", for_people(*delay));
                self.voice.state(State::Offline(text.clone()));
                self.voice.say_without_status(Words::Usual, self.output.position(), &text);
                self.lifecycle(&Line::Retrying { in_ms: milliseconds(*delay), reason }, || text);
            }
            Notice::GivingUp { retries: retries @ 1.. } => {
                self.warn(&format!("giving up: {} brought nothing", counted((*retries).into(), "reconnection")));
            }
            Notice::CannotResume { id } => {
                self.warn(&format!("the last event ID {id:?} cannot be sent: events may be missing"));
            }
            // An answer that is cut off is told as such.
            Notice::Unfinished if self.is_model() => {}
            Notice::Unfinished => {
                self.warn("the stream ended inside an event, which is dropped as the standard says");
            }
            // Without reconnections there is nothing to give up.
            Notice::GivingUp { retries: 0 } | Notice::Chunk(_) | Notice::Read(_) | Notice::Document { .. } => {}
        }
    }

    fn opened(&mut self, head: &Head) {
        let Head { url, status, .. } = head;
        self.voice.state(State::Live);
        let text = format!("open: {url} answered {status}");
        self.voice.say_without_status(Words::All, self.output.position(), &text);
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
            Shape::Plain(Output::Json) => Line::forwarded(result).write(self.output.buffer()),
            _ => self.say(Words::All, &text),
        }
    }

    /// What came in all.
    pub(super) fn stats(&mut self, figures: &Figures, timed: bool) {
        if matches!(self.shape, Shape::Plain(Output::Json)) {
            Line::Stats(figures).write(self.output.buffer());
        } else {
            self.say(Words::Errors, &figures.text(timed));
        }
    }

    /// Something that may be missing or amiss, with which the stream goes on.
    pub(super) fn warn(&mut self, warning: &str) {
        self.tell(Words::Usual, warning);
    }

    /// Something that failed, with which the stream goes on.
    pub(super) fn failed(&mut self, what: &str) {
        self.tell(Words::Errors, what);
    }

    fn tell(&mut self, level: Words, what: &str) {
        self.say(level, what);
        self.lifecycle(&Line::Warning { warning: what.to_owned() }, || what.to_owned());
    }

    /// Shows what came of a diagnosis, in the end as a sentence for people.
    pub(super) fn diagnosis(&mut self, figures: &Figures, timed: bool, findings: &[Finding], conclusion: &str) {
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

    /// Says a line on stderr: at once, or when what came before it is shown.
    fn say(&mut self, level: Words, text: &str) {
        self.voice.say(level, self.output.position(), text);
        self.speak();
    }

    /// Says what needs no more output to be written before.
    fn speak(&mut self) {
        let written = self.output.written();
        while self.voice.waits_for().is_some_and(|after| after <= written) && !self.is_inside_line() {
            self.voice.speak();
        }
    }

    /// Whether words would stand in the middle of an answer.
    fn is_inside_line(&self) -> bool {
        matches!(&self.shape, Shape::Model(model) if model.is_inside_line())
    }

    /// Whether output should be written before more is gathered.
    pub(super) fn is_full(&self) -> bool {
        self.output.is_full() || self.voice.is_full()
    }

    /// Makes visible what was gathered, on lines of its own, and says what is to be said between: a status line makes room
    /// also for what another program writes to the same terminal, as in `sse listen … | jq`.
    pub(super) async fn flush(&mut self) -> anyhow::Result<()> {
        while let Some(after) = self.voice.waits_for().filter(|_| !self.is_inside_line()) {
            self.voice.make_room();
            self.output.flush_through(after).await?;
            self.speak();
        }
        if self.output.is_empty() {
            return Ok(());
        }
        self.voice.make_room();
        self.output.flush().await
    }

    /// Draws the status as it is now, below a whole line; at the end of a pipe, when the reader has had time to print.
    pub(super) async fn rest(&mut self) {
        if !self.voice.has_status() {
            return;
        }
        if !self.terminal {
            tokio::time::sleep(READER_TIME).await;
        }
        if self.output.ends_line() {
            self.voice.draw();
        }
    }

    /// Takes in what ended the stream.
    pub(super) fn error(&mut self, error: &anyhow::Error) {
        let error = format!("{error:#}");
        self.lifecycle(&Line::Error { error: error.clone() }, || format!("error: {error}"));
    }

    /// Shows the rest, and takes the status line away.
    pub(super) async fn finish(mut self) -> anyhow::Result<()> {
        let rest = std::mem::take(&mut self.cut);
        self.output.buffer().extend_from_slice(String::from_utf8_lossy(&rest).as_bytes());
        self.voice.make_room();
        self.flush().await
    }
}

/// How many of the bytes are whole characters, or none at all: what follows may be the beginning of one.
fn whole_characters(bytes: &[u8]) -> usize {
    let ends_inside = |error: &Utf8Error| error.error_len().is_none();
    let tail = bytes.len().saturating_sub(LONGEST_CHARACTER);
    (tail..bytes.len())
        .find(|&at| {
            std::str::from_utf8(&bytes[at..]).err().is_some_and(|error| error.valid_up_to() == 0 && ends_inside(&error))
        })
        .unwrap_or(bytes.len())
}
