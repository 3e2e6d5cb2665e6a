//! `--ndjson`: each line describes an event. What is at hand goes out as one batch, so that a line that arrives alone is
//! published at once and a long file in few requests, and no proxy has to stream a request. A batch has a key of its own
//! among those of its run, so that it can be repeated when it was not answered: what the broker has of it it knows.
//!
//! While a batch is being answered the next ones are read. They are not sent before it has its answer: requests that are
//! under way together may overtake each other, and the order of the lines is to be that of the events.

use serde::de::IgnoredAny;
use tokio::sync::mpsc;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::request::publish_failure;
use super::each::Each;
use super::input::Lines;
use super::tally::Range;
use crate::client::PublishError;

/// The lines of a batch, at most.
const MAX_LINES: usize = 1000;

/// The bytes that a batch may have before its last line.
const MAX_BYTES: usize = 512 << 10;

/// A line that cannot be a publish object.
#[derive(Debug, thiserror::Error)]
#[error("not JSON, from column {column} on")]
struct NotJson {
    column: usize,
}

/// Batches that wait to be sent while another one is; one more waits for its place among them. When they have no place
/// stdin is not read.
const AHEAD: usize = 1;

/// Batches in a second, at least, under `--rate`: what it allows goes out evenly, not all at once every now and then.
const BATCHES_PER_SECOND: u64 = 10;

/// Lines that are published with keys: a broker remembers each of them for some minutes, and not any number.
const KEYED_LINES: u64 = 250_000;

/// Lines that go out together.
#[derive(Default)]
struct Batch {
    body: Vec<u8>,
    /// The number of the line that each item was.
    lines: Vec<u64>,
    /// The lines among them that are no items.
    invalid: Vec<(u64, NotJson)>,
    /// How many bytes of stdin were read with its last line.
    end: u64,
}

/// The lines that a batch has at most under `--rate`, in events a second.
pub(super) fn max_lines(rate: Option<u64>) -> usize {
    let evenly = rate.map(|rate| usize::try_from(rate / BATCHES_PER_SECOND).unwrap_or(usize::MAX));
    evenly.map_or(MAX_LINES, |evenly| evenly.clamp(1, MAX_LINES))
}

/// Publishes the lines in their order, batch after batch of at most `max_lines`.
pub(super) async fn publish(each: Each<'_>, lines: Lines, max_lines: usize) -> Result<Exit, Failure> {
    let Each { publisher, destination, key, mut pace, mut tally } = each;
    let mut batches = read_ahead(lines, max_lines);
    while let Some(batch) = batches.recv().await.transpose()? {
        for (line, error) in batch.invalid {
            tally.invalid(Range::line(line), error);
        }
        let (Some(&first), Some(&last)) = (batch.lines.first(), batch.lines.last()) else { continue };
        let range = Range::lines(first, last);
        let key = key.filter(|_| last <= KEYED_LINES).map(|key| key.of_part('-', first)).transpose()?;
        pace.turn(batch.lines.len()).await;
        match publisher.publish_batch(destination.url(), batch.body.into(), batch.lines.len(), key.as_ref()).await {
            Ok(outcomes) => {
                for (line, outcome) in batch.lines.iter().zip(outcomes) {
                    tally.outcome(Range::line(*line), outcome).await;
                }
            }
            Err(PublishError::Refused(problem)) => tally.refused(range, problem),
            // No other line would fare better.
            Err(error) => return Err(publish_failure(error).context(range)),
        }
        tally.progress.at(batch.end);
    }
    Ok(tally.exit())
}

/// Reads batches for as long as somebody takes them, up to the end or to an error, which comes last.
fn read_ahead(mut lines: Lines, max_lines: usize) -> mpsc::Receiver<anyhow::Result<Batch>> {
    let (sender, batches) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        while let Some(batch) = Batch::read(&mut lines, max_lines).await.transpose() {
            let last = batch.is_err();
            if sender.send(batch).await.is_err() || last {
                return;
            }
        }
    });
    batches
}

impl Batch {
    /// Waits for a line, and takes with it what is at hand; `None` at the end. Blank lines are no items.
    async fn read(lines: &mut Lines, max_lines: usize) -> anyhow::Result<Option<Self>> {
        let mut batch = Self::default();
        while let Some(line) = lines.next().await? {
            batch.add(&line, lines.number());
            batch.end = lines.bytes();
            let full = batch.lines.len() >= max_lines || batch.body.len() >= MAX_BYTES;
            if full || !lines.has_next() {
                return Ok(Some(batch));
            }
        }
        let empty = batch.lines.is_empty() && batch.invalid.is_empty();
        Ok(if empty { None } else { Some(batch) })
    }

    /// Adds a line, if it is JSON: what is none would make the lines after it doubtful.
    fn add(&mut self, line: &[u8], number: u64) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(line) {
            return self.invalid.push((number, NotJson { column: error.column() }));
        }
        self.body.extend_from_slice(line);
        self.body.push(b'\n');
        self.lines.push(number);
    }
}
