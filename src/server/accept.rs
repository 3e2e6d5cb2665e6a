//! The accept loop: connections in, and an end that does not wait for endless streams.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connection::Service;
use super::refusal::Refusal;
use super::trim::Storm;
use crate::metrics::Closed;

/// How long requests that are under way get to end when the server stops; then they are cut.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// The pause after a connection could not be accepted, as when no file descriptor is left: without it the loop would
/// only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a refused connection may take to read its answer.
const LINGER: Duration = Duration::from_secs(1);

/// How many of them may do so at once: they use descriptors that are kept for such purposes.
const LINGERING: usize = 32;

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Streams that were told that the server stops, and had got all they were to get.
    pub drained: u64,
    /// Streams that were cut: their clients had not read all that was sent.
    pub cut_streams: u64,
    /// Requests that were cut.
    pub cut_requests: usize,
}

/// Accepts connections until `stop` resolves, then ends them.
pub(super) async fn run(listener: TcpListener, service: Arc<Service>, stop: impl Future<Output = ()>) -> Report {
    let mut stop = std::pin::pin!(stop);
    let stopping = watch::Sender::new(());
    let mut connections = JoinSet::new();
    let mut storm = Storm::default();
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() + service.streams() >= service.app.settings.max_sockets => {
                    let crowded = connections.len() + service.streams() >= service.app.settings.max_sockets + LINGERING;
                    let refused = refuse(&service, stream);
                    if !crowded {
                        connections.spawn(refused);
                    }
                }
                Ok((stream, peer)) => {
                    storm.connection();
                    connections.spawn(Arc::clone(&service).serve(stream, peer.ip(), stopping.subscribe()));
                }
                Err(error) => wait_out(&error).await,
            },
            Some(_) = connections.join_next() => {}
            () = storm.is_over() => storm.clear(),
        }
    }
    drop(listener);
    end(&service, &stopping, connections).await
}

/// Answers without regard to the request: for more than that there may be no descriptor left.
fn refuse(service: &Service, mut stream: TcpStream) -> impl Future<Output = ()> + use<> {
    let refusal = Refusal::NoDescriptor;
    service.app.metrics.count_refusal(refusal.code());
    tracing::warn!("refused a connection: {refusal}");
    let answer = refusal.raw();
    async move {
        let linger = async {
            stream.write_all(&answer).await?;
            stream.shutdown().await?;
            // A socket that is closed with bytes unread takes back what was written to it.
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
        };
        // Whether the answer arrives or not, the client is refused.
        let _ = tokio::time::timeout(LINGER, linger).await;
    }
}

async fn wait_out(error: &io::Error) {
    tracing::warn!("cannot accept a connection: {error}");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Drains the streams, and gives requests that are under way a moment to end.
async fn end(service: &Service, stopping: &watch::Sender<()>, mut connections: JoinSet<()>) -> Report {
    let before = closed(service);
    stopping.send_replace(());
    service.app.broker.drain(service.app.settings.drain).await;
    let all_ended = async { while connections.join_next().await.is_some() {} };
    // Out of time or not: what is left is counted and then cut.
    let _ = tokio::time::timeout(STOP_GRACE, all_ended).await;
    let cut_requests = connections.len();
    connections.shutdown().await;
    let after = closed(service);
    Report { drained: after.0 - before.0, cut_streams: after.1 - before.1, cut_requests }
}

/// How many streams were drained and cut so far.
fn closed(service: &Service) -> (u64, u64) {
    let metrics = &service.app.metrics;
    (metrics.closed_for(Closed::Drained), metrics.closed_for(Closed::Cut))
}
