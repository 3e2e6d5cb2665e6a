//! `sse send`: publishes one event, or many from lines, recordings or templates, and prints the IDs.

mod batch;
mod destination;
mod each;
mod input;
mod options;
mod pace;
mod progress;
mod replay;
mod subscribers;
mod tally;
mod template;

use std::sync::Once;
use std::time::Duration;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::request::{publish_failure, trying_again};
use super::{Common, runtime};
use crate::client::{PublishError, Publisher};
use destination::{Destination, Own};
use each::Each;
use input::Input;
use progress::Progress;
use subscribers::Awaited;
use tally::Tally;

pub(crate) use options::Options;

pub(crate) fn run(options: &Options, common: &Common) -> Result<Exit, Failure> {
    let destination = Destination::of(options)?;
    let awaited = Awaited::of(options)?;
    runtime::until_stopped(async {
        let headers = options.headers.all();
        let publisher = Publisher::new(
            destination.url(),
            &options.transport.transport().await?,
            &headers,
            options.timeout,
            options.retries,
        );
        let progress = options.progress(common);
        let publisher = publisher.map_err(publish_failure)?.on_retry(tell_once(progress.clone()));
        let key = options.key(&headers);
        let tally = Tally::new(options.output, progress);
        let input = Input::open(options, common).await?;
        if let Some(awaited) = awaited {
            awaited.come(&publisher, &tally.progress).await?;
        }
        let each =
            Each { publisher: &publisher, destination: &destination, key: key.as_ref(), pace: options.pace(), tally };
        match input {
            Input::Objects(lines) => batch::publish(each, lines, batch::max_lines(options.rate)).await,
            Input::Lines(lines) => each.lines(lines, options.template).await,
            Input::Recording(player) => each.replay(player, &options.replay).await,
            Input::Repeated(count, template) => each.repeat(count, &template).await,
            Input::Single(data) => {
                let (url, body) = destination.request(Own::default(), data)?;
                let receipt = publisher.publish(&url, body, key.as_ref()).await.map_err(publish_failure)?;
                tally::print(&mut Output::new(), &receipt, options.output).await?;
                Ok(Exit::Done)
            }
        }
    })
}

/// Says when a request has failed and is made again; once is enough for people to know why it takes so long.
fn tell_once(progress: Progress) -> impl Fn(&PublishError, Duration) {
    let once = Once::new();
    move |error, wait| once.call_once(|| progress.say(&trying_again(error, wait)))
}
