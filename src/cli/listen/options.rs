//! The options of `listen`, in groups as its help shows them.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};

use super::super::failure::Failure;
use super::super::request::Headers;
use super::super::target::Broker;
use super::super::{transport, values};
use crate::client::{Conduct, Method, Reconnect, Statuses};
use crate::wire::EventId;

/// How long `--diagnose` watches: a heartbeat within 30 seconds is what it waits for longest.
const WATCH: Duration = Duration::from_secs(35);

/// Show the events of a stream, and reconnect as a browser does.
///
/// Works with any server that sends text/event-stream, and with recorded streams. The stream is resumed where it broke
/// off (Last-Event-ID), after the time that the server asks for (retry), one second by default; attempts that fail
/// follow at growing, random intervals of up to 30 seconds. A first connection that fails is an error: see --wait.
///
/// It is done, with exit code 0, after --count, --for or --until, at the end of a recording, and under --no-reconnect at
/// the end of the stream.
// Of its own clap would name --url as if it had to be given wherever SSE_URL is set.
#[derive(Debug, Args)]
#[command(override_usage = "sse listen [OPTIONS] <TARGET>")]
#[command(mut_arg("cert_key", |option| option.visible_alias("key")))]
pub(crate) struct Options {
    /// A URL, a topic or pattern on the broker (`prices`, `rooms/*`), or a recorded stream: `-` for stdin, a path that
    /// begins with / or ./ or ../, or the name of an existing file.
    pub(super) target: String,
    #[command(flatten)]
    pub(super) broker: Broker,
    #[command(flatten)]
    pub(super) request: RequestOptions,
    #[command(flatten)]
    pub(super) transport: transport::Options,
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    #[command(flatten)]
    pub(super) output: OutputOptions,
    #[command(flatten)]
    pub(super) selection: SelectionOptions,
    #[command(flatten)]
    pub(super) actions: ActionOptions,
}

/// What is asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct RequestOptions {
    /// Listen to this topic or pattern as well; may be repeated.
    #[arg(long = "topic", value_name = "TOPIC")]
    pub(super) topics: Vec<String>,
    #[command(flatten)]
    pub(super) headers: Headers,
    /// The request method: GET, or POST where there is data to send.
    #[arg(short = 'X', long = "request", value_name = "METHOD", value_parser = method)]
    pub(super) method: Option<Method>,
    /// Send this as the request body, on every connection anew; @FILE reads it from a file, @- from stdin; @@ stands
    /// for an @ at the beginning. It is sent as application/json if it is JSON, as text/plain if not, unless --header says
    /// otherwise.
    #[arg(short, long)]
    pub(super) data: Option<String>,
    /// Resume after the event with this ID.
    #[arg(long, value_name = "ID")]
    pub(super) last_event_id: Option<EventId>,
    /// Ask for compression, as browsers do (gzip, deflate, br, zstd). What comes compressed is decompressed in any case.
    #[arg(long, env = "SSE_COMPRESSED", value_parser = BoolishValueParser::new())]
    pub(super) compressed: bool,
    /// Read the answer as an event stream whatever its content type says.
    #[arg(long)]
    pub(super) any_content_type: bool,
    /// After a POST go on with a GET, without the body and with the Mcp-Session-Id of the first answer, as MCP's
    /// streamable HTTP does. An answer of JSON is then shown too, and it is done when every JSON-RPC request of the body
    /// has its response.
    #[arg(long, requires = "data")]
    pub(super) resume_with_get: bool,
    /// Print the curl command that makes the same request, with its credentials, and end.
    #[arg(long)]
    pub(super) curl: bool,
}

/// When it connects again.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionOptions {
    /// End when the stream does; a stream that breaks off is then a failure.
    #[arg(long, env = "SSE_NO_RECONNECT", value_parser = BoolishValueParser::new())]
    no_reconnect: bool,
    /// Keep trying if the first connection fails, too.
    #[arg(long, env = "SSE_WAIT", value_parser = BoolishValueParser::new())]
    wait: bool,
    /// The time before reconnecting until the server sets its own; 0ms is possible.
    #[arg(long, env = "SSE_RETRY", value_name = "DURATION", value_parser = values::duration)]
    #[arg(default_value = "1s")]
    retry: Duration,
    /// The longest time before reconnecting, whatever the server asks for; after a failure it is 100ms at least. Without it
    /// 30s after repeated failures, and 24h for what the server asks.
    #[arg(long, env = "SSE_MAX_BACKOFF", value_name = "DURATION", value_parser = values::duration)]
    max_backoff: Option<Duration>,
    /// Give up after this many attempts to reconnect in a row that brought nothing.
    #[arg(long, env = "SSE_MAX_RETRIES", value_name = "N")]
    max_retries: Option<u32>,
    /// Connect again also after these statuses, such as 5xx,429; a Retry-After is waited for.
    #[arg(long, env = "SSE_RETRY_STATUS", value_name = "STATUS,…")]
    retry_status: Option<Statuses>,
    /// Take a connection that has brought no byte for so long for dead, and reconnect; under --no-reconnect, or when
    /// --max-retries is reached, end with exit code 4.
    #[arg(long, env = "SSE_IDLE_TIMEOUT", value_name = "DURATION", value_parser = values::positive_duration)]
    idle_timeout: Option<Duration>,
    /// The longest event to read; a longer one is an error.
    #[arg(long, value_name = "SIZE", value_parser = values::size, default_value = "64MiB")]
    max_event_size: u64,
}

