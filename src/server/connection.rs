//! One connection, from its first byte: TLS or not, HTTP/2 or HTTP/1, and how a stream leaves hyper.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::RecvFlags;
use tokio::io::{AsyncRead, AsyncWrite, Interest};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tower::Service as _;

use super::handoff::{Handoff, Leave, Leaving};
use super::router::{App, Front};
use super::streams::Streams;
use super::tls::{self, Tls};
use crate::metrics::Transport;

/// How an HTTP/2 connection begins that was not negotiated by TLS: RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// From an HTTP/2 client nothing may come for so many times as long as a head may take; then it is asked whether it is there,
/// and has as long to answer.
const SILENCE: u32 = 3;

/// How long an HTTP/2 client that has no stream may take to close when it is told that its connection ends.
const GOODBYE: Duration = Duration::from_secs(1);

/// What every connection is served with.
pub(super) struct Service {
    pub(super) app: App,
    pub(super) front: Front,
    pub(super) tls: Option<Tls>,
}

/// Who sends a request, and how a stream would reach it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// That of the client, where a proxy that is trusted asks for it.
    pub(super) address: IpAddr,
    pub(super) transport: Transport,
}

impl Service {
    /// Streams whose sockets are no longer connections of ours.
    pub(super) fn streams(&self) -> usize {
        let open = |transport| self.app.metrics.open_by(transport);
        usize::try_from(open(Transport::Http1) + open(Transport::Tls)).unwrap_or(0)
    }

    /// Serves a connection to its end, or until its stream leaves. When the server stops, it ends with the request that
    /// is under way.
    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream, peer: IpAddr, stopping: watch::Receiver<()>) {
        // Thousands may be waiting for their first byte, so what is needed only after it is not part of this future.
        match timeout(self.app.settings.header_timeout, is_http2(&stream)).await {
            Ok(Ok(http2)) => Box::pin(self.speak(stream, http2, peer, stopping)).await,
            Ok(Err(error)) => tracing::debug!("a connection ended: {error}"),
            Err(_) => tracing::debug!("a connection sent no request"),
        }
    }

    /// Speaks the protocol that was asked for.
    async fn speak(self: Arc<Self>, stream: TcpStream, http2: bool, peer: IpAddr, stopping: watch::Receiver<()>) {
        let Some(tls) = &self.tls else {
            return if http2 {
                self.serve_http2(stream, peer, stopping).await;
            } else {
                self.serve_http1(stream, peer, stopping).await;
            };
        };
        match timeout(self.app.settings.header_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) if tls::chose_http2(&stream) => self.serve_http2(stream, peer, stopping).await,
            Ok(Ok(stream)) => self.serve_http1(stream, peer, stopping).await,
            Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    /// HTTP/1: a stream leaves with its socket.
    async fn serve_http1<S>(self: Arc<Self>, stream: S, peer: IpAddr, mut stopping: watch::Receiver<()>)
    where
        S: AsyncRead + AsyncWrite + Leave + Unpin + Send + 'static,
    {
        let handoff = Handoff::default();
        let answer = service_fn(|request: Request<Incoming>| {
            let transport = Handoff::transport_of(&request, S::TRANSPORT);
            let answered = self.answer(request, Peer { address: peer, transport });
            let handoff = handoff.clone();
            async move { handoff.take(answered.await).await }
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.app.settings.header_timeout)
            // A publisher may close its side behind its last request, and still wants all of its events taken.
            .half_close(true)
            .max_buf_size(self.app.settings.max_head_size)
            .serve_connection(TokioIo::new(stream), answer);
        let mut told = false;
        let ended = loop {
            tokio::select! {
                // In this order, so that a stream leaves in the very turn in which its request is read: when thousands
                // arrive at once, only one of them has its buffers at any time.
                biased;
                ended = &mut connection => break ended,
                leaving = handoff.wanted() => {
                    // What was read behind the request is dropped: nothing may follow a stream.
                    return self.let_go(connection.into_parts().io.into_inner(), leaving);
                }
                () = handoff.hung_up() => return,
                _ = stopping.changed(), if !told => {
                    told = true;
                    std::pin::Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection ended: {error}");
        }
    }

    fn let_go(&self, stream: impl Leave, leaving: Leaving) {
        let attached = stream
            .leave()
            .and_then(|(socket, layer)| self.app.broker.attach(leaving.admitted, socket, layer, leaving.head));
        if let Err(error) = attached {
            tracing::warn!("a stream could not be opened: {error}");
        }
    }

    /// HTTP/2: hyper asks the subscriptions for what it writes. A connection without a stream is closed after the time that a
    /// head may take, in good order if its client takes part in that.
    async fn serve_http2<S>(self: Arc<Self>, stream: S, peer: IpAddr, mut stopping: watch::Receiver<()>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let peer = Peer { address: peer, transport: Transport::Hyper };
        let answer = service_fn(|request: Request<Incoming>| {
            let answered = self.answer(request, peer);
            async move { Ok::<_, Infallible>(super::stream::fill(answered.await, &Streams::cut())) }
        });
        let (streams, settings) = (Streams::default(), &self.app.settings);
        let mut builder = http2::Builder::new(streams.clone());
        builder
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(settings.max_head_size).unwrap_or(u32::MAX))
            .keep_alive_interval(settings.header_timeout * SILENCE)
            .keep_alive_timeout(settings.header_timeout * SILENCE);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
        let (mut told, mut patience) = (false, settings.header_timeout);
        let ended = loop {
            tokio::select! {
                ended = &mut connection => break ended,
                _ = stopping.changed(), if !told => {}
                () = streams.forsaken(patience) => {
                    if told {
                        return tracing::debug!("a connection without a stream was closed");
                    }
                    patience = GOODBYE;
                }
            }
            told = true;
            connection.as_mut().graceful_shutdown();
        };
        if let Err(error) = ended {
            tracing::debug!("a connection ended: {error}");
        }
    }

    fn answer(&self, mut request: Request<Incoming>, peer: Peer) -> impl Future<Output = Response> + use<> {
        // Whoever is not known is refused when the request is looked at.
        let address = self.app.client(peer.address, request.headers()).unwrap_or_else(|unclear| {
            request.extensions_mut().insert(unclear);
            peer.address
        });
        request.extensions_mut().insert(Peer { address, ..peer });
        let answered = self.front.clone().call(request.map(Body::new));
        async move { answered.await.unwrap_or_else(|never: Infallible| match never {}) }
    }
}

/// Waits for the first bytes and looks at them, without taking them.
async fn is_http2(stream: &TcpStream) -> std::io::Result<bool> {
    loop {
        let ready = stream.ready(Interest::READABLE).await?;
        // What does not say enough counts as nothing, so that the next look is taken when more has come, and no sooner.
        match stream.try_io(Interest::READABLE, || known_by(stream, ready.is_read_closed())) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            known => return known,
        }
    }
}

/// Whether the bytes that are there begin an HTTP/2 connection; `WouldBlock` if that depends on those to come.
fn known_by(stream: &TcpStream, nothing_follows: bool) -> std::io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    let (count, _) = rustix::net::recv(stream, &mut first, RecvFlags::PEEK)?;
    let is_part = count < PREFACE.len() && PREFACE.starts_with(&first[..count]);
    if is_part && count > 0 && !nothing_follows { Err(ErrorKind::WouldBlock.into()) } else { Ok(first == PREFACE) }
}
