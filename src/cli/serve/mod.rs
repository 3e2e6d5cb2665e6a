//! `sse serve`: composes the broker (log, broker, server) and runs it until it is told to stop.

mod access;
mod fetch;
mod files;
mod guard;
mod listener;
mod options;
mod people;
pub(in crate::cli) mod routes;
mod tls;
mod webhooks;

pub(crate) use options::Options;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;

use super::config;
use super::descriptors;
use super::exit::Exit;
use super::failure::Failure;
use crate::broker::Broker;
use crate::metrics::Metrics;
use crate::server::{self, Report};
use crate::shutdown::StopSignals;
use guard::Guard;
use routes::Routes;
use webhooks::Webhooks;

pub(crate) fn run(options: Options) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(serve(options))
}

async fn serve(options: Options) -> Result<Exit, Failure> {
    let mut signals = StopSignals::listen().context("cannot listen to signals")?;
    let descriptors = descriptors::raise();
    let address = listener::address(&options.listen).await?;
    // Before anything is opened or made: a broker that is not to start leaves nothing behind.
    options.check()?;
    guard::check_open(&options, address)?;
    let (metrics, log) = (Metrics::default(), options.log()?);
    let listener = listener::bind(address)?;
    let address = listener.local_addr().context("the listener has no address")?;
    let tls = options.tls.load(address)?;
    let guard = Guard::new(&options, tls.clone()).await?;
    let tables = config::tables(options.config.as_deref())?;
    let Routes { routes, styles } = options.routes(tables.routes)?;
    let limits = options.limits(descriptors)?;
    let broker =
        Broker::start(Arc::clone(&log), limits, options.policy(styles), metrics.clone()).context("cannot start")?;
    let (mut webhooks, wanted) = Webhooks::start(tables.webhooks, &metrics)?;
    broker.watch(options.people.watch(wanted));
    guard::warn_of_plain(&options, address, tls.is_some());
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
    let settings = options.settings(descriptors, address, guard.identity(), routes);
    let guarding = guard.watch(options);
    let watched = broker.clone();
    let watching = async { tokio::join!(watched.watch_tokens(), watched.tell_who_comes()) };
    let server = server::run(listener, broker, settings, tls, metrics, async { drop(stopped.await) });
    let report = tokio::select! {
        report = server => Some(report),
        () = guarding => None,
        _ = watching => None,
        _ = webhooks.pass_on() => None,
        () = stop_requested => None,
    };
    if let Some(report) = report {
        say_what_was_cut(report);
        webhooks.finish().await;
    } else {
        tracing::warn!("stopped at once by a second signal");
    }
    log.close().await;
    Ok(Exit::Done)
}

/// The first line on stdout is for programs: it tells the port that was taken.
fn announce(address: SocketAddr, tls: bool) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on {}://{address}", if tls { "https" } else { "http" })?;
    stdout.flush()?;
    Ok(())
}

fn say_what_was_cut(report: Report) {
    let Report { drained, cut_streams, cut_requests } = report;
    if cut_streams > 0 || cut_requests > 0 {
        tracing::warn!(drained, cut_streams, cut_requests, "stopped; some clients did not keep up and were cut");
    } else {
        tracing::info!(drained, "stopped; all streams ended");
    }
}
