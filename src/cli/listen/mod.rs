//! `sse listen`: shows what a stream does, live from a server or recorded in a file.
//!
//! The options and the loop; where notices come from is `source`, what is shown of them is `view`.

mod arrival;
mod data;
#[cfg_attr(not(test), expect(dead_code, reason = "the options that use it come next"))]
mod exec;
#[cfg_attr(not(test), expect(dead_code, reason = "the options that use it come next"))]
mod format;
#[cfg_attr(not(test), expect(dead_code, reason = "the options that use it come next"))]
mod jq;
mod json_lines;
mod pretty;
mod source;
mod status;
mod view;

use std::convert::Infallible;
use std::future::pending;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use futures_util::FutureExt as _;

use super::exit::Exit;
use super::failure::Failure;
use super::request::{Headers, stream_failure};
use super::target::Broker;
use super::{Common, output, runtime, values};
use crate::client::{self, Method};
use crate::wire::EventId;
use source::Source;
use view::View;

/// Show the events of a stream, and reconnect as a browser does.
///
/// Works with any server that sends text/event-stream, and with recorded streams. The stream is resumed where it broke
/// off (Last-Event-ID), after the time that the server asks for (retry), one second by default; attempts that fail
/// follow at growing, random intervals of up to 30 seconds. A first connection that fails is an error: see --wait.
///
/// It is done, with exit code 0, after --count or --for, at the end of a recording, and under --no-reconnect at the end
/// of the stream.
// Of its own clap would name --url as if it had to be given wherever SSE_URL is set.
#[derive(Debug, Args)]
#[command(override_usage = "sse listen [OPTIONS] <TARGET>")]
pub(crate) struct Options {
    /// A URL, a topic or pattern on the broker (`prices`, `rooms/*`), or a recorded stream: `-` for stdin, a path that
    /// begins with / or ./ or ../, or the name of an existing file.
    target: String,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    headers: Headers,
    /// The request method: GET, or POST where there is data to send.
    #[arg(short = 'X', long = "request", value_name = "METHOD", value_parser = method, help_heading = "Request")]
    method: Option<Method>,
    /// Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin. It is sent as
    /// application/json if it is JSON, as text/plain if not, unless --header says otherwise.
    #[arg(short, long, help_heading = "Request")]
    data: Option<String>,
    /// Resume after the event with this ID.
    #[arg(long, value_name = "ID", help_heading = "Request")]
    last_event_id: Option<EventId>,
    /// End when the stream does; a stream that breaks off is then a failure.
    #[arg(long, env = "SSE_NO_RECONNECT", value_parser = BoolishValueParser::new(), help_heading = "Connection")]
    no_reconnect: bool,
    /// Keep trying if the first connection fails, too.
    #[arg(long, env = "SSE_WAIT", value_parser = BoolishValueParser::new(), help_heading = "Connection")]
    wait: bool,
    /// The longest event to read; a longer one is an error.
    #[arg(long, value_name = "SIZE", value_parser = values::size, default_value = "64MiB", help_heading = "Connection")]
    max_event_size: u64,
    /// How to show what comes.
    #[arg(short, long, env = "SSE_OUTPUT", value_name = "FORMAT", default_value = "pretty", help_heading = "Output")]
    output: Format,
    /// Show only events of this type; may be repeated. The type of an event without one is `message`.
    #[arg(short, long = "event", value_name = "TYPE", help_heading = "Output")]
    events: Vec<String>,
    /// Show also what is not an event: connections, comments and new reconnection times (`-o pretty` and `-o json`).
    #[arg(long, help_heading = "Output")]
    lifecycle: bool,
    /// End after this many events have been shown.
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count, help_heading = "Output")]
    count: Option<u64>,
    /// End after this time.
    #[arg(long = "for", value_name = "DURATION", value_parser = values::duration, help_heading = "Output")]
    time: Option<Duration>,
}

/// How events are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: time, type, ID and the data, JSON indented.
    Pretty,
    /// For programs: a line of JSON for each event.
    Json,
    /// The data alone, each followed by a line feed.
    Data,
    /// The bytes of the stream as they come.
    Raw,
}

/// A method: those of RFC 9110 in whatever case, because no server knows them in lower case, and any other as it is.
fn method(text: &str) -> Result<Method, String> {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];
    let known = known.into_iter().find(|known| known.eq_ignore_ascii_case(text));
    known.unwrap_or(text).parse().map_err(|_| "a method is a word, such as GET or POST".to_owned())
}

pub(crate) fn run(options: &Options, common: &Common) -> Result<Exit, Failure> {
    check(options)?;
    runtime::until_stopped(async {
        let mut source = Source::open(options).await?;
        let mut view = View::new(options, common, &source);
        let followed = match options.time {
            // That the time is over is no failure.
            Some(time) => tokio::time::timeout(time, follow(&mut source, &mut view)).await.unwrap_or(Ok(())),
            None => follow(&mut source, &mut view).await,
        };
        view.finish(followed.as_ref().err()).await?;
        followed.map_err(explain)?;
        Ok(Exit::Done)
    })
}

/// Refuses options that exclude each other by their values, which clap cannot see.
fn check(options: &Options) -> Result<(), Failure> {
    let plain = matches!(options.output, Format::Data | Format::Raw);
    if options.lifecycle && plain {
        return Err(Failure::usage("--lifecycle needs -o pretty or -o json: the other formats have no place for it"));
    }
    if !options.events.is_empty() && options.output == Format::Raw {
        return Err(Failure::usage("--event cannot filter -o raw, which shows the stream as it comes"));
    }
    Ok(())
}

/// Shows one notice after the other until there is no more, or enough, or nobody to show it to.
async fn follow(source: &mut Source, view: &mut View) -> anyhow::Result<()> {
    loop {
        let mut next = pin!(source.next());
        // As long as there is more at hand, output is gathered; before every wait it is on its way.
        let at_hand = next.as_mut().now_or_never();
        let notice = if let Some(notice) = at_hand {
            notice
        } else {
            view.flush().await?;
            tokio::select! {
                biased;
                notice = next.as_mut() => notice,
                () = output::reader_gone() => return Ok(()),
                never = rest(view) => match never {},
            }
        };
        let Some(notice) = notice else { return Ok(()) };
        if view.show(notice?) == ControlFlow::Break(()) {
            return Ok(());
        }
        if view.is_full() {
            view.flush().await?;
        }
    }
}

/// Draws the status, and has nothing more to do.
async fn rest(view: &mut View) -> Infallible {
    view.rest().await;
    pending().await
}

fn explain(error: anyhow::Error) -> Failure {
    match error.downcast::<client::Error>() {
        Ok(error) => stream_failure(error),
        Err(error) => Failure::from(error),
    }
}
