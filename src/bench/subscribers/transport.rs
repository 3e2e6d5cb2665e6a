//! The connection below a stream: TCP as it is, or with TLS on it. It says when it stood; what is said on it is for
//! `stream` and `http2`.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::bench::tally::Tally;
use crate::bench::{BadHandshake, Endpoint, Refusal, Tls, clock};

/// How long a connection may take to stand, and how long the TLS handshake on it.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A connection. What TLS needs is on the heap, so that an open stream without it stays small.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that many streams share, and what is seen of it where it is read.
pub(super) struct Timed {
    transport: Transport,
    seen: Rc<Seen>,
}

#[derive(Default)]
pub(super) struct Seen {
    /// When the last read was over.
    read_at: Cell<u64>,
    /// Whether the connection takes no further stream.
    is_over: Cell<bool>,
    /// What TLS said at its end.
    bad_handshake: RefCell<Option<BadHandshake>>,
}

/// When a connection stood.
pub(super) struct Times {
    begun: u64,
    connected: u64,
    /// When TLS was spoken on it, if it is.
    secured: Option<u64>,
}

impl Transport {
    /// Waits for a connection, and shakes hands on it if the endpoint speaks TLS.
    pub(super) async fn connect(
        endpoint: &Endpoint,
        connecting: impl Future<Output = io::Result<TcpStream>>,
        begun: u64,
    ) -> Result<(Self, Times), Refusal> {
        let tcp = timeout(CONNECT_LIMIT, connecting).await;
        let tcp = tcp
            .map_err(|_| Refusal::ConnectTimeout(CONNECT_LIMIT.as_secs()))?
            .map_err(|error| Refusal::Connect(error.into()))?;
        let connected = clock::now();
        let Some(tls) = &endpoint.tls else {
            return Ok((Self::Plain(tcp), Times { begun, connected, secured: None }));
        };
        let stream = shake_hands(tls, tcp).await?;
        Ok((Self::Tls(Box::new(stream)), Times { begun, connected, secured: Some(clock::now()) }))
    }
}

impl Transport {
    /// Sends small writes at once, where several follow each other.
    pub(super) fn send_at_once(&self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.set_nodelay(true),
            // It does already.
            Self::Tls(_) => Ok(()),
        }
    }
}

impl Timed {
    pub(super) fn new(transport: Transport, seen: Rc<Seen>) -> Self {
        Self { transport, seen }
    }
}

impl Seen {
    pub(super) fn read_at(&self) -> u64 {
        self.read_at.get()
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Sees to it that the connection gets no further stream.
    pub(super) fn give_up(&self) {
        self.is_over.set(true);
    }

    /// Why TLS ended, if it did.
    pub(super) fn bad_handshake(&self) -> Option<BadHandshake> {
        self.bad_handshake.borrow().clone()
    }
}

impl Times {
    /// Notes them.
    pub(super) fn note(&self, tally: &mut Tally) {
        tally.connected(self.begun, self.connected);
        if let Some(secured) = self.secured {
            tally.secured(self.connected, secured);
        }
    }
}

async fn shake_hands(tls: &Tls, tcp: TcpStream) -> Result<TlsStream<TcpStream>, Refusal> {
    // The request follows the last flight of the handshake, and must not wait for the acknowledgement of that.
    tcp.set_nodelay(true).map_err(|error| Refusal::Connect(error.into()))?;
    let connector = TlsConnector::from(tls.config.clone());
    let stream = timeout(CONNECT_LIMIT, connector.connect(tls.name.clone(), tcp)).await;
    let stream =
        stream.map_err(|_| BadHandshake::Late(CONNECT_LIMIT.as_secs()))?.map_err(|error| tls.explain(error))?;
    tls.check(stream.get_ref().1.alpn_protocol())?;
    Ok(stream)
}

/// Why there is no answer, after this error of a connection that stood.
pub(super) fn refusal(error: io::Error) -> Refusal {
    match BadHandshake::behind(&error) {
        Some(bad) => bad.into(),
        // What TLS calls an end that is not announced.
        None if error.kind() == io::ErrorKind::UnexpectedEof => Refusal::NoAnswer,
        None => Refusal::Connect(error.into()),
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl AsyncRead for Timed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { transport, seen } = self.get_mut();
        let read = ready!(Pin::new(transport).poll_read(cx, buffer));
        seen.read_at.set(clock::now());
        if let Err(error) = &read {
            *seen.bad_handshake.borrow_mut() = BadHandshake::behind(error);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Timed {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().transport).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_shutdown(cx)
    }
}
