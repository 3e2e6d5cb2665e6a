//! `sse send`: publishes one event, or one for each line of stdin, and prints the IDs.

mod batch;
mod each;
mod input;
mod pace;
mod progress;
mod tally;
mod template;

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::request::{Headers, publish_failure};
use super::target::{self, Broker};
use super::{Common, runtime, transport, values};
use crate::client::{Header, IdempotencyKey, Publisher};
use crate::wire::{EventId, EventName};
use each::Each;
use input::Lines;
use pace::Pace;
use progress::Progress;
use tally::{Format, Tally};
use template::Template;

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
    /// The event's data, or @FILE to read it from a file; @@ stands for an @ at the beginning. Read from stdin if it is
    /// not given, or @-.
    #[arg(conflicts_with_all = ["lines", "ndjson"])]
    data: Option<String>,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    headers: Headers,
    #[command(flatten)]
    transport: transport::Options,
    /// How long a request may take until its answer is there.
    #[arg(long, env = "SSE_TIMEOUT", value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = values::positive_duration, help_heading = "Request")]
    timeout: Duration,
    /// How often a request that failed is repeated: one that was not answered only where a broker then takes it once,
    /// which is with --idempotency-key, with --ndjson, or where the target is a topic.
    #[arg(long, env = "SSE_RETRIES", value_name = "N", default_value_t = 3, help_heading = "Request")]
    retries: u32,
    /// Publish each line of stdin as an event.
    #[arg(short, long, conflicts_with = "ndjson", help_heading = "Input")]
    lines: bool,
    /// Publish what each line of stdin describes: {"topic" or "topics", "event", "data", "id", "retry", "ttl",
    /// "key"}. A target is then a URL to post to, that of the broker by default.
    #[arg(long, conflicts_with_all = ["event", "id", "retry", "ttl", "key", "idempotency_key"], help_heading = "Input")]
    ndjson: bool,
    /// Publish the event N times, with the placeholders in its data filled in as --template does.
    #[arg(long, value_name = "N", value_parser = values::count, conflicts_with_all = ["lines", "ndjson", "id"])]
    #[arg(help_heading = "Input")]
    repeat: Option<u64>,
    /// The time from one of them to the next.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, default_value = "0s", requires = "repeat")]
    #[arg(help_heading = "Input")]
    interval: Duration,
    /// Publish at most so many events a second.
    #[arg(long, value_name = "N", value_parser = values::count, conflicts_with = "interval", help_heading = "Input")]
    rate: Option<u64>,
    /// Fill in placeholders in the data, or in every line: `{{n}}` (the number of the event or line), `{{uuid}}`,
    /// `{{now}}`, `{{unix_ms}}`, `{{random MIN MAX}}`.
    #[arg(long, conflicts_with = "ndjson", help_heading = "Input")]
    template: bool,
    /// The type of the event.
    #[arg(short, long, value_name = "TYPE", help_heading = "Event")]
    event: Option<EventName>,
    /// An ID of your own for the event, instead of the broker's.
    #[arg(long, conflicts_with = "lines", help_heading = "Event")]
    id: Option<EventId>,
    /// The reconnection time that its receivers are asked to use from then on.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, help_heading = "Event")]
    retry: Option<Duration>,
    /// Do not replay the event when it is older than this; 0s is for those who listen now.
    #[arg(long, value_name = "DURATION", value_parser = values::duration, help_heading = "Event")]
    ttl: Option<Duration>,
    /// The event is the current state of its topic under this key, which new subscribers get.
    #[arg(long, value_parser = NonEmptyStringValueParser::new(), help_heading = "Event")]
    key: Option<String>,
    /// A name for this act of publishing: a broker that has seen it publishes nothing again, and answers as it did. With
    /// --lines the name of a line is KEY#LINE, with --repeat that of an event KEY#NUMBER.
    #[arg(long, value_name = "KEY", help_heading = "Event")]
    idempotency_key: Option<IdempotencyKey>,
    /// How to show what was published.
    #[arg(short, long, value_name = "FORMAT", default_value = "id", help_heading = "Output")]
    output: Format,
}

pub(crate) fn run(options: &Options, common: &Common) -> Result<Exit, Failure> {
    let url = url(options)?;
    runtime::until_stopped(async {
        let headers = options.headers.all();
        let publisher =
            Publisher::new(&url, &options.transport.transport()?, &headers, options.timeout, options.retries)
                .map_err(publish_failure)?;
        let progress =
            if common.quiet || !(options.lines || options.ndjson) { Progress::hidden() } else { Progress::of_stdin() };
        let tally = Tally::new(options.output, progress);
        let key = key(options, &headers);
        let key = key.as_ref();
        let each = Each { publisher: &publisher, url: &url, key, pace: pace(options), tally };
        if options.ndjson {
            return batch::publish(each, Lines::stdin("publish objects", common), batch::max_lines(options.rate)).await;
        }
        if options.lines {
            return each.lines(Lines::stdin("events, one a line", common), options.template).await;
        }
        let mut data = input::data(options.data.as_deref(), common).await?;
        if options.template || options.repeat.is_some() {
            let template = Template::parse(&data).map_err(|error| Failure::new(Exit::Usage, error))?;
            if let Some(count) = options.repeat {
                return each.repeat(count, &template).await;
            }
            data = template.render(1);
        }
        let receipt = publisher.publish(&url, data.into(), key).await.map_err(publish_failure)?;
        tally::print(&mut Output::new(), &receipt, options.output).await?;
        Ok(Exit::Done)
    })
}

/// How fast events may go out.
fn pace(options: &Options) -> Pace {
    let of_rate = |rate| Duration::from_nanos(1_000_000_000 / rate);
    Pace::every(options.rate.map_or(options.interval, of_rate))
}

/// The idempotency key to publish with: the one that was given, or one of our own where a request that is not answered is
/// to be repeated. Of what is at a URL nobody knows whether it heeds a key: then there is none.
fn key(options: &Options, headers: &[Header]) -> Option<IdempotencyKey> {
    let to_a_broker = options.ndjson || options.target.as_deref().is_some_and(|target| !target::is_url(target));
    let by_hand = headers.iter().any(|header| header.is("idempotency-key"));
    let of_our_own = || (to_a_broker && options.retries > 0 && !by_hand).then(IdempotencyKey::random);
    options.idempotency_key.clone().or_else(of_our_own)
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
        // Rounded up: 0ms would be another thing than a moment.
        ("ttl", options.ttl.map(|time| format!("{}ms", time.as_nanos().div_ceil(1_000_000)))),
        ("key", options.key.clone()),
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
