//! `sse serve`: composes the broker (log, broker, server) and runs it until it is told to stop.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tokio::net::{TcpListener, TcpSocket};

use super::exit::Exit;
use super::failure::Failure;
use super::values::{duration, positive_duration, size};
use super::{Common, descriptors};
use crate::broker::{Broker, Farewell, Limits, Policy, SlowConsumer};
use crate::metrics::Metrics;
use crate::server::{self, Origin, Report, Settings, Tls};
use crate::shutdown::StopSignals;
use crate::store::{Memory, Retention};
use crate::wire::EventName;

/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 4096;

/// File descriptors that are kept for anything but streams: the listener, publishers, files.
const RESERVED_DESCRIPTORS: u64 = 64;

/// What the kernel holds per connection that is not read, in bytes; it doubles the number for its own bookkeeping.
const SEND_BUFFER: usize = 64 << 10;

/// After how long without an acknowledgement for what was sent a peer is taken for dead.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// The smallest head of a request that hyper can be told to allow.
const SMALLEST_HEAD: usize = 8 << 10;

/// Run a broker: topics over HTTP, with replay.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "SSE_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The largest data of one event.
    #[arg(long, env = "SSE_MAX_EVENT_SIZE", value_name = "SIZE", default_value = "1MiB", value_parser = size)]
    max_event_size: u64,
    /// How many streams may be open at once [default: what the limit of file descriptors allows].
    #[arg(long, env = "SSE_MAX_CONNECTIONS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// Send a comment on a stream after this long without an event.
    #[arg(long, env = "SSE_HEARTBEAT", value_name = "DURATION", default_value = "15s", value_parser = positive_duration)]
    heartbeat: Duration,
    /// How many streams one address may have open at once [default: no bound].
    #[arg(long, env = "SSE_MAX_CONNECTIONS_PER_ADDRESS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections_per_address: Option<u32>,
    /// How many streams one address may open per second [default: no bound].
    #[arg(long, env = "SSE_MAX_SUBSCRIBE_RATE", value_name = "N")]
    max_subscribe_rate: Option<NonZeroU32>,
    /// How many topics and patterns one stream may name.
    #[arg(long, env = "SSE_MAX_TOPICS", value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    max_topics: u32,
    /// How long a client may take to send the head of a request.
    #[arg(long, env = "SSE_HEADER_TIMEOUT", value_name = "DURATION", default_value = "10s", value_parser = positive_duration)]
    header_timeout: Duration,
    /// The largest head of a request.
    #[arg(long, env = "SSE_MAX_HEADER_SIZE", value_name = "SIZE", default_value = "32KiB", value_parser = size)]
    max_header_size: u64,
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
    /// Over how long streams are ended when the broker stops, so that not all clients come back at once.
    #[arg(long, env = "SSE_DRAIN", value_name = "DURATION", default_value = "5s", value_parser = duration)]
    drain: Duration,
    /// Send an event of this type on every stream before the broker stops.
    #[arg(long, env = "SSE_SHUTDOWN_EVENT", value_name = "NAME")]
    shutdown_event: Option<EventName>,
    #[command(flatten)]
    tls: TlsFiles,
    /// An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page
    /// from this machine, `null` a page from a file, `*` every page.
    #[arg(long = "cors-origin", env = "SSE_CORS_ORIGIN", value_name = "ORIGIN", default_value = "loopback")]
    #[arg(value_delimiter = ',')]
    cors_origins: Vec<Origin>,
    #[command(flatten)]
    retain: Retain,
}

/// What becomes of slow clients.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SlowConsumerChoice {
    CatchUp,
    Disconnect,
}

/// Encryption.
#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
struct TlsFiles {
    /// Speak TLS with the certificate chain in this PEM file.
    #[arg(
        long = "tls-cert",
        env = "SSE_TLS_CERT",
        value_name = "FILE",
        requires = "key",
        conflicts_with = "self_signed"
    )]
    cert: Option<PathBuf>,
    /// The private key of the certificate, as a PEM file.
    #[arg(long = "tls-key", env = "SSE_TLS_KEY", value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Speak TLS with a certificate that is made on the spot and that nobody can verify: for trying things out.
    #[arg(long = "tls-self-signed", env = "SSE_TLS_SELF_SIGNED")]
    self_signed: bool,
}

/// How much history is kept for replay; the oldest events go first.
#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
struct Retain {
    /// Keep at most this many events.
    #[arg(long = "retain-events", env = "SSE_RETAIN_EVENTS", value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// Keep at most this much, bookkeeping included.
    #[arg(long = "retain-bytes", env = "SSE_RETAIN_BYTES", value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    bytes: u64,
    /// Keep no event for longer than this.
    #[arg(long = "retain-age", env = "SSE_RETAIN_AGE", value_name = "DURATION", default_value = "24h", value_parser = duration)]
    age: Duration,
}

pub(crate) fn run(options: Options, common: &Common) -> Result<Exit, Failure> {
    common.start_log();
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(serve(options))
}

