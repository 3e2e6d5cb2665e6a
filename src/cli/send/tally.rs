//! What became of the events so far: IDs on stdout, refusals on stderr, and the exit code in the end.

use std::fmt;
use std::io::{self, IsTerminal as _};

use clap::ValueEnum;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::request::publish_failure;
use super::super::terminal::escape_control;
use super::progress::Progress;
use crate::client::{Outcome, Problem, PublishError, Receipt};

/// How an event that was published is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Its ID.
    Id,
    /// A line of JSON, as the broker answered: {"id":…,"topic":…}.
    Json,
}

/// Prints what is known of an event at once: who waits for it may act on it before the next event. A server may call anything an ID.
pub(super) async fn print(output: &mut Output, receipt: &Receipt, format: Format) -> anyhow::Result<()> {
    let text = match format {
        Format::Id => receipt.id.clone(),
        // Only between members can JSON hold a line end.
        Format::Json => receipt.json.get().replace(['\n', '\r'], " "),
    };
    let shown = if io::stdout().is_terminal() { escape_control(&text, "") } else { text.into() };
    output.buffer().extend_from_slice(shown.as_bytes());
    output.buffer().push(b'\n');
    output.flush().await
}

/// What became of the lines so far.
#[derive(Debug)]
pub(super) struct Tally {
    format: Format,
    pub(super) progress: Progress,
    /// Where IDs go, as long as they can be printed.
    output: Option<Output>,
    /// IDs could not be printed, and not because their reader had gone.
    unprinted: bool,
    /// Lines and the like that are no event.
    invalid: u64,
    /// Lines that the broker refused.
    refused: u64,
}

impl Tally {
    pub(super) fn new(format: Format, progress: Progress) -> Self {
        Self { format, progress, output: Some(Output::new()), unprinted: false, invalid: 0, refused: 0 }
    }

    /// Prints the ID, or what is wrong with the line.
    pub(super) async fn outcome(&mut self, place: Range, outcome: Outcome) {
        match outcome {
            Ok(receipt) => self.published(&receipt).await,
            Err(problem) => self.refused(place, problem),
        }
    }

    /// Prints the ID. If it cannot be printed the rest is published all the same: the events are what was asked for.
    async fn published(&mut self, receipt: &Receipt) {
        if let Some(output) = &mut self.output
            && let Err(error) = print(output, receipt, self.format).await
        {
            self.output = None;
            self.unprinted = self.progress.suspend(|| Failure::from(error).report()) != Exit::Done;
        }
    }

    /// Says that the broker does not take the lines; the others go on.
    pub(super) fn refused(&mut self, lines: Range, problem: Problem) {
        self.refused += 1;
        let failure = publish_failure(PublishError::Refused(problem)).context(lines);
        self.progress.suspend(|| failure.report());
    }

    /// Says that what is there is no event; the others go on.
    pub(super) fn invalid(&mut self, place: Range, why: impl Into<anyhow::Error>) {
        self.invalid += 1;
        let failure = Failure::from(why).context(place);
        self.progress.suspend(|| failure.report());
    }

    /// How the command ends when all else went well.
    pub(super) fn exit(&self) -> Exit {
        match (self.refused, self.invalid) {
            (0, 0) if !self.unprinted => Exit::Done,
            (0, _) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

/// Lines or events by their numbers, as they are named in messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    noun: &'static str,
    pub(super) first: u64,
    last: u64,
}

impl Range {
    /// The lines from the first to the last of these.
    pub(super) fn lines(first: u64, last: u64) -> Self {
        Self { noun: "line", first, last }
    }

    /// One line.
    pub(super) fn line(number: u64) -> Self {
        Self::lines(number, number)
    }

    /// One event that comes of no line.
    pub(super) fn event(number: u64) -> Self {
        Self { noun: "event", first: number, last: number }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { noun, first, last } = self;
        if first == last { write!(f, "{noun} {first}") } else { write!(f, "{noun}s {first} to {last}") }
    }
}
