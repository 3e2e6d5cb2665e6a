//! The options of `sse serve`, and what the layers below make of them.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum, ValueHint};

use super::access::Access;
use super::people;
use super::routes::Routes;
use super::tls::TlsFiles;
use crate::broker::{Farewell, Limits, Policy, SlowConsumer, Style};
use crate::cli::config::RouteTable;
use crate::cli::failure::Failure;
use crate::cli::identity;
use crate::cli::values::{duration, event_size, positive_duration, size};
use crate::server::{Identity, Origin, PerAddress, Places, Route, Settings};
use crate::store::{Allowance, Disk, Durability, Log, Memory, Retention};
use crate::wire::EventName;

/// File descriptors that are kept for anything but connections and the files of the history: the listener, the polls.
const RESERVED_DESCRIPTORS: u64 = 64;

/// Connections for anything but streams that an address may have beside as many as it may have streams: a browser opens six.
const REQUESTS_PER_ADDRESS: usize = 64;

/// The smallest head of a request that hyper can be told to allow.
const SMALLEST_HEAD: usize = 8 << 10;

/// Run a broker: topics over HTTP, with replay.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "SSE_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(super) listen: String,
    /// Read options and tables from this TOML file: its keys are the long names of the options.
    #[arg(long, env = "SSE_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Send a comment on a stream after this long without an event.
    #[arg(long, env = "SSE_HEARTBEAT", value_name = "DURATION", default_value = "15s", value_parser = positive_duration)]
    heartbeat: Duration,
    /// Over how long streams are ended when the broker stops, at most 1000 a second, so that not all clients come back
    /// at once.
    #[arg(long, env = "SSE_DRAIN", value_name = "DURATION", default_value = "5s", value_parser = duration)]
    drain: Duration,
    /// Send an event of this type on every stream before the broker stops.
    #[arg(long, env = "SSE_SHUTDOWN_EVENT", value_name = "NAME")]
    shutdown_event: Option<EventName>,
    #[command(flatten)]
    pub(super) identity: identity::Options,
    #[command(flatten)]
    pub(super) entry: Entry,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    pub(super) tls: TlsFiles,
    #[command(flatten)]
    retain: Retain,
    #[command(flatten)]
    delivery: Delivery,
    #[command(flatten)]
    pub(super) people: people::Options,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    pub(super) access: Access,
}

/// How tokens come in, and whether none is needed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Authentication")]
pub(super) struct Entry {
    /// Let everyone who can reach the broker read and publish, on an address that others than this machine can reach.
    #[arg(long, env = "SSE_OPEN", value_parser = BoolishValueParser::new())]
    pub(super) open: bool,
    /// Look for the token in the cookie of this name, too.
    #[arg(long = "token-cookie", env = "SSE_TOKEN_COOKIE", value_name = "NAME")]
    cookie: Option<String>,
    /// Accept a token in the URL (`?token=`), where logs and histories keep it; a ticket does without that.
    #[arg(long = "allow-query-token", env = "SSE_ALLOW_QUERY_TOKEN", value_parser = BoolishValueParser::new())]
    query: bool,
}

/// Who may use the broker from a browser.
#[derive(Debug, Args)]
#[command(next_help_heading = "Web pages")]
struct Pages {
    /// An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page
    /// from this machine, `null` a page from a file, `*` every page.
    #[arg(long = "cors-origin", env = "SSE_CORS_ORIGIN", value_name = "ORIGIN", default_value = "loopback")]
    #[arg(value_delimiter = ',')]
    cors_origins: Vec<Origin>,
    /// A name under which the broker is asked, such as that which a proxy passes on; can be repeated. Other names are refused
    /// then, and also on loopback without it, so that no foreign page can reach it by pointing its own name here; addresses
    /// and names without a dot are let in.
    #[arg(long = "allow-host", env = "SSE_ALLOW_HOST", value_name = "NAME", value_delimiter = ',')]
    allow_hosts: Vec<String>,
}

/// Where the history is, and how much of it is kept for replay; the oldest events go first.
#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
struct Retain {
    /// Keep the history in this directory, so that it outlasts the broker; without it, it is in memory.
    #[arg(long, env = "SSE_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// When a publisher is told that its event is stored: `commit` is when the disk has it, `interval=DURATION` does not
    /// wait for that and brings it to the disk within that time.
    #[arg(long, env = "SSE_DURABILITY", value_name = "WHEN", default_value = "commit", value_parser = durability)]
    #[arg(requires = "data")]
    durability: Durability,
    /// Keep at most this many events.
    #[arg(long = "retain-events", env = "SSE_RETAIN_EVENTS", value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// Keep at most this much: of memory, bookkeeping included, or of the disk.
    #[arg(long = "retain-bytes", env = "SSE_RETAIN_BYTES", value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    bytes: u64,
    /// Keep no event for longer than this, but the current state of a topic: the newest event of each `key`.
    #[arg(long = "retain-age", env = "SSE_RETAIN_AGE", value_name = "DURATION", default_value = "24h", value_parser = positive_duration)]
    age: Duration,
    /// Remember for this long which `Idempotency-Key` came with which event.
    #[arg(long, env = "SSE_IDEMPOTENCY_WINDOW", value_name = "DURATION", default_value = "5m", value_parser = positive_duration)]
    idempotency_window: Duration,
}

