//! A shard: one thread that writes to many sockets.
//!
//! A plain HTTP/1.1 subscription leaves the server with its socket and lives here, as a cursor and a few dozen bytes. The
//! thread sleeps in one `poll` for all of its sockets, is woken once however many events were published meanwhile,
//! encodes what a group of equal subscribers gets once, and gives it to each of them with one write. A reader that does
//! not keep up costs its place in the log; it is read to from there, a page at a time, in turns with the others.
//!
//! HTTP stops at the head of the response and the framing of chunks; requests and routes are the server's.

mod audience;
mod behind;
mod connection;
mod drain;
mod framing;
mod heartbeat;
mod live;
mod orders;
mod worker;

pub(super) use connection::Arrival;
pub(super) use drain::DrainOrder;
pub(super) use orders::Changed;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use mio::{Events, Poll, Token, Waker};
use tokio::sync::oneshot;

use super::guest::ConnectionId;
use super::hub::Hub;
use super::{End, Policy};
use crate::metrics::Metrics;
use crate::topic::Topic;
use worker::Worker;

/// Readiness events that one turn takes from the kernel.
const READY_PER_TURN: usize = 1024;

/// The token that stands for the shard's own waker: no connection gets it.
const WAKE: Token = Token(usize::MAX);

/// The handle on a shard.
#[derive(Debug)]
pub(super) struct Shard {
    waker: Waker,
    /// Set while a wake-up is under way that the thread has not seen: more of them would change nothing.
    armed: AtomicBool,
    inbox: Mutex<Vec<Command>>,
    /// Locked by the thread for a turn, and by a publisher that delivers a small batch itself.
    worker: Mutex<Worker>,
    lag: Arc<Lag>,
}

/// What a shard can be told. The inbox is bounded by the connections that may be open, each of which arrives once and ends
/// with its token once, and by the requests that are under way.
#[derive(Debug)]
pub(super) enum Command {
    /// A subscriber comes.
    Arrive(Box<Arrival>),
    /// Somebody asks how many listen to each of these topics.
    Count { topics: Arc<[Topic]>, answer: oneshot::Sender<Vec<usize>> },
    /// A subscriber is to go, if it is still this one.
    End { key: u32, id: ConnectionId, end: End },
    /// A subscriber listens to something else, if it is still this one.
    Change(Box<Changed>),
    /// All are to go.
    Drain(DrainOrder),
}

/// How far behind a shard's connections are, as of its last turn.
#[derive(Debug, Default)]
struct Lag {
    /// How many are behind.
    connections: AtomicU64,
    /// How many events the slowest of them is behind.
    events: AtomicU64,
}

impl Shard {
    /// Starts a shard's thread.
    ///
    /// # Errors
    /// If the operating system has no more poll descriptors or threads.
    pub(super) fn start(number: usize, hub: Arc<Hub>, policy: Policy, metrics: Metrics) -> io::Result<Arc<Self>> {
        let poll = Poll::new()?;
        let lag = Arc::new(Lag::default());
        let worker =
            Worker::new(audience::key(number), poll.registry().try_clone()?, hub, policy, metrics, Arc::clone(&lag));
        let shard = Arc::new(Self {
            waker: Waker::new(poll.registry(), WAKE)?,
            armed: AtomicBool::new(false),
            inbox: Mutex::default(),
            worker: Mutex::new(worker),
            lag,
        });
        let handle = Arc::clone(&shard);
        thread::Builder::new().name(format!("shard-{number}")).spawn(move || handle.run(poll))?;
        Ok(shard)
    }

    /// Sees to it that what was appended is delivered: here and now if it reaches few and the thread sleeps, since waking
    /// it would cost more than that, or else by the thread.
    pub(super) fn deliver(&self) {
        let delivered =
            !self.armed.load(Ordering::Acquire) && self.worker.try_lock().is_ok_and(|mut worker| worker.deliver_few());
        if !delivered {
            self.wake();
        }
    }

    /// Has the thread look at the tail and the inbox.
    fn wake(&self) {
        if !self.armed.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!("cannot wake a shard: {error}");
        }
    }

    pub(super) fn tell(&self, command: Command) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).push(command);
        self.wake();
    }

    /// How many of its connections are behind, and by how many events the slowest of them is.
    pub(super) fn lag(&self) -> (u64, u64) {
        (self.lag.connections.load(Ordering::Relaxed), self.lag.events.load(Ordering::Relaxed))
    }

    /// The thread: runs until all connections have been drained, or forever.
    fn run(&self, mut poll: Poll) {
        let mut ready = Events::with_capacity(READY_PER_TURN);
        let mut patience = Duration::ZERO;
        loop {
            if patience.is_zero() {
                // Whoever replays could keep a core busy for long: those who publish come first.
                thread::yield_now();
            }
            if let Err(error) = poll.poll(&mut ready, Some(patience))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!("a shard cannot wait for its sockets: {error}");
            }
            let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
            // Before the tail is read: what comes from here on wakes us again.
            let commands = self.take_inbox();
            worker.turn(&ready, commands);
            if worker.end_of_drain() {
                return;
            }
            patience = worker.patience();
        }
    }

    fn take_inbox(&self) -> Vec<Command> {
        self.armed.store(false, Ordering::Release);
        std::mem::take(&mut *self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
