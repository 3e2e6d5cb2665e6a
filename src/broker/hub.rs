//! Where everything that was appended passes by: the tail is filled, and whoever waits is woken.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::SystemTime;

use tokio::sync::watch;

use super::shard::Shard;
use super::tail::Tail;
use crate::store::{Filter, Log, Observer, Page, Record};

/// The log with its tail, and those who follow it.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) log: Arc<dyn Log>,
    tail: RwLock<Tail>,
    newest: watch::Sender<u64>,
}

impl Hub {
    /// Follows a log with a tail of at most `tail_bytes`, and wakes the shards when it grows. The log is nobody else's.
    pub(super) fn new(log: Arc<dyn Log>, tail_bytes: u64) -> Arc<Self> {
        let newest = log.span().last;
        let tail = RwLock::new(Tail::new(newest, tail_bytes));
        Arc::new(Self { log, tail, newest: watch::Sender::new(newest) })
    }

    /// Begins to pass on what is appended.
    pub(super) fn follow(self: &Arc<Self>, shards: Arc<[Arc<Shard>]>) {
        self.log.observe(Box::new(Follower { hub: Arc::downgrade(self), shards }));
    }

    /// The number of the newest event.
    pub(super) fn newest(&self) -> u64 {
        self.read_tail(Tail::newest)
    }

    /// The size of the tail in bytes.
    pub(super) fn tail_bytes(&self) -> u64 {
        self.read_tail(Tail::bytes)
    }

    /// Notices when the number of the newest event changes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// All events after this number, of whatever topic; `None` if the tail does not reach back so far.
    pub(super) fn tail_after(&self, after: u64) -> Option<Vec<Arc<Record>>> {
        self.read_tail(|tail| tail.after(after))
    }

    /// Whether the tail has all events after this number.
    pub(super) fn tail_reaches(&self, after: u64) -> bool {
        self.read_tail(|tail| tail.reaches(after))
    }

    /// A page of what a filter wants, none of it after number `until`: from the tail if it reaches back so far. Who replays
    /// gets no events whose time is over; who has listened since they came does.
    pub(super) fn page(&self, after: u64, until: u64, filter: &Filter, replays: bool) -> Page {
        let replayed = replays.then(SystemTime::now);
        if let Some(page) = self.read_tail(|tail| tail.page(after, until, filter, replayed)) {
            return page;
        }
        let mut page = self.log.read(after, filter);
        page.records.retain(|record| record.seq <= until);
        page.through = page.through.min(until.max(after));
        page
    }

    fn read_tail<T>(&self, read: impl FnOnce(&Tail) -> T) -> T {
        read(&self.tail.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Passes on what is appended.
struct Follower {
    hub: Weak<Hub>,
    shards: Arc<[Arc<Shard>]>,
}

impl Observer for Follower {
    fn appended(&self, batch: &[Arc<Record>]) {
        let (Some(hub), Some(newest)) = (self.hub.upgrade(), batch.last()) else { return };
        hub.tail.write().unwrap_or_else(PoisonError::into_inner).push(batch);
        hub.newest.send_replace(newest.seq);
    }

    fn settle(&self) {
        for shard in &*self.shards {
            shard.deliver();
        }
    }
}