/// How what comes is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct OutputOptions {
    /// How to show what comes: `pretty` if nothing else is asked for.
    #[arg(short, long, env = "SSE_OUTPUT", value_name = "FORMAT")]
    pub(super) output: Option<Output>,
    /// Show each event as this template: {time} {delta} {type} {id} {data} {data.user.name}, and \n, \t.
    #[arg(short, long, value_name = "TEMPLATE", conflicts_with = "jq")]
    pub(super) format: Option<String>,
    /// Show what this filter in the language of jq makes of the data of each event; $type, $id and $time are there too.
    #[arg(long, value_name = "FILTER")]
    pub(super) jq: Option<String>,
    /// Show the time of each event in full (RFC 3339): before it, or as `time` in JSON.
    #[arg(long)]
    pub(super) timestamps: bool,
    /// Show the time since the event before: before each, or as `delta_ms` in JSON.
    #[arg(long)]
    pub(super) delta: bool,
    /// Show comments (`-o pretty` and `-o json`).
    #[arg(long)]
    pub(super) comments: bool,
    /// Show also what is not an event: connections, comments and new reconnection times (`-o pretty` and `-o json`).
    #[arg(long)]
    pub(super) lifecycle: bool,
    /// Show the answer of a language model as text, as it arrives, and how fast it came: streams of OpenAI (chat and
    /// responses), Anthropic, Gemini and Ollama, and of what speaks like them. It ends with the answer, and is not asked for
    /// again if that breaks off. With -o json every piece is a line, and the last one a report.
    #[arg(long, conflicts_with_all = ["format", "jq", "timestamps", "delta", "comments", "lifecycle"])]
    #[arg(conflicts_with_all = ["events", "exclude", "until", "count", "exec", "forward_to"])]
    pub(super) llm: bool,
    /// At the end, say how much came, how fast, and what went wrong.
    #[arg(long)]
    pub(super) stats: bool,
    /// Watch the stream for 35 seconds, or --for, and name what is wrong with it instead of showing it; compression is asked
    /// for, as browsers do. The exit code is 1 if there is a problem. With -o json each finding is a line.
    #[arg(long, conflicts_with_all = ["format", "jq", "llm", "stats", "timestamps", "delta", "comments", "lifecycle", "exec", "forward_to"])]
    pub(super) diagnose: bool,
}

/// Which events, and how many.
#[derive(Debug, Args)]
#[command(next_help_heading = "Events")]
pub(super) struct SelectionOptions {
    /// Show only events of this type; may be repeated. The type of an event without one is `message`.
    #[arg(short, long = "event", value_name = "TYPE")]
    pub(super) events: Vec<String>,
    /// Do not show events of this type; may be repeated.
    #[arg(long, value_name = "TYPE")]
    pub(super) exclude: Vec<String>,
    /// End at an event whose data or type is this, such as [DONE]; it is not shown, but with -o raw.
    #[arg(long, value_name = "TEXT")]
    pub(super) until: Option<String>,
    /// End after this many events have been shown.
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count)]
    pub(super) count: Option<u64>,
    /// End after this time; commands of --exec that run are waited for.
    #[arg(long = "for", value_name = "DURATION", value_parser = values::duration)]
    pub(super) time: Option<Duration>,
}

