//! A stream of HTTP/1.1 until it is open: a connection of its own, one request on it, and the head of the answer. What comes
//! behind that is `stream`'s; what a server says instead of a stream is read here.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::stream::{ANSWER_PATIENCE, Ended, Following, REFUSAL_PATIENCE, Stream};
use super::transport::{Transport, refusal};
use super::{Shared, slow};
use crate::bench::http::{self, Body, Head, Malformed, SHOWN_BODY};
use crate::bench::{Plan, Refusal, clock};

/// A connection on its way to a stream.
pub(super) struct Connection {
    socket: Socket,
    /// What was read of the head; behind it what was read with it.
    head: Vec<u8>,
    /// When the request was written.
    asked: u64,
    /// Behind which event the stream is to begin; empty if behind none.
    last_event_id: String,
    shared: Rc<Shared>,
    member: usize,
}

struct Socket {
    transport: Option<Transport>,
    /// When the last read was over.
    at: u64,
    shared: Rc<Shared>,
}

impl Connection {
    pub(super) fn new(shared: &Rc<Shared>, member: usize) -> Self {
        Self::resuming(shared, member, shared.role.last_event_id())
    }

    /// One that asks for what came behind an event.
    pub(super) fn resuming(shared: &Rc<Shared>, member: usize, last_event_id: String) -> Self {
        let socket = Socket { transport: None, at: 0, shared: Rc::clone(shared) };
        Self { socket, head: Vec::new(), asked: 0, last_event_id, shared: Rc::clone(shared), member }
    }

    /// Connects, asks and reads the head of the answer.
    pub(super) async fn open(&mut self, number: u32, turn: Option<OwnedSemaphorePermit>) -> Result<Head, Refusal> {
        let shared = Rc::clone(&self.shared);
        self.connect(number).await?;
        let in_time = timeout(ANSWER_PATIENCE, self.read_head()).await;
        drop(turn);
        let head = if let Ok(head) = in_time { head? } else { self.read_head().await? };
        if !head.is_stream() {
            return Err(self.refusal(head).await);
        }
        shared.tally.borrow_mut().opened(self.member, self.socket.at, shared.progress.recorder.begun());
        shared.progress.opened.add(1);
        Ok(head)
    }

    async fn connect(&mut self, number: u32) -> Result<(), Refusal> {
        let shared = Rc::clone(&self.shared);
        let Plan { subscribe, request, topics, .. } = &shared.plan;
        let request = http::subscribe(subscribe, request.body.as_deref(), number, number % topics, &self.last_event_id);
        let begun = clock::now();
        shared.tally.borrow_mut().passive.begun(begun);
        let receive_buffer = shared.role.pace().map(|_| slow::RECEIVE_BUFFER);
        let connecting = shared.sources.connect(subscribe.address, receive_buffer);
        let (transport, times) = Transport::connect(subscribe, connecting, begun).await?;
        let transport = self.socket.transport.insert(transport);
        // The answer may be there before the call that sends the request returns.
        self.asked = clock::now();
        transport.write_all(&request).await.map_err(refusal)?;
        transport.flush().await.map_err(refusal)?;
        let mut tally = shared.tally.borrow_mut();
        // The first connections have their times; what it takes to come back is one of its own.
        if !tally.is_away(self.member) {
            times.note(&mut tally);
        }
        tally.requested(self.member, self.asked);
        shared.progress.requested.add(1);
        Ok(())
    }

    /// Reads up to the end of the head; what comes behind it in the same read stays in `self.head`. May be cancelled and
    /// called again.
    async fn read_head(&mut self) -> Result<Head, Refusal> {
        loop {
            if let Some((head, length)) = Head::read(&self.head)? {
                self.head.drain(..length);
                return Ok(head);
            }
            match self.socket.read(|bytes, _| self.head.extend_from_slice(bytes)).await {
                Ok(0) => return Err(Refusal::NoAnswer),
                Ok(_) => {}
                Err(error) => return Err(refusal(error)),
            }
        }
    }

    /// What the server said instead of a stream.
    async fn refusal(&mut self, head: Head) -> Refusal {
        let mut shown = Vec::new();
        // Whatever came in time is shown; a body that breaks off or never comes is no second error.
        let _ = timeout(REFUSAL_PATIENCE, self.read_body(&head, &mut shown)).await;
        head.refusal(&shown)
    }

    async fn read_body(&mut self, head: &Head, shown: &mut Vec<u8>) -> Result<(), Ended> {
        let mut body = Body::new(head.framing);
        let mut take = |mut bytes: &[u8]| {
            while let Some(piece) = body.take(&mut bytes)? {
                shown.extend_from_slice(piece);
            }
            Ok::<bool, Malformed>(body.has_ended() || shown.len() >= SHOWN_BODY)
        };
        let mut enough = take(&std::mem::take(&mut self.head))?;
        while !enough {
            let mut taken = Ok(false);
            if self.socket.read(|bytes, _| taken = take(bytes)).await? == 0 {
                break;
            }
            enough = taken?;
        }
        Ok(())
    }

    /// Begins to read the stream; one that ends with what came already is handed back with why.
    pub(super) fn follow(self, head: &Head) -> Result<Following, Box<(Stream, Ended)>> {
        let Self { socket, head: first, asked, last_event_id, shared, member } = self;
        let mut stream = Stream::new(head.framing, asked, last_event_id, &shared);
        match (stream.take(&first, socket.at, &shared, member), socket.transport) {
            (Ok(()), Some(transport)) => Ok(Following::by_http1(transport, stream, shared, member)),
            (taken, _) => Err(Box::new((stream, taken.err().unwrap_or(Ended::Properly)))),
        }
    }
}

impl Socket {
    /// Reads once and hands the bytes over with the time at which the read was over; returns how many there were. The
    /// buffer is the thread's: it is borrowed only while there is something in it.
    async fn read(&mut self, mut take: impl FnMut(&[u8], u64)) -> io::Result<usize> {
        let Some(transport) = &mut self.transport else { return Ok(0) };
        let (shared, at) = (&self.shared, &mut self.at);
        poll_fn(|context| {
            let mut buffer = shared.buffer.borrow_mut();
            let mut buffer = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut *transport).poll_read(context, &mut buffer))?;
            *at = clock::now();
            take(buffer.filled(), *at);
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }
}