/// How events reach their subscribers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Delivery")]
struct Delivery {
    /// How many threads write to streams [default: one per core].
    #[arg(long, env = "SSE_SHARDS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    shards: Option<u16>,
    /// How much of the newest events is shared by the streams that keep up.
    #[arg(long, env = "SSE_TAIL_BYTES", value_name = "SIZE", default_value = "16MiB", value_parser = size)]
    tail_bytes: u64,
    /// What becomes of a client that reads slowly: `catch-up` reads on for it from the history, `disconnect` cuts it when
    /// it is behind the shared newest events.
    #[arg(long, env = "SSE_SLOW_CONSUMER", value_name = "POLICY", default_value = "catch-up")]
    slow_consumer: SlowConsumerChoice,
}

/// What becomes of slow clients.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SlowConsumerChoice {
    CatchUp,
    Disconnect,
}

/// What is bounded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
struct Bounds {
    /// The largest data of one event.
    #[arg(long, env = "SSE_MAX_EVENT_SIZE", value_name = "SIZE", default_value = "1MiB", value_parser = event_size)]
    max_event_size: u64,
    /// How many streams may be open at once [default: what the limit of open files allows].
    #[arg(long, env = "SSE_MAX_CONNECTIONS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// How many streams one address may have open at once [default: no bound]. It may have 64 more connections that are no
    /// streams, or without this option half of all; proxies that are trusted have as many as they like.
    #[arg(long, env = "SSE_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N")]
    max_connections_per_address: Option<NonZeroU32>,
    /// How many streams one address may open per second [default: no bound].
    #[arg(long, env = "SSE_MAX_SUBSCRIBE_RATE", value_name = "N")]
    max_subscribe_rate: Option<NonZeroU32>,
    /// How many topics and patterns one stream may name.
    #[arg(long, env = "SSE_MAX_TOPICS", value_name = "N", default_value_t = 1024)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    max_topics: u32,
    /// How long a client may take to send the head of a request, for a TLS or HTTP/2 handshake, and a connection may be idle
    /// between requests. An HTTP/2 client that has streams and says nothing for three times as long is asked whether it is
    /// there, and has as long to answer.
    #[arg(long, env = "SSE_HEADER_TIMEOUT", value_name = "DURATION", default_value = "10s")]
    #[arg(value_parser = positive_duration)]
    header_timeout: Duration,
    /// How long a client may take to send the body of an event or of a JSON batch, and be silent within newline-delimited
    /// JSON, where an empty line now and then is enough.
    #[arg(long, env = "SSE_BODY_TIMEOUT", value_name = "DURATION", default_value = "30s")]
    #[arg(value_parser = positive_duration)]
    body_timeout: Duration,
    /// The largest head of a request; 8 KiB are allowed in any case.
    #[arg(long, env = "SSE_MAX_HEADER_SIZE", value_name = "SIZE", default_value = "32KiB", value_parser = size)]
    max_header_size: u64,
}