async fn serve(options: Options) -> Result<Exit, Failure> {
    let mut signals = StopSignals::listen().context("cannot listen to signals")?;
    let descriptors = descriptors::raise();
    let (metrics, log) = (Metrics::default(), Memory::new(options.retention()?));
    let listener = bind(&options.listen).await?;
    let address = listener.local_addr().context("the listener has no address")?;
    let tls = options.tls.load(address.ip())?;
    let limits = options.limits(descriptors);
    let broker = Broker::start(Arc::new(log), limits, options.policy(), metrics.clone()).context("cannot start")?;
    announce(address, tls.is_some())?;
    tracing::info!(open_files = descriptors, connections = limits.connections, "limits");
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop_requested = async {
        signals.next().await;
        tracing::info!("stopping; a second signal ends at once");
        // The receiver is the other half of this very function.
        let _ = stop.send(());
        signals.next().await;
    };
    let settings = options.settings(descriptors);
    let server = server::run(listener, broker, settings, tls, metrics, async { drop(stopped.await) });
    tokio::select! {
        report = server => say_what_was_cut(report),
        () = stop_requested => tracing::warn!("stopped at once by a second signal"),
    }
    Ok(Exit::Done)
}

impl Options {
    fn settings(&self, descriptors: u64) -> Settings {
        Settings {
            origins: self.cors_origins.clone(),
            heartbeat: self.heartbeat,
            max_event_size: self.max_event_size,
            max_sockets: possible_connections(descriptors),
            max_topics: self.max_topics as usize,
            subscribe_rate: self.max_subscribe_rate,
            header_timeout: self.header_timeout,
            max_head_size: usize::try_from(self.max_header_size).unwrap_or(usize::MAX).max(SMALLEST_HEAD),
            drain: self.drain,
            farewell: Farewell { event: self.shutdown_event.clone() },
        }
    }

    fn policy(&self) -> Policy {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Policy {
            heartbeat: self.heartbeat,
            slow_consumer: match self.slow_consumer {
                SlowConsumerChoice::CatchUp => SlowConsumer::CatchUp,
                SlowConsumerChoice::Disconnect => SlowConsumer::Disconnect,
            },
            tail_bytes: self.tail_bytes,
            shards: self.shards.map_or(cores, usize::from),
        }
    }

    fn retention(&self) -> Result<Retention, Failure> {
        let Retain { events, bytes, age } = self.retain;
        if bytes < self.max_event_size {
            return Err(Failure::usage("--retain-bytes is smaller than --max-event-size")
                .hint("an event has to fit into the history, through which it reaches its subscribers"));
        }
        Ok(Retention { events, bytes, age })
    }

    fn limits(&self, descriptors: u64) -> Limits {
        let possible = possible_connections(descriptors);
        let connections = self.max_connections.map_or(possible, |asked| asked as usize);
        if connections > possible {
            tracing::warn!(
                connections,
                possible,
                "the limit of open files allows fewer streams than --max-connections"
            );
        }
        Limits { connections, connections_per_address: self.max_connections_per_address.unwrap_or(u32::MAX) }
    }
}

impl TlsFiles {
    fn load(&self, address: IpAddr) -> Result<Option<Tls>, Failure> {
        match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => Ok(Some(Tls::from_files(cert, key)?)),
            _ if self.self_signed => Ok(Some(Tls::self_signed(address)?)),
            _ => Ok(None),
        }
    }
}

/// How many connections the limit of open files leaves room for.
fn possible_connections(descriptors: u64) -> usize {
    usize::try_from(descriptors.saturating_sub(RESERVED_DESCRIPTORS)).unwrap_or(usize::MAX)
}

async fn bind(listen: &str) -> Result<TcpListener, Failure> {
    let form = "give --listen as HOST:PORT, such as 127.0.0.1:8080 or [::]:8080";
    let addresses = tokio::net::lookup_host(listen).await;
    let mut addresses = addresses
        .with_context(|| format!("cannot listen on {listen:?}"))
        .map_err(|error| Failure::new(Exit::Usage, error).hint(form))?;
    let address = addresses.next().ok_or_else(|| Failure::usage(format!("{listen:?} has no address")).hint(form))?;
    listen_on(address).map_err(|error| {
        let in_use = error.kind() == std::io::ErrorKind::AddrInUse;
        let failure = Failure::from(anyhow::Error::new(error).context(format!("cannot listen on {address}")));
        if in_use { failure.hint("another program uses this port; port 0 takes a free one") } else { failure }
    })
}

fn listen_on(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Without it a broker could not be restarted while connections of the last one linger.
    socket.set_reuseaddr(true)?;
    configure(&socket)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What connections inherit from the listener.
fn configure(socket: &TcpSocket) -> std::io::Result<()> {
    let socket = socket2::SockRef::from(socket);
    // Events are small and are wanted at once.
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}

/// The first line on stdout is for programs: it tells the port that was taken.
fn announce(address: SocketAddr, tls: bool) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on {}://{address}", if tls { "https" } else { "http" })?;
    stdout.flush()?;
    if !is_loopback(address.ip()) {
        tracing::warn!("everyone who can reach {address} can read and publish: this version has no authentication");
    }
    Ok(())
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

fn say_what_was_cut(report: Report) {
    let Report { drained, cut_streams, cut_requests } = report;
    if cut_streams > 0 || cut_requests > 0 {
        tracing::warn!(drained, cut_streams, cut_requests, "stopped; some clients did not keep up and were cut");
    } else {
        tracing::info!(drained, "stopped; all streams ended");
    }
}
