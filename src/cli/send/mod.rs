//! `sse send`: publishes one event, or one for each line of stdin, and prints the IDs.

mod batch;
mod input;
mod lines;

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::request::{Headers, publish_failure};
use super::target::{self, Broker};
use super::terminal::escape_control;
use super::{Common, runtime, values};
use crate::client::{Outcome, Problem, PublishError, Publisher};
use crate::wire::{EventId, EventName};
use input::Lines;

/// Publish events to a broker, and print the ID that each was given.
///
/// Without DATA the event is what stdin holds up to its end, byte for byte: a line end there is part of it. With --lines
/// or --ndjson events are published while the lines arrive; a line that is refused is reported with its number, and the
/// others go on. The exit code is then that of a refusal, if there was one. Publishing goes on to the end also
/// where nobody reads the IDs any more.
// Of its own clap would name --url as if it had to be given wherever SSE_URL is set.
#[derive(Debug, Args)]
#[command(override_usage = "sse send [OPTIONS] <TARGET> [DATA]\n       sse send [OPTIONS] --ndjson [TARGET]")]
pub(crate) struct Options {
    /// A topic on the broker, or the URL to post to.
    #[arg(required_unless_present = "ndjson")]
    target: Option<String>,
    /// The event's data; read from stdin if it is not given.
    #[arg(conflicts_with_all = ["lines", "ndjson"])]
    data: Option<String>,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    headers: Headers,
    /// How long a request may take until its answer is there.
    #[arg(long, env = "SSE_TIMEOUT", value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = values::positive_duration, help_heading = "Request")]
    timeout: Duration,
    /// Publish each line of stdin as an event.
    #[arg(short, long, conflicts_with = "ndjson", help_heading = "Input")]
    lines: bool,
    /// Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry",
    /// "ttl", "key"}. A target is
    /// then a URL to post to, that of the broker by default.
    #[arg(long, conflicts_with_all = ["event", "id", "retry"], help_heading = "Input")]
    ndjson: bool,
    /// The type of the event.
    #[arg(short, long, value_name = "TYPE", help_heading = "Event")]
    event: Option<EventName>,
    /// An ID of your own for the event, instead of the broker's.
    #[arg(long, conflicts_with = "lines", help_heading = "Event")]
    id: Option<EventId>,
    /// The reconnection time that its receivers are asked to use from then on.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, help_heading = "Event")]
    retry: Option<Duration>,
}

pub(crate) fn run(options: &Options, common: &Common) -> Result<Exit, Failure> {
    let url = url(options)?;
    runtime::until_stopped(async {
        let publisher = Publisher::new(&url, &options.headers.header, options.timeout).map_err(publish_failure)?;
        if options.ndjson {
            return batch::publish(&publisher, &url, Lines::stdin("publish objects", common)).await;
        }
        if options.lines {
            return lines::publish(&publisher, &url, Lines::stdin("events, one a line", common)).await;
        }
        let data = match &options.data {
            Some(data) => data.clone().into_bytes(),
            None => input::whole(common).await?,
        };
        print_id(&mut Output::new(), &publisher.publish(&url, data.into()).await.map_err(publish_failure)?).await?;
        Ok(Exit::Done)
    })
}

/// Where to post to, with what is said about the event as a query.
fn url(options: &Options) -> Result<Url, Failure> {
    let mut url = match options.target.as_deref() {
        None => options.broker.events()?,
        Some(target) if options.ndjson && !target::is_url(target) => {
            return Err(Failure::usage("with --ndjson each line names its own topic")
                .hint(format!("leave {target:?} away, or give the URL to post to")));
        }
        Some(target) => options.broker.resolve(target)?,
    };
    let fields = [
        ("event", options.event.as_ref().map(ToString::to_string)),
        ("id", options.id.as_ref().map(ToString::to_string)),
        ("retry", options.retry.map(|time| time.as_millis().to_string())),
    ];
    // Not as a form would: there a space becomes a plus, which not every server reads as a space.
    let field = |(name, value): &(&str, Option<String>)| {
        value.as_ref().map(|value| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
    };
    let query: Vec<String> =
        url.query().map(str::to_owned).into_iter().chain(fields.iter().filter_map(field)).collect();
    if !query.is_empty() {
        url.set_query(Some(&query.join("&")));
    }
    Ok(url)
}

/// Prints an ID at once: who waits for it may act on it before the next event. A server may call anything an ID.
async fn print_id(output: &mut Output, id: &str) -> anyhow::Result<()> {
    let shown = if io::stdout().is_terminal() { escape_control(id, "") } else { id.into() };
    output.buffer().extend_from_slice(shown.as_bytes());
    output.buffer().push(b'\n');
    output.flush().await
}

/// What became of the lines so far.
#[derive(Debug)]
struct Tally {
    /// Where IDs go, as long as they can be printed.
    output: Option<Output>,
    /// IDs could not be printed, and not because their reader had gone.
    unprinted: bool,
    /// Lines that are no event.
    invalid: u64,
    /// Lines that the broker refused.
    refused: u64,
}

impl Tally {
    fn new() -> Self {
        Self { output: Some(Output::new()), unprinted: false, invalid: 0, refused: 0 }
    }

    /// Prints the ID, or what is wrong with the line.
    async fn outcome(&mut self, line: u64, outcome: Outcome) {
        match outcome {
            Ok(id) => self.published(&id).await,
            Err(problem) => self.refused(Range { first: line, last: line }, problem),
        }
    }

    /// Prints the ID. If it cannot be printed the rest is published all the same: the events are what was asked for.
    async fn published(&mut self, id: &str) {
        if let Some(output) = &mut self.output
            && let Err(error) = print_id(output, id).await
        {
            self.output = None;
            self.unprinted = Failure::from(error).report() != Exit::Done;
        }
    }

    /// Says that the broker does not take the lines; the others go on.
    fn refused(&mut self, lines: Range, problem: Problem) {
        self.refused += 1;
        publish_failure(PublishError::Refused(problem)).context(lines.to_string()).report();
    }

    /// Says that a line is no event; the others go on.
    fn invalid(&mut self, line: u64, why: impl Into<anyhow::Error>) {
        self.invalid += 1;
        Failure::from(why).context(format!("line {line}")).report();
    }

    /// How the command ends when all else went well.
    fn exit(&self) -> Exit {
        match (self.refused, self.invalid) {
            (0, 0) if !self.unprinted => Exit::Done,
            (0, _) => Exit::Failed,
            _ => Exit::Refused,
        }
    }
}

/// Lines by their numbers, as they are named in messages.
#[derive(Clone, Copy, Debug)]
struct Range {
    first: u64,
    last: u64,
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        if first == last { write!(f, "line {first}") } else { write!(f, "lines {first} to {last}") }
    }
}