impl Options {
    /// Makes sure that all that is given means something.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let is_open = self.identity.is_open();
        self.entry.check(is_open)?;
        self.access.check(is_open)
    }

    pub(super) fn settings(
        &self,
        descriptors: u64,
        address: SocketAddr,
        identity: Identity,
        routes: Vec<Route>,
    ) -> Settings {
        let bounds = &self.bounds;
        Settings {
            identity,
            routes,
            origins: self.pages.cors_origins.clone(),
            hosts: self.pages.hosts(address),
            proxies: self.access.proxies(),
            tls_only: self.tls.hsts(),
            max_event_size: bounds.max_event_size,
            max_sockets: self.possible_connections(descriptors),
            sockets_per_address: self.sockets_per_address(descriptors),
            max_topics: bounds.max_topics as usize,
            subscribe_rate: bounds.max_subscribe_rate,
            bounds: self.access.bounds(),
            header_timeout: bounds.header_timeout,
            body_timeout: bounds.body_timeout,
            max_head_size: usize::try_from(bounds.max_header_size).unwrap_or(usize::MAX).max(SMALLEST_HEAD),
            drain: self.drain,
        }
    }

    pub(super) fn policy(&self, styles: Arc<[Style]>) -> Policy {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Policy {
            styles,
            slow_consumer: match self.delivery.slow_consumer {
                SlowConsumerChoice::CatchUp => SlowConsumer::CatchUp,
                SlowConsumerChoice::Disconnect => SlowConsumer::Disconnect,
            },
            tail_bytes: self.delivery.tail_bytes,
            shards: self.delivery.shards.map_or(cores, usize::from),
        }
    }

    /// The routes of the config file.
    pub(super) fn routes(&self, tables: Vec<RouteTable>) -> Result<Routes, Failure> {
        Routes::new(tables, self.style(), self.identity.is_open())
    }

    /// How streams are served that are not asked for otherwise.
    fn style(&self) -> Style {
        let shutdown = self.shutdown_event.clone().map(|name| (Some(name), r#"{"reason":"shutdown"}"#.to_owned()));
        Style { heartbeat: self.heartbeat, comment: "heartbeat".to_owned(), farewell: Farewell { event: shutdown } }
    }

    fn retention(&self) -> Result<Retention, Failure> {
        let Retain { events, bytes, age, .. } = self.retain;
        if bytes < self.bounds.max_event_size {
            return Err(Failure::usage("--retain-bytes is smaller than --max-event-size")
                .hint("an event has to fit into the history, through which it reaches its subscribers"));
        }
        Ok(Retention { events, bytes, age })
    }

    /// Opens the history.
    pub(super) fn log(&self) -> Result<Arc<dyn Log>, Failure> {
        let Retain { data, durability, bytes, idempotency_window, .. } = &self.retain;
        let allowance = Allowance { idempotency_window: *idempotency_window, state_bytes: *bytes };
        let retention = self.retention()?;
        let Some(directory) = data else { return Ok(Arc::new(Memory::new(retention, allowance))) };
        let disk = Disk::open(directory, retention, allowance, *durability)?;
        let (span, damaged) = (disk.span(), disk.damaged());
        let size = ByteSize(span.bytes);
        tracing::info!(directory = %directory.display(), events = span.events().saturating_sub(damaged), %size, "history");
        if damaged > 0 {
            tracing::error!(
                events = damaged,
                "events of the history are damaged or lost: those who ask for them are told of a gap"
            );
        }
        Ok(Arc::new(disk))
    }

    /// How many connections the limit of open files leaves room for.
    fn possible_connections(&self, descriptors: u64) -> usize {
        let files = self.retain.data.as_ref().map_or(0, |_| Disk::files(self.retain.bytes));
        usize::try_from(descriptors.saturating_sub(RESERVED_DESCRIPTORS + files)).unwrap_or(usize::MAX)
    }

    /// How many connections beside its streams one address may have: it has no reason for many more than it may have streams.
    /// If that is not said, two of them are to be needed to take all, other programs of this machine apart.
    fn sockets_per_address(&self, descriptors: u64) -> PerAddress {
        match self.bounds.max_connections_per_address {
            Some(streams) => PerAddress { most: streams.get() as usize + REQUESTS_PER_ADDRESS, of_loopback: true },
            None => PerAddress { most: (self.possible_connections(descriptors) / 2).max(1), of_loopback: false },
        }
    }

    pub(super) fn limits(&self, descriptors: u64) -> Result<Limits, Failure> {
        let possible = self.possible_connections(descriptors);
        if possible == 0 {
            let sentence = format!("the limit of {descriptors} open files leaves none for streams");
            let hint = "raise it, as with: ulimit -n 20000; a smaller --retain-bytes needs fewer files, too";
            return Err(Failure::from(anyhow::Error::msg(sentence)).hint(hint));
        }
        let connections = self.bounds.max_connections.map_or(possible, |asked| asked as usize);
        if connections > possible {
            tracing::warn!(
                connections,
                possible,
                "the limit of open files allows fewer streams than --max-connections"
            );
        }
        let connections_per_address = self.bounds.max_connections_per_address.map_or(u32::MAX, NonZeroU32::get);
        let connections_per_user = self.access.connections_per_user();
        Ok(Limits { connections, connections_per_address, connections_per_user })
    }
}

impl Entry {
    fn check(&self, is_open: bool) -> Result<(), Failure> {
        let given = [("--token-cookie", self.cookie.is_some()), ("--allow-query-token", self.query)];
        match given.iter().find(|(_, is_given)| is_open && *is_given) {
            Some((option, _)) => Err(Failure::usage(format!("{option} is given, and no token is looked at"))
                .hint("--auth jwt or --auth token looks at tokens")),
            None => Ok(()),
        }
    }

    /// Where tokens are looked for.
    pub(super) fn places(&self) -> Places {
        Places { cookie: self.cookie.clone(), query: self.query }
    }
}

impl Pages {
    /// The names that are let in; all of them where none are given and the broker is not for this machine alone.
    fn hosts(&self, address: SocketAddr) -> Option<Vec<String>> {
        let is_for_all = !address.ip().to_canonical().is_loopback() || self.cors_origins.contains(&Origin::Any);
        if is_for_all && self.allow_hosts.is_empty() {
            return None;
        }
        Some(self.allow_hosts.iter().cloned().chain(self.cors_origins.iter().filter_map(Origin::host)).collect())
    }
}

/// Parses `commit` or `interval=DURATION`.
fn durability(text: &str) -> Result<Durability, String> {
    match text.split_once('=') {
        None if text == "commit" => Ok(Durability::Commit),
        Some(("interval", interval)) => positive_duration(interval).map(Durability::Interval),
        _ => Err("give it as commit, or as interval=100ms".to_owned()),
    }
}
