//! One stream of a subscriber: notes what it brings until the stream or the run ends. `http1` or `http2` asks for it. It does
//! not reconnect: a stream that ends is a result, and what follows it is up to `persistent`.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_local;

use super::Shared;
use super::http1::Connection;
use super::http2::{self, Incoming};
use super::transport::Transport;
use crate::bench::http::{Body, Framing, Malformed};
use crate::bench::passive::Course;
use crate::bench::tally::{Heard, Tally};
use crate::bench::{Refusal, Scenario, System, clock};
use crate::wire::{Decoder, Item, TooLong};

/// How long an opening keeps others from starting while the server has not answered: some send no head before the first
/// event, so waiting for it without a limit would wait for ever.
pub(super) const ANSWER_PATIENCE: Duration = Duration::from_millis(250);

/// How long the body of a refusal may take.
pub(super) const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);

/// The largest event that is read, in bytes: payloads are far smaller, and thousands of streams share the memory.
const EVENT_LIMIT: usize = 32 << 20;

/// Why a stream ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("the server ended the stream")]
    Properly,
    #[error("the connection broke off before the end of the answer")]
    Short,
    #[error("the connection ended, and TLS on it did not (close_notify)")]
    Unannounced,
    #[error("the stream ended without the event of --until")]
    Unfinished,
    #[error("{0}")]
    Io(System),
    #[error("{0}")]
    Http2(String),
    #[error("{0}")]
    Malformed(#[from] Malformed),
    #[error("{0}")]
    TooLong(#[from] TooLong),
}

/// Subscribes as number `number` of the run, and leaves the stream to a task of its own, which is as small as it can be: a
/// stream is open for much longer than it took to open. It is the `turn` of others once this one is answered.
pub(super) async fn subscribe(shared: Rc<Shared>, member: usize, number: u32, turn: OwnedSemaphorePermit) {
    match open(&shared, member, number, turn).await {
        Ok(Ok(following)) => drop(spawn_local(following)),
        Ok(Err(early)) => shared.ended(member, &early.1),
        Err(why) => shared.refused(member, why),
    }
}

/// Opens a stream; one that ends with what came with its head is handed back with why.
async fn open(
    shared: &Rc<Shared>,
    member: usize,
    number: u32,
    turn: OwnedSemaphorePermit,
) -> Result<Result<Following, Box<(Stream, Ended)>>, Refusal> {
    if let Some(pool) = &shared.pool {
        return http2::open(shared, pool, (member, number), turn).await.map(Ok);
    }
    let mut connection = Connection::new(shared, member);
    let head = connection.open(number, Some(turn)).await?;
    Ok(connection.follow(&head))
}

/// Opens a stream as [`subscribe`] does, follows it to its end and notes how it went; returns whether it went well.
pub(super) async fn follow_once(shared: &Rc<Shared>, member: usize, number: u32, turn: OwnedSemaphorePermit) -> bool {
    let opened = match open(shared, member, number, turn).await {
        Ok(opened) => opened,
        Err(why) => {
            shared.tally.borrow_mut().passive.failed(why.to_string());
            shared.refused(member, why);
            return false;
        }
    };
    let (stream, ended) = match opened {
        Ok(mut following) => {
            let read = poll_fn(|context| following.read_on(context)).await;
            (following.stream, read.err().unwrap_or(Ended::Properly))
        }
        Err(early) => *early,
    };
    shared.progress.closed.add(1);
    let cut_short = shared.plan.request.until.is_some() && !stream.is_over;
    let ended = if cut_short && matches!(ended, Ended::Properly) { Ended::Unfinished } else { ended };
    let mut tally = shared.tally.borrow_mut();
    match (ended, &stream.course) {
        (Ended::Properly, Some(course)) => tally.stream_ended(course, clock::now()),
        (ended, _) => {
            tally.passive.failed(ended.to_string());
            return false;
        }
    }
    true
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        // Of a bare connection the end is no error.
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Unannounced } else { Self::Io(error.into()) }
    }
}

/// A stream that is open: the future of its end.
pub(super) struct Following {
    source: Source,
    pub(super) stream: Stream,
    shared: Rc<Shared>,
    member: usize,
}

/// Where its bytes come from.
enum Source {
    Http1(Transport),
    Http2(Box<Incoming>),
}

impl Future for Following {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let ended = ready!(self.read_on(context)).err().unwrap_or(Ended::Properly);
        self.shared.ended(self.member, &ended);
        Poll::Ready(())
    }
}

impl Following {
    /// Follows what comes on a connection of its own.
    pub(super) fn by_http1(transport: Transport, stream: Stream, shared: Rc<Shared>, member: usize) -> Self {
        Self { source: Source::Http1(transport), stream, shared, member }
    }

    /// Follows what comes on a stream of HTTP/2, asked for at a moment.
    pub(super) fn by_http2(incoming: Incoming, asked: u64, shared: &Rc<Shared>, member: usize) -> Self {
        // HTTP/2 frames the body itself.
        let stream = Stream::new(Framing::UntilClose, asked, String::new(), shared);
        Self { source: Source::Http2(Box::new(incoming)), stream, shared: Rc::clone(shared), member }
    }

    /// Reads what there is. The buffer is the thread's: it is borrowed only while there is something in it.
    pub(super) fn read_on(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        while ready!(self.read_up_to(usize::MAX, context))?.is_some() {}
        Poll::Ready(Ok(()))
    }

