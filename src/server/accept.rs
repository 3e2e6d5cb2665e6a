//! The accept loop: connections in, and an end that does not wait for endless streams.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::broker::Broker;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long connections get to end by themselves when the server stops; then they are cut.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// The pause after a connection could not be accepted, as when no file descriptor is left: without it the loop would
/// only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Connections that were open when it was told to stop.
    pub open: usize,
    /// Those of them that did not end in time, and were cut.
    pub cut: usize,
}

/// Accepts connections until `stop` resolves, then ends them.
pub(super) async fn run(
    listener: TcpListener,
    router: Router,
    broker: &Broker,
    stop: impl Future<Output = ()>,
) -> Report {
    let mut stop = std::pin::pin!(stop);
    let stopping = watch::Sender::new(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(serve(stream, router.clone(), stopping.subscribe()))),
                Err(error) => wait_out(&error).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    broker.close();
    stopping.send_replace(());
    end(connections).await
}

/// Serves one connection to its end; when the server stops, it ends with the request that is under way.
async fn serve(stream: TcpStream, router: Router, mut stopping: watch::Receiver<()>) {
    // Events are small and are wanted at once. An error means that the peer has gone, as the first read will show.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}

/// Waits for the connections to end, for as long as they are given.
async fn end(mut connections: JoinSet<()>) -> Report {
    while connections.try_join_next().is_some() {}
    let open = connections.len();
    let all_ended = async { while connections.join_next().await.is_some() {} };
    // Out of time or not: what is left is counted and then cut.
    let _ = tokio::time::timeout(STOP_GRACE, all_ended).await;
    let cut = connections.len();
    connections.shutdown().await;
    Report { open, cut }
}

async fn wait_out(error: &io::Error) {
    tracing::warn!("cannot accept a connection: {error}");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
