//! `--ndjson`: each line describes an event. What is at hand goes out as one batch, so that a line that arrives alone is
//! published at once and a long file in few requests, and no proxy has to stream a request. A batch has a key of its own
//! among those of its run, so that it can be repeated when it was not answered: what the broker has of it it knows.

use serde::de::IgnoredAny;
use url::Url;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::request::publish_failure;
use super::input::Lines;
use super::tally::{Range, Tally};
use crate::client::{IdempotencyKey, PublishError, Publisher};

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

/// Lines that go out together.
#[derive(Default)]
struct Batch {
    body: Vec<u8>,
    /// The number of the line that each item was.
    lines: Vec<u64>,
}

/// Publishes the lines in their order, batch after batch.
pub(super) async fn publish(
    publisher: &Publisher,
    url: &Url,
    mut lines: Lines,
    key: Option<&IdempotencyKey>,
    mut tally: Tally,
) -> Result<Exit, Failure> {
    while let Some(batch) = Batch::read(&mut lines, &mut tally).await? {
        let (Some(&first), Some(&last)) = (batch.lines.first(), batch.lines.last()) else { continue };
        let range = Range::lines(first, last);
        let key = key.map(|key| key.of_part('-', first)).transpose()?;
        match publisher.publish_batch(url, batch.body.into(), batch.lines.len(), key.as_ref()).await {
            Ok(outcomes) => {
                for (line, outcome) in batch.lines.iter().zip(outcomes) {
                    tally.outcome(Range::line(*line), outcome).await;
                }
            }
            Err(PublishError::Refused(problem)) => tally.refused(range, problem),
            // No other line would fare better.
            Err(error) => return Err(publish_failure(error).context(range)),
        }
    }
    Ok(tally.exit())
}

impl Batch {
    /// Waits for a line, and takes with it what is at hand; `None` at the end. Blank lines are no items.
    async fn read(lines: &mut Lines, tally: &mut Tally) -> anyhow::Result<Option<Self>> {
        let mut batch = Self::default();
        while let Some(line) = lines.next().await? {
            batch.add(&line, lines.number(), tally);
            let full = batch.lines.len() == MAX_LINES || batch.body.len() >= MAX_BYTES;
            if full || !lines.has_next() {
                return Ok(Some(batch));
            }
        }
        Ok(if batch.lines.is_empty() { None } else { Some(batch) })
    }

    /// Adds a line, if it is JSON: what is none would make the lines after it doubtful.
    fn add(&mut self, line: &[u8], number: u64, tally: &mut Tally) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(line) {
            return tally.invalid(number, NotJson { column: error.column() });
        }
        self.body.extend_from_slice(line);
        self.body.push(b'\n');
        self.lines.push(number);
    }
}