    /// Reads once, of a connection of its own no more than so much; returns how much it was, or nothing at the end.
    pub(super) fn read_up_to(&mut self, most: usize, context: &mut Context<'_>) -> Poll<Result<Option<usize>, Ended>> {
        let Self { source, stream, shared, member } = self;
        if stream.body.has_ended() || stream.is_over {
            return Poll::Ready(Ok(None));
        }
        match source {
            Source::Http1(transport) => {
                let mut buffer = shared.buffer.borrow_mut();
                let most = most.min(buffer.len());
                let mut buffer = ReadBuf::new(&mut buffer[..most]);
                ready!(Pin::new(transport).poll_read(context, &mut buffer))?;
                let (bytes, at) = (buffer.filled(), clock::now());
                if bytes.is_empty() {
                    return Poll::Ready(if stream.body.may_end() { Ok(None) } else { Err(Ended::Short) });
                }
                stream.take(bytes, at, shared, *member)?;
                Poll::Ready(Ok(Some(bytes.len())))
            }
            Source::Http2(incoming) => match ready!(incoming.poll_next(context)) {
                Some(read) => {
                    let (bytes, at) = read?;
                    stream.take(&bytes, at, shared, *member)?;
                    Poll::Ready(Ok(Some(bytes.len())))
                }
                None => Poll::Ready(Ok(None)),
            },
        }
    }

    /// Reads once and forgets it; returns whether the stream goes on.
    pub(super) fn forget(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Ended>> {
        let Self { source, stream, shared, .. } = self;
        match source {
            Source::Http1(transport) => {
                let mut buffer = shared.buffer.borrow_mut();
                let mut buffer = ReadBuf::new(&mut buffer);
                ready!(Pin::new(transport).poll_read(context, &mut buffer))?;
                let mut bytes = buffer.filled();
                let is_over = bytes.is_empty();
                while stream.body.take(&mut bytes)?.is_some() {}
                Poll::Ready(Ok(!is_over && !stream.body.has_ended()))
            }
            Source::Http2(incoming) => match ready!(incoming.poll_next(context)) {
                Some(read) => Poll::Ready(read.map(|_| true)),
                None => Poll::Ready(Ok(false)),
            },
        }
    }
}

impl Shared {
    /// There is no stream.
    pub(super) fn refused(&self, member: usize, why: Refusal) {
        self.tally.borrow_mut().refused(member, why);
        self.progress.refused.add(1);
    }

    /// A stream is over.
    pub(super) fn ended(&self, member: usize, why: &Ended) {
        let probed = self.tally.borrow_mut().closed(member, why.to_string());
        self.progress.closed.add(1);
        self.progress.deaf.add(u64::from(!probed));
    }
}

/// Bytes of the body to events of the tally.
pub(super) struct Stream {
    body: Body,
    decoder: Decoder,
    /// How it goes on, where streams are measured one by one.
    course: Option<Box<Course>>,
    /// Whether the event came that is its last.
    is_over: bool,
}

impl Stream {
    pub(super) fn new(framing: Framing, asked: u64, last_event_id: String, shared: &Shared) -> Self {
        let course = (shared.plan.scenario == Scenario::Stream).then(|| Box::new(Course::new(asked)));
        let decoder = Decoder::resuming_from(last_event_id).with_limit(EVENT_LIMIT);
        Self { body: Body::new(framing), decoder, course, is_over: false }
    }

    /// What a reconnection has to ask with.
    pub(super) fn last_event_id(&self) -> String {
        self.decoder.last_event_id().to_owned()
    }

    /// Takes what one read brought: every event in it arrived at the same time.
    pub(super) fn take(&mut self, mut bytes: &[u8], at: u64, shared: &Shared, member: usize) -> Result<(), Ended> {
        let mut tally = shared.tally.borrow_mut();
        tally.turn(at, shared.thread, &shared.progress.recorder);
        if !shared.plan.scenario.publishes() {
            return self.watch(bytes, at, &mut tally, (member, shared.plan.request.until.as_deref()));
        }
        let (mut received, mut again) = (0, 0);
        while let Some(piece) = self.body.take(&mut bytes)? {
            tally.passive.bytes(piece.len());
            self.decoder.decode_data(piece, |data| match tally.event(member, data, at) {
                Heard::FirstProbe => shared.progress.probed.add(1),
                Heard::Measured => received += 1,
                Heard::Last => {
                    received += 1;
                    shared.progress.probed.add(1);
                }
                Heard::Again => again += 1,
                Heard::Other => {}
            })?;
        }
        tally.note_id(self.decoder.last_event_id());
        shared.progress.received.add(received);
        shared.progress.arrived.add(received + again);
        Ok(())
    }

    /// The same where the events are not ours, up to the one with the data `until`.
    fn watch(
        &mut self,
        mut bytes: &[u8],
        at: u64,
        tally: &mut Tally,
        (member, until): (usize, Option<&str>),
    ) -> Result<(), Ended> {
        while let Some(mut piece) = self.body.take(&mut bytes)? {
            tally.passive.bytes(piece.len());
            while let Some(item) = self.decoder.decode(&mut piece)? {
                match item {
                    Item::Event(event) => {
                        tally.passive_event(member, self.course.as_deref_mut(), at);
                        self.is_over = until.is_some_and(|until| event.data == until);
                        if self.is_over {
                            return Ok(());
                        }
                    }
                    Item::Comment(_) => tally.passive.comment(),
                    Item::Retry(_) => {}
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[test]
    fn an_open_stream_is_small_and_one_without_tls_pays_nothing_for_what_others_need() {
        assert_eq!(size_of::<Source>(), size_of::<TcpStream>());
        assert!(size_of::<Following>() <= 256, "{} bytes", size_of::<Following>());
    }
}
