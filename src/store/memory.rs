//! The log in memory: the default engine. It lasts as long as the process.

mod records;

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::SystemTime;

use self::records::Records;
use super::{Appending, Draft, Epoch, Filter, Log, Newest, Observer, Page, Place, Position, Record, Retention, Span};
use crate::wire::EventId;

/// A bounded log in memory behind one lock, which is held for the time of one append or one page.
pub struct Memory {
    epoch: Epoch,
    retention: Retention,
    records: RwLock<Records>,
    observer: OnceLock<Box<dyn Observer>>,
}

impl Memory {
    /// An empty log with an epoch of its own.
    pub fn new(retention: Retention) -> Self {
        Self { epoch: Epoch::random(), retention, records: RwLock::default(), observer: OnceLock::new() }
    }

    fn append_now(&self, drafts: Vec<Draft>) -> Vec<Arc<Record>> {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let published = SystemTime::now().max(records.newest_time());
        let append = |draft| records.push(|seq| Record::new(draft, self.epoch.at(seq), published));
        let appended: Vec<_> = drafts.into_iter().map(append).collect();
        records.expire(&self.retention, published);
        if let Some(observer) = self.observer.get() {
            observer.appended(&appended);
            drop(records);
            observer.settle();
        }
        appended
    }

    /// The records as of now: what has become too old while nothing was appended is gone.
    fn current(&self) -> RwLockReadGuard<'_, Records> {
        let lock = || self.records.read().unwrap_or_else(PoisonError::into_inner);
        let (records, now) = (lock(), SystemTime::now());
        if !records.has_expired(&self.retention, now) {
            return records;
        }
        drop(records);
        self.records.write().unwrap_or_else(PoisonError::into_inner).expire(&self.retention, now);
        lock()
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("epoch", &self.epoch).field("retention", &self.retention).finish_non_exhaustive()
    }
}

impl Log for Memory {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn append(&self, drafts: Vec<Draft>) -> Appending {
        let appended = self.append_now(drafts);
        Box::pin(std::future::ready(Ok(appended)))
    }

    fn read(&self, after: u64, filter: &Filter) -> Page {
        self.current().read(after, filter)
    }

    fn read_newest(&self, after: u64, filter: &Filter, newest: Newest) -> Page {
        self.current().read_newest(after, filter, newest)
    }

    fn find(&self, id: &EventId, filter: &Filter) -> Place {
        let records = self.current();
        match id.as_str().parse::<Position>() {
            Ok(position) if position.epoch == self.epoch => records.place(position.seq),
            parsed => match records.seq_of(id, filter) {
                Some(seq) => Place::After(seq),
                None if parsed.is_ok() => Place::OtherEpoch,
                None => Place::Unknown,
            },
        }
    }

    fn since(&self, time: SystemTime) -> Place {
        self.current().since(time)
    }

    fn span(&self) -> Span {
        self.current().span()
    }

    fn observe(&self, observer: Box<dyn Observer>) {
        assert!(self.observer.set(observer).is_ok(), "a log has one observer");
    }
}
