//! The log on the disk: it outlasts the process, and power loss.
//!
//! A directory has the history as a row of files, to the newest of which records are appended ([`writer`]). Nothing in a
//! file is ever changed: retention drops whole files from the old end ([`expire`]), after what outlives them is written
//! elsewhere ([`kept`]). The index over it is in memory, and is rebuilt when the directory is opened ([`open`]), which
//! reads and checks every record. What is damaged is left out and told as a gap; an event is never served altered.

mod codec;
mod error;
mod expire;
mod format;
mod group;
mod kept;
mod newest;
mod open;
mod scan;
mod segment;
mod shelves;
mod writer;

pub use error::OpenError;

use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};

use self::format::Head;
use self::group::Request;
use self::shelves::Shelves;
use self::writer::{Order, QUEUE, Writer};
use super::index::Index;
use super::intake::Allowance;
use super::{
    Appending, Closing, Draft, Epoch, Error, Filter, Held, Log, Newest, Observer, Page, Place, Queued, Retention, Span,
};
use crate::topic::Topic;
use crate::wire::EventId;

/// Into how many files the history is parted, when it is as large as it may be.
const FILES: u64 = 16;

/// The smallest and the largest size after which a file is followed by the next one, in bytes.
const FILE_BYTES: (u64, u64) = (1 << 20, 256 << 20);

/// When an event counts as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When the disk has it.
    Commit,
    /// When the operating system has it, which brings it to the disk within this time: it survives the end of the process,
    /// but maybe not a power loss.
    Interval(Duration),
}

/// A log in a directory.
#[derive(Debug)]
pub struct Disk {
    epoch: Epoch,
    shared: Arc<Shared>,
    queue: mpsc::Sender<Order>,
}

/// What readers and the writing thread share.
struct Shared {
    history: RwLock<History>,
    observer: OnceLock<Box<dyn Observer>>,
}

/// The records and where they are.
#[derive(Debug)]
struct History {
    index: Index,
    shelves: Shelves,
    /// The number of the oldest retained record, and when it was published, if that was looked up.
    oldest: Option<(u64, SystemTime)>,
}

impl Disk {
    /// Opens a directory, or makes a new one; reads all that is in it.
    ///
    /// # Errors
    /// If the directory cannot be used; none of its events was changed then.
    pub fn open(
        directory: &Path,
        retention: Retention,
        allowance: Allowance,
        durability: Durability,
    ) -> Result<Self, OpenError> {
        let io = |error| OpenError::io(directory)(error);
        let open::Opened { lock, newest, index, intake, shelves } =
            open::open(directory, allowance, SystemTime::now())?;
        let epoch = shelves.identity.epoch;
        let mut history = History { index, shelves, oldest: None };
        history.expire(&retention, SystemTime::now());
        let shared = Arc::new(Shared { history: RwLock::new(history), observer: OnceLock::new() });
        let (queue, orders) = mpsc::channel(QUEUE);
        let writer = Writer {
            shared: Arc::clone(&shared),
            directory: directory.to_owned(),
            _lock: lock,
            newest,
            intake,
            retention,
            durability,
            file_bytes: file_bytes(retention.bytes),
            unsynced: None,
            crowded: false,
            failing: false,
        };
        thread::Builder::new().name("history".into()).spawn(move || writer.start(orders)).map_err(io)?;
        Ok(Self { epoch, shared, queue })
    }

    /// How many files a history of at most this many bytes has open at once.
    pub fn files(bytes: u64) -> u64 {
        // Beside those that are full: the newest, one that is about to be dropped, what is kept, the number and the lock.
        bytes / file_bytes(bytes) + 5
    }
}

/// The size after which a file is followed by the next one.
fn file_bytes(retained: u64) -> u64 {
    (retained / FILES).clamp(FILE_BYTES.0, FILE_BYTES.1)
}

impl Shared {
    fn read(&self) -> RwLockReadGuard<'_, History> {
        self.history.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of the file after the oldest one, if nothing of the oldest is retained.
    fn unretained(&self) -> Option<Head> {
        let history = self.read();
        let next = history.shelves.segments.get(1).map(|next| next.head);
        next.filter(|next| next.first <= history.index.span().first)
    }

    fn write(&self) -> RwLockWriteGuard<'_, History> {
        self.history.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    /// Whether something is to be dropped.
    fn is_expiring(&self, retention: &Retention, now: SystemTime) -> bool {
        let span = self.index.span();
        self.index.ended_state(now).is_some()
            || span.events() > 0
                && self
                    .oldest
                    .is_none_or(|(seq, published)| seq < span.first || retention.exceeded(span, published, now))
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Log for Disk {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn append(&self, drafts: Vec<Draft>) -> Queued {
        let queue = self.queue.clone();
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            queue.send(Order::Append(Request { drafts, answer })).await.map_err(|_| Error::Closed)?;
            let appending: Appending = Box::pin(async { answered.await.map_err(|_| Error::Closed)? });
            Ok(appending)
        })
    }

    fn read(&self, after: u64, filter: &Filter) -> Page {
        let history = self.shared.read();
        history.index.read(after, filter, &mut history.shelves.read(), SystemTime::now())
    }

    fn read_newest(&self, after: u64, filter: &Filter, newest: Newest) -> Page {
        let history = self.shared.read();
        history.index.read_newest(after, filter, newest, &mut history.shelves.read(), SystemTime::now())
    }

    fn find(&self, id: &EventId, filter: &Filter) -> Place {
        let history = self.shared.read();
        history.index.find(id, self.epoch, filter, &mut history.shelves.read())
    }

    fn has_state(&self, filter: &Filter) -> bool {
        self.shared.read().index.has_state(filter)
    }

    fn since(&self, time: SystemTime) -> Place {
        let history = self.shared.read();
        history.index.since(time, &mut history.shelves.read())
    }

    fn span(&self) -> Span {
        self.shared.read().index.span()
    }

    fn topics(&self, after: Option<&Topic>, most: usize) -> Vec<Held> {
        self.shared.read().index.topics(after, most)
    }

    fn is_on_disk(&self) -> bool {
        true
    }

    fn damaged(&self) -> u64 {
        let history = self.shared.read();
        history.index.missing() + history.shelves.damaged_from(history.index.span().first)
    }

    fn observe(&self, observer: Box<dyn Observer>) {
        assert!(self.shared.observer.set(observer).is_ok(), "a log has one observer");
    }

    fn close(&self) -> Closing {
        let queue = self.queue.clone();
        Box::pin(async move {
            let (closed, done) = oneshot::channel();
            // If the thread has ended, it is closed.
            if queue.send(Order::Close(closed)).await.is_ok() {
                let _ = done.await;
            }
        })
    }
}