/// What is done with each event.
#[derive(Debug, Args)]
#[command(next_help_heading = "Actions")]
pub(super) struct ActionOptions {
    /// Run this shell command for each event, with its data on stdin and `SSE_TYPE`, `SSE_ID` and `SSE_DATA` in its
    /// environment. What it prints takes the place of the event, unless --output is given. One that fails is told, and the
    /// exit code is then 1; those that run when Ctrl-C ends it get SIGTERM.
    #[arg(long, value_name = "COMMAND")]
    pub(super) exec: Option<String>,
    /// Commands that run at once; with more than one they may end in another order.
    #[arg(long, value_name = "N", default_value = "1", requires = "exec")]
    pub(super) exec_jobs: NonZeroUsize,
    /// POST each event to this URL, one after the other: the body is its data, the headers Sse-Event and Sse-Id its type
    /// and ID. What fails is sent again; if an event is not taken in the end, the exit code is 1.
    /// Of the transport options --insecure, --cacert and --proxy count for this URL too, and those about the one server do
    /// not.
    #[arg(long, value_name = "URL", conflicts_with = "exec")]
    pub(super) forward_to: Option<String>,
    /// How often an event that was not taken is sent again, at growing intervals.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "forward_to")]
    pub(super) forward_retries: u32,
    /// Record the events with their times in this file, which `sse listen FILE` shows and `sse send --replay FILE` plays.
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Resume after the ID that this file holds, and keep that of the last event in it. An event counts when it has been
    /// shown and done with.
    #[arg(long, value_name = "FILE", conflicts_with = "last_event_id")]
    pub(super) resume_file: Option<PathBuf>,
}

/// How events are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
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

impl Options {
    /// Refuses options that exclude each other by their values, which clap cannot see.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let (output, shown) = (&self.output, self.output.shown_as());
        let shaped = output.format.is_some() || output.jq.is_some();
        let by_environment = std::env::var_os("SSE_OUTPUT").is_some();
        if shaped && output.output.is_some() && !by_environment {
            return Err(Failure::usage("--format and --jq are formats of their own: leave --output away"));
        }
        let plain = shaped || matches!(shown, Output::Data | Output::Raw);
        if plain && (output.lifecycle || output.comments) {
            let option = if output.lifecycle { "--lifecycle" } else { "--comments" };
            return Err(Failure::usage(format!(
                "{option} needs -o pretty or -o json: the other formats have no place for it"
            )));
        }
        if (shaped || shown == Output::Raw) && (output.timestamps || output.delta) {
            let option = if output.timestamps { "--timestamps" } else { "--delta" };
            return Err(Failure::usage(format!("{option} needs -o pretty, -o json or -o data"))
                .hint("--format has {time} and {delta}, --jq has $time"));
        }
        if shown == Output::Raw && !shaped && (!self.selection.events.is_empty() || !self.selection.exclude.is_empty())
        {
            let option = if self.selection.events.is_empty() { "--exclude" } else { "--event" };
            return Err(Failure::usage(format!("{option} cannot filter -o raw, which shows the stream as it comes")));
        }
        let special = [(output.llm, "--llm"), (output.diagnose, "--diagnose")].into_iter().find(|(asked, _)| *asked);
        if let Some((_, option)) = special
            && output.output.is_some_and(|output| output != Output::Json)
            && !by_environment
        {
            return Err(Failure::usage(format!("{option} has a form of its own, or that of -o json")));
        }
        if self.actions.exec.is_some() && output.output.is_none() && (output.timestamps || output.delta) {
            return Err(Failure::usage("what the command of --exec prints has no times")
                .hint("-o pretty, -o json or -o data shows the event as well"));
        }
        Ok(())
    }

    /// How the source behaves. The answer of a language model is not asked for twice.
    pub(super) fn conduct(&self) -> Conduct {
        let connection = &self.connection;
        let reconnect = match (connection.no_reconnect || self.output.llm, connection.wait) {
            (true, false) => Reconnect::Never,
            (true, true) => Reconnect::UntilOpen,
            (false, false) => Reconnect::OnceOpen,
            (false, true) => Reconnect::Always,
        };
        Conduct {
            reconnect,
            first_delay: connection.retry,
            longest_delay: connection.max_backoff,
            retries: connection.max_retries,
            retry_statuses: connection.retry_status.clone().unwrap_or_default(),
            idle_timeout: connection.idle_timeout,
            max_event_size: self.max_event_size(),
        }
    }

    /// How long to listen at most.
    pub(super) fn time(&self) -> Option<Duration> {
        self.selection.time.or(self.output.diagnose.then_some(WATCH))
    }

    /// Where memory is smaller than the limit, the limit is no limit.
    pub(super) fn max_event_size(&self) -> usize {
        usize::try_from(self.connection.max_event_size).unwrap_or(usize::MAX)
    }
}

impl OutputOptions {
    /// The format, if it is none of those with an option of their own.
    pub(super) fn shown_as(&self) -> Output {
        self.output.unwrap_or(Output::Pretty)
    }
}
