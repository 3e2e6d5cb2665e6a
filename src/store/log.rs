//! The contract that every engine keeps.

use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use super::{Draft, Epoch, Filter, Record};
use crate::topic::Topic;
use crate::wire::EventId;

/// An append on its way to its place among the others; once it has that, the result can be waited for.
pub type Queued = Pin<Box<dyn Future<Output = Result<Appending, Error>> + Send>>;

/// The result of an append, once it is there: what became of each draft.
pub type Appending = Pin<Box<dyn Future<Output = Result<Vec<Appended>, Error>> + Send>>;

/// The end of a log, once it is over.
pub type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What became of a draft.
#[derive(Clone, Debug)]
pub enum Appended {
    /// It is in the log now.
    New(Arc<Record>),
    /// It was there already, under this number: it came before with the same idempotency key.
    Repeated(u64, Box<Draft>),
    /// It is not in the log.
    Refused(Refused),
}

/// Why a draft was not appended, while others beside it were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another event came with its idempotency key.
    #[error("this idempotency key came with another event before; a new event needs a key of its own")]
    KeyReused,
    /// As many idempotency keys are remembered as may be.
    #[error("too many idempotency keys are in use; try again later, or publish without one")]
    TooManyKeys,
    /// The current state of all topics would be larger than the history may be.
    #[error(
        "the state of all topics is as large as --retain-bytes allows; end some of it with an empty event for its key"
    )]
    StateFull,
}

/// Who is told of what was appended.
pub trait Observer: Send + Sync {
    /// Takes a batch, in log order. It is called while the log is locked, so it must be quick and must not use the log.
    fn appended(&self, batch: &[Arc<Record>]);

    /// Does what takes longer. It is called after one or more batches, once the log is unlocked, and before their appends
    /// resolve; by several threads at once if they append at once.
    fn settle(&self);
}

/// An append-only log with one dense sequence over all topics.
///
/// The numbers begin at 1 and have no holes but where events were damaged or lost. A number is never given to another event
/// within an epoch, unless the event was not yet durable and its machine failed. Records leave only at the old end, by
/// retention. All methods may be called from any thread at any time.
pub trait Log: std::fmt::Debug + Send + Sync {
    /// The incarnation of this log.
    fn epoch(&self) -> Epoch;

    /// Appends the drafts in their order, next to each other. What this resolves to resolves in its turn when they are as
    /// durable as the engine was asked to make them; what is appended after the first comes after them. On an error none of
    /// them was appended. Dropping the second does not take the append back.
    fn append(&self, drafts: Vec<Draft>) -> Queued;

    /// Reads what the filter wants of the events after number `after`, in order: at most a page, which may be empty where
    /// a long stretch has nothing that is wanted. See [`Page`].
    fn read(&self, after: u64, filter: &Filter) -> Page;

    /// The same, but of each topic only its current state, however old, and the newest of what is wanted. What is older than
    /// that is not missing.
    fn read_newest(&self, after: u64, filter: &Filter, newest: Newest) -> Page;

    /// Finds the event with this ID, be it a position or an ID that a publisher gave: an ID of a publisher means the
    /// oldest retained event with it that the filter wants, so that nothing is lost where an ID was used twice.
    fn find(&self, id: &EventId, filter: &Filter) -> Place;

    /// Whether topics that the filter selects have current state.
    fn has_state(&self, filter: &Filter) -> bool;

    /// The place before the first retained event that was published at `time` or later.
    fn since(&self, time: SystemTime) -> Place;

    /// What is retained.
    fn span(&self) -> Span;

    /// The first topics that something is kept of, in the order of their names, after one and at most so many.
    fn topics(&self, after: Option<&Topic>, most: usize) -> Vec<Held>;

    /// Whether reading may wait for a disk.
    fn is_on_disk(&self) -> bool;

    /// How many events within the span are known to be damaged or lost.
    fn damaged(&self) -> u64;

    /// Brings all to where it is durable, and takes no more.
    fn close(&self) -> Closing;

    /// Tells the observer of every batch that is appended from now on. A log has one observer.
    fn observe(&self, observer: Box<dyn Observer>);
}

/// What is kept of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The topic.
    pub topic: Topic,
    /// How many of its events can be replayed.
    pub retained: usize,
    /// How many of its keys have a current state.
    pub state: usize,
}

/// The newest events of each topic, as of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// How many of each topic, its current state apart.
    pub count: usize,
    /// The number of the newest event at that moment: what came later is not among them, and not counted.
    pub until: u64,
}

/// A stretch of the log as one reader sees it.
#[derive(Debug, Default)]
pub struct Page {
    /// The wanted events of the stretch.
    pub records: Vec<Arc<Record>>,
    /// Where the stretch ends: read on after this number. Equal to the number that was read after if there is nothing
    /// new; there is more if it is lower than the newest number.
    pub through: u64,
    /// Set if events before the stretch are gone.
    pub gap: Option<Missing>,
}

impl Page {
    /// Records that one page examines at most: bounds how long a reader holds up others.
    pub const EXAMINED: usize = 2048;

    /// Bytes of frames after which a page ends: about what a socket takes at once.
    pub const BYTES: usize = 64 << 10;
}

/// Events that a reader should have come to, and that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The number of the last of them.
    pub through: u64,
    /// They cannot be read, or were lost; otherwise retention has dropped them.
    pub damaged: bool,
}

/// Where a reader that names a place has to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// After this number, and nothing in between is missing.
    After(u64),
    /// The place is before what is retained.
    Expired,
    /// The ID is a position in another incarnation of the log.
    OtherEpoch,
    /// The ID belongs to no event that is retained.
    Unknown,
}

/// What a log retains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number of the oldest retained event, older ones that are the current state of a topic apart; one more than `last`
    /// if there is none.
    pub first: u64,
    /// The number of the newest event ever appended; 0 if there was none.
    pub last: u64,
    /// The size of the retained events in bytes.
    pub bytes: u64,
}

impl Span {
    /// How many events are retained.
    pub fn events(&self) -> u64 {
        self.last + 1 - self.first
    }
}

/// Why an append failed. The log itself stays readable.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine could not make the events durable.
    #[error("the history cannot be written to")]
    Write(#[source] std::io::Error),
    /// The log is closed.
    #[error("the history is closed")]
    Closed,
}
