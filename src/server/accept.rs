//! The accept loop: connections in, and an end that does not wait for endless streams.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Settings;
use super::connection::Service;
use super::refusal::Refusal;
use super::seldom::Seldom;
use super::sockets::{Socket, Sockets};
use super::trim::Storm;
use crate::metrics::Closed;

/// How long requests that are under way get to end when the server stops; then they are cut.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// The pause after a connection could not be accepted, as when no file descriptor is left: without it the loop would
/// only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a refused connection may take to read its answer.
const LINGER: Duration = Duration::from_secs(1);

/// How many of them may do so at once, beside those that are served: they use descriptors that are kept for such purposes.
/// Beyond it connections are closed without a word.
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
    let settings = &service.app.settings;
    let sockets = Sockets::new(settings.sockets_per_address, settings.proxies.clone());
    let (mut refused, said) = (JoinSet::new(), Seldom::default());
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let peer = peer.ip().to_canonical();
                    let full = connections.len() + service.streams() >= settings.max_sockets;
                    let socket = if full { Err(Refusal::NoDescriptor) } else { open(&sockets, settings, peer) };
                    match socket {
                        Ok(socket) => {
                            storm.connection();
                            let served = Arc::clone(&service).serve(stream, peer, stopping.subscribe());
                            connections.spawn(async move {
                                let _socket = socket;
                                served.await;
                            });
                        }
                        Err(refusal) => {
                            count(&service, peer, &refusal, &said);
                            if refused.len() < LINGERING {
                                refused.spawn(refuse(refusal, stream));
                            }
                        }
                    }
                }
                Err(error) => wait_out(&error).await,
            },
            Some(_) = connections.join_next() => {}
            Some(_) = refused.join_next() => {}
            () = storm.is_over() => storm.clear(),
        }
    }
    drop(listener);
    end(&service, &stopping, connections).await
}

/// Lets a peer have one more socket.
fn open(sockets: &Sockets, settings: &Settings, peer: IpAddr) -> Result<Socket, Refusal> {
    sockets.open(peer).ok_or(Refusal::TooManySockets(settings.sockets_per_address.most))
}

/// Counts a connection that is refused, and says so now and then.
fn count(service: &Service, peer: IpAddr, refusal: &Refusal, said: &Seldom) {
    service.app.metrics.count_refusal(refusal.code());
    if let Some(more) = said.now(Instant::now()) {
        tracing::warn!(more, "refused a connection from {peer}: {refusal}");
    }
}

/// Answers without regard to the request.
async fn refuse(refusal: Refusal, mut stream: TcpStream) {
    let answer = refusal.raw();
    let linger = async {
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
        // A socket that is closed with bytes unread takes back what was written to it.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Whether the answer arrives or not, the client is refused.
    let _ = tokio::time::timeout(LINGER, linger).await;
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
