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
mod worker;

pub(super) use connection::Arrival;
pub(super) use drain::DrainOrder;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use mio::{Poll, Token, Waker};

use super::Policy;
use super::hub::Hub;
use crate::metrics::Metrics;

/// The token that stands for the shard's own waker: no connection gets it.
const WAKE: Token = Token(usize::MAX);

/// The handle on a shard's thread.
#[derive(Debug)]
pub(super) struct Shard {
    waker: Waker,
    /// Set while a wake-up is under way that the thread has not seen: more of them would change nothing.
    armed: AtomicBool,
    inbox: Mutex<Vec<Command>>,
    /// How many events the slowest connection is behind, as of the last turn.
    lag: AtomicU64,
    /// How many connections are behind.
    behind: AtomicU64,
}

/// What a shard can be told. The inbox is bounded by the connections that may be open, each of which arrives once.
#[derive(Debug)]
pub(super) enum Command {
    /// A subscriber comes.
    Arrive(Box<Arrival>),
    /// All are to go.
    Drain(DrainOrder),
}

impl Shard {
    /// Starts a shard's thread.
    ///
    /// # Errors
    /// If the operating system has no more poll descriptors or threads.
    pub(super) fn start(number: usize, hub: Arc<Hub>, policy: Policy, metrics: Metrics) -> io::Result<Arc<Self>> {
        let poll = Poll::new()?;
        let shard = Arc::new(Self {
            waker: Waker::new(poll.registry(), WAKE)?,
            armed: AtomicBool::new(false),
            inbox: Mutex::default(),
            lag: AtomicU64::new(0),
            behind: AtomicU64::new(0),
        });
        let worker = worker::Worker::new(poll, Arc::clone(&shard), hub, policy, metrics);
        thread::Builder::new().name(format!("shard-{number}")).spawn(move || worker.run())?;
        Ok(shard)
    }

    /// Has the thread look at the tail and the inbox.
    pub(super) fn wake(&self) {
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
        (self.behind.load(Ordering::Relaxed), self.lag.load(Ordering::Relaxed))
    }

    /// For the thread: what came since the last turn. What comes from here on wakes it again.
    fn take_inbox(&self) -> Vec<Command> {
        self.armed.store(false, Ordering::Release);
        std::mem::take(&mut *self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
