//! `--lines`: each line is an event, published with a request of its own on one connection, so that any server that
//! takes an event as a request body will do, and its bytes stay as they are.

use url::Url;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::request::publish_failure;
use super::input::Lines;
use super::tally::Tally;
use crate::client::{IdempotencyKey, PublishError, Publisher};

/// Publishes the lines in their order: the next when the broker has the one before.
pub(super) async fn publish(
    publisher: &Publisher,
    url: &Url,
    mut lines: Lines,
    key: Option<&IdempotencyKey>,
    mut tally: Tally,
) -> Result<Exit, Failure> {
    while let Some(line) = lines.next().await? {
        let key = key.map(|key| key.of_part('#', lines.number())).transpose()?;
        let outcome = match publisher.publish(url, line.into(), key.as_ref()).await {
            Ok(receipt) => Ok(receipt),
            Err(PublishError::Refused(problem)) => Err(problem),
            // No other line would fare better.
            Err(error) => return Err(publish_failure(error).context(format!("line {}", lines.number()))),
        };
        tally.outcome(lines.number(), outcome).await;
    }
    Ok(tally.exit())
}
