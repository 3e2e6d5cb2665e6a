//! The connections of HTTP/2 that the streams of a thread share. A stream gets a place on a connection that has room, or
//! on a new one: it never waits for another stream to end. What is asked on a connection, and what comes, is for `http2`.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use tokio::sync::OnceCell;
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::Shared;
use super::transport::{CONNECT_LIMIT, Seen, Timed, Transport};
use crate::bench::{Refusal, clock};

/// How many bytes may be on their way on a stream: as many as the largest payload, so that no event waits for the reader.
const STREAM_WINDOW: u32 = 16 << 20;

/// How many may be on their way on a connection, which all of its streams share. They are read as they come: a large window
/// costs memory only where this program is behind.
const CONNECTION_WINDOW: u32 = 1 << 30;

/// How many streams a connection takes before its server has said it. No server can say this: its settings are a number of
/// 32 bits, or no limit at all.
const UNKNOWN: usize = usize::MAX - 1;

/// The connections of a thread.
pub(super) struct Pool {
    /// How many streams a connection is to have at most.
    most: usize,
    /// The same, as far as the server allowed it when it was asked last.
    allowed: Cell<usize>,
    /// Those that had room when they were looked at last.
    with_room: RefCell<Vec<Rc<Line>>>,
}

/// A connection.
#[derive(Default)]
struct Line {
    opened: OnceCell<Result<SendRequest<Bytes>, Refusal>>,
    /// How many streams are on it, or wait until it stands.
    promised: Cell<usize>,
    /// How many are on it.
    taken: Cell<usize>,
    /// Whether it is in [`Pool::with_room`].
    is_listed: Cell<bool>,
    seen: Rc<Seen>,
}

/// A place for a stream on a connection that may have to be opened yet; free again when dropped.
struct Promise {
    pool: Rc<Pool>,
    line: Rc<Line>,
}

/// A place for a stream on a connection; free again when dropped.
pub(super) struct Place(Promise);

impl Pool {
    /// For so many streams on each connection at most.
    pub(super) fn new(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { most, allowed: Cell::new(most), with_room: RefCell::default() }
    }

    /// A place on a connection that stands, and what to ask with on it.
    pub(super) async fn place(self: &Rc<Self>, shared: &Shared) -> Result<(Place, SendRequest<Bytes>), Refusal> {
        loop {
            let promise = Promise::on(self.line_with_room(), self);
            let line = &promise.line;
            match line.opened.get_or_init(|| self.open(shared, &line.seen)).await {
                Err(refusal) => {
                    line.seen.give_up();
                    return Err(refusal.clone());
                }
                Ok(sender) if line.taken.get() < self.room(sender) && !line.seen.is_over() => {
                    let sender = sender.clone();
                    let place = Place::take(promise);
                    shared.tally.borrow_mut().http2.shared_by(place.0.line.taken.get());
                    return Ok((place, sender));
                }
                // The server allows fewer streams than have waited for this connection: on to the next.
                Ok(_) => {}
            }
        }
    }

    /// A connection that has room, or is a new one.
    fn line_with_room(&self) -> Rc<Line> {
        let mut lines = self.with_room.borrow_mut();
        while let Some(line) = lines.last() {
            let room = match line.opened.get() {
                None => self.allowed.get(),
                Some(Ok(sender)) => self.room(sender),
                Some(Err(_)) => 0,
            };
            if line.promised.get() < room && !line.seen.is_over() {
                return Rc::clone(line);
            }
            line.is_listed.set(false);
            lines.pop();
        }
        let line = Rc::new(Line { is_listed: Cell::new(true), ..Line::default() });
        lines.push(Rc::clone(&line));
        line
    }

    /// How many streams may be on a connection now.
    fn room(&self, sender: &SendRequest<Bytes>) -> usize {
        sender.current_max_send_streams().min(self.most)
    }

    /// Opens a connection, and waits until the server has said how many streams it takes.
    async fn open(&self, shared: &Shared, seen: &Rc<Seen>) -> Result<SendRequest<Bytes>, Refusal> {
        let endpoint = &shared.plan.subscribe;
        let connecting = shared.sources.connect(endpoint.address, None);
        let (transport, times) = Transport::connect(endpoint, connecting, clock::now()).await?;
        transport.send_at_once().map_err(|error| Refusal::Connect(error.into()))?;
        let mut builder = Builder::new();
        builder.initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
        builder.enable_push(false).initial_max_send_streams(UNKNOWN);
        let opened = timeout(CONNECT_LIMIT, shake_hands(&builder, Timed::new(transport, Rc::clone(seen)))).await;
        let opened = opened.unwrap_or_else(|_| {
            Err(Refusal::NoHttp2(format!("it sent no settings within {} s", CONNECT_LIMIT.as_secs())))
        });
        let (sender, connection) = opened.map_err(|why| seen.bad_handshake().map_or(why, Refusal::Tls))?;
        let allowed = sender.current_max_send_streams();
        if allowed == 0 {
            return Err(Refusal::NoStreams);
        }
        self.allowed.set(allowed.min(self.most));
        let mut tally = shared.tally.borrow_mut();
        times.note(&mut tally);
        tally.http2.opened(allowed);
        let seen = Rc::clone(seen);
        spawn_local(async move {
            // Why it ended is told to each of its streams.
            let _ = connection.await;
            seen.give_up();
        });
        Ok(sender)
    }
}

const ENDED: &str = "it ended the connection";

/// Begins to speak HTTP/2, and waits for the first frame of the server, which are its settings: RFC 9113 §3.4.
async fn shake_hands(
    builder: &Builder,
    timed: Timed,
) -> Result<(SendRequest<Bytes>, Connection<Timed, Bytes>), Refusal> {
    let (sender, mut connection) = builder.handshake(timed).await.map_err(|error| not_http2(&error))?;
    poll_fn(|context| match Pin::new(&mut connection).poll(context) {
        Poll::Ready(Ok(())) => Poll::Ready(Err(Refusal::NoHttp2(ENDED.to_owned()))),
        Poll::Ready(Err(error)) => Poll::Ready(Err(not_http2(&error))),
        Poll::Pending if connection.max_concurrent_send_streams() == UNKNOWN => Poll::Pending,
        Poll::Pending => Poll::Ready(Ok(())),
    })
    .await?;
    Ok((sender, connection))
}

/// What an error before the settings means.
fn not_http2(error: &h2::Error) -> Refusal {
    let ended = error.is_io() || error.is_remote();
    Refusal::NoHttp2(if ended { ENDED } else { "what it answered is something else" }.to_owned())
}

impl Promise {
    fn on(line: Rc<Line>, pool: &Rc<Pool>) -> Self {
        line.promised.set(line.promised.get() + 1);
        Self { pool: Rc::clone(pool), line }
    }
}

impl Place {
    fn take(promise: Promise) -> Self {
        promise.line.taken.set(promise.line.taken.get() + 1);
        Self(promise)
    }

    /// When the connection was read last.
    pub(super) fn read_at(&self) -> u64 {
        self.0.line.seen.read_at()
    }

    /// Sees to it that the connection gets no further stream.
    pub(super) fn give_up(&self) {
        self.0.line.seen.give_up();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let taken = &self.0.line.taken;
        taken.set(taken.get() - 1);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let line = &self.line;
        line.promised.set(line.promised.get() - 1);
        if !line.seen.is_over() && !line.is_listed.replace(true) {
            self.pool.with_room.borrow_mut().push(Rc::clone(line));
        }
    }
}
