//! `sse serve`: composes the broker (log, broker, server) and runs it until it is told to stop.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::{TcpListener, TcpSocket};

use super::Common;
use super::exit::Exit;
use super::failure::Failure;
use super::values::{duration, positive_duration, size};
use crate::broker::{Broker, Limits};
use crate::metrics::Metrics;
use crate::server::{self, Origin, Report, Settings};
use crate::shutdown::StopSignals;
use crate::store::{Memory, Retention};

/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 4096;

/// File descriptors that are kept for anything but streams: the listener, publishers, files.
const RESERVED_DESCRIPTORS: u64 = 64;

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
    /// An origin whose web pages may use the broker; can be repeated, and replaces the default. `loopback` is any page
    /// from this machine, `null` a page from a file, `*` every page.
    #[arg(long = "cors-origin", env = "SSE_CORS_ORIGIN", value_name = "ORIGIN", default_value = "loopback")]
    #[arg(value_delimiter = ',')]
    cors_origins: Vec<Origin>,
    #[command(flatten)]
    retain: Retain,
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
    let limits = Limits { connections: options.connections() };
    let (metrics, log) = (Metrics::default(), Memory::new(options.retention()?));
    let broker = Broker::new(Arc::new(log), limits, metrics.clone());
    let listener = bind(&options.listen).await?;
    let address = listener.local_addr().context("the listener has no address")?;
    announce(address)?;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stop_requested = async {
        signals.next().await;
        tracing::info!("stopping");
        // The receiver is the other half of this very function.
        let _ = stop.send(());
        signals.next().await;
    };
    let server = server::run(listener, broker, options.settings(), metrics, async { drop(stopped.await) });
    tokio::select! {
        report = server => say_what_was_cut(report),
        () = stop_requested => tracing::warn!("stopped at once by a second signal"),
    }
    Ok(Exit::Done)
}

impl Options {
    fn settings(&self) -> Settings {
        let origins = self.cors_origins.clone();
        Settings { origins, heartbeat: self.heartbeat, max_event_size: self.max_event_size }
    }

    fn retention(&self) -> Result<Retention, Failure> {
        let Retain { events, bytes, age } = self.retain;
        if bytes < self.max_event_size {
            return Err(Failure::usage("--retain-bytes is smaller than --max-event-size")
                .hint("an event has to fit into the history, through which it reaches its subscribers"));
        }
        Ok(Retention { events, bytes, age })
    }

    /// Raises the limit of file descriptors as far as it goes, and leaves some for what is no stream.
    fn connections(&self) -> usize {
        let descriptors = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
            tracing::warn!("cannot raise the limit of open files: {error}");
            rlimit::Resource::NOFILE.get_soft().unwrap_or(1024)
        });
        let possible = usize::try_from(descriptors.saturating_sub(RESERVED_DESCRIPTORS)).unwrap_or(usize::MAX);
        let asked = self.max_connections.map_or(possible, |asked| asked as usize);
        if asked > possible {
            tracing::warn!(asked, possible, "the limit of open files allows fewer streams than --max-connections");
        }
        asked
    }
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
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The first line on stdout is for programs: it tells the port that was taken.
fn announce(address: SocketAddr) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{address}")?;
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
    let Report { open, cut } = report;
    if cut > 0 {
        tracing::warn!(open, cut, "stopped; some connections did not end in time and were cut");
    } else {
        tracing::info!(open, "stopped; all connections ended");
    }
}
