//! Events that are published with a request each, one when the broker has the one before, on one connection: any server
//! that takes an event as a request body will do, and its bytes stay as they are.

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::request::publish_failure;
use super::destination::{Destination, Own};
use super::input::Lines;
use super::pace::Pace;
use super::tally::{Range, Tally};
use super::template::Template;
use crate::client::{IdempotencyKey, PublishError, Publisher};

/// What the events have in common.
pub(super) struct Each<'a> {
    pub(super) publisher: &'a Publisher,
    pub(super) destination: &'a Destination,
    /// Each event goes by this key and its number.
    pub(super) key: Option<&'a IdempotencyKey>,
    pub(super) pace: Pace,
    pub(super) tally: Tally,
}

impl Each<'_> {
    /// `--lines`: each line is an event, or with `templates` what the placeholders in it make of it.
    pub(super) async fn lines(mut self, mut lines: Lines, templates: bool) -> Result<Exit, Failure> {
        while let Some(mut line) = lines.next().await? {
            let number = lines.number();
            if templates {
                match Template::parse(&line) {
                    Ok(template) => line = template.render(number),
                    Err(error) => {
                        self.tally.invalid(Range::line(number), error);
                        continue;
                    }
                }
            }
            self.publish(Range::line(number), Own::default(), line).await?;
            self.tally.progress.at(lines.bytes());
        }
        Ok(self.tally.exit())
    }

    /// `--repeat`: the same event so many times, but for its placeholders.
    pub(super) async fn repeat(mut self, count: u64, template: &Template) -> Result<Exit, Failure> {
        for number in 1..=count {
            self.publish(Range::event(number), Own::default(), template.render(number)).await?;
        }
        Ok(self.tally.exit())
    }

    /// Publishes one of them; that it is refused is no error.
    pub(super) async fn publish(&mut self, place: Range, own: Own<'_>, data: Vec<u8>) -> Result<(), Failure> {
        let (url, body) = match self.destination.request(own, data) {
            Ok(request) => request,
            Err(error) => {
                self.tally.invalid(place, error);
                return Ok(());
            }
        };
        let key = self.key.map(|key| key.of_part('#', place.first)).transpose()?;
        self.pace.turn(1).await;
        match self.publisher.publish(&url, body, key.as_ref()).await {
            Ok(receipt) => self.tally.outcome(place, Ok(receipt)).await,
            Err(PublishError::Refused(problem)) => self.tally.outcome(place, Err(problem)).await,
            // No other event would fare better.
            Err(error) => return Err(publish_failure(error).context(place)),
        }
        Ok(())
    }
}
