//! The log in memory: the default engine. It lasts as long as the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::SystemTime;

use super::index::{Index, Shelf};
use super::intake::{Allowance, Intake, act};
use super::{
    Appended, Appending, Closing, Draft, Epoch, Filter, Held, Log, Newest, Observer, Page, Place, Queued, Record,
    Refused, Retention, Span,
};
use crate::topic::Topic;
use crate::wire::EventId;

/// A bounded log in memory behind one lock, which is held for the time of one append or one page.
pub struct Memory {
    epoch: Epoch,
    retention: Retention,
    records: RwLock<Records>,
    observer: OnceLock<Box<dyn Observer>>,
}

/// The records and where they are.
#[derive(Debug)]
struct Records {
    index: Index,
    intake: Intake,
    shelves: Shelves,
}

#[derive(Debug, Default)]
struct Shelves {
    /// The number of the first of those that are retained.
    first: u64,
    retained: VecDeque<Arc<Record>>,
    /// Older ones that are the current state of a topic.
    kept: BTreeMap<u64, Arc<Record>>,
}

impl Memory {
    /// An empty log with an epoch of its own.
    pub fn new(retention: Retention, allowance: Allowance) -> Self {
        let shelves = Shelves { first: 1, ..Shelves::default() };
        let records = Records { index: Index::beginning_at(1), intake: Intake::new(allowance), shelves };
        Self { epoch: Epoch::random(), retention, records: RwLock::new(records), observer: OnceLock::new() }
    }

    fn append_now(&self, drafts: Vec<Draft>) -> Vec<Appended> {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let published = SystemTime::now().max(records.index.newest_time);
        let appended: Vec<_> = drafts.into_iter().map(|draft| records.push(draft, self.epoch, published)).collect();
        records.expire(&self.retention, published);
        if let Some(observer) = self.observer.get() {
            let new = |appended: &Appended| {
                if let Appended::New(record) = appended { Some(Arc::clone(record)) } else { None }
            };
            observer.appended(&appended.iter().filter_map(new).collect::<Vec<_>>());
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

impl Records {
    fn push(&mut self, draft: Draft, epoch: Epoch, published: SystemTime) -> Appended {
        let seq = self.index.span().last + 1;
        let act = act(&draft);
        let draft = match self.intake.admit(draft, act.as_ref(), seq, published) {
            Ok(draft) => draft,
            Err(instead) => return instead,
        };
        let record = Arc::new(Record::new(draft, epoch.at(seq), published));
        if !self.intake.has_room(&record, self.index.replaced_by(&record), self.index.state_bytes()) {
            self.intake.forget_from(seq);
            return Appended::Refused(Refused::StateFull);
        }
        for released in self.index.push(&record) {
            self.shelves.kept.remove(&released);
        }
        self.shelves.retained.push_back(Arc::clone(&record));
        Appended::New(record)
    }

    fn has_expired(&self, retention: &Retention, now: SystemTime) -> bool {
        let oldest = self.shelves.retained.front();
        self.index.ended_state(now).is_some()
            || oldest.is_some_and(|oldest| retention.exceeded(self.index.span(), oldest.published, now))
    }

    /// Ends the state whose time is over, and drops the oldest records until the retention is kept.
    fn expire(&mut self, retention: &Retention, now: SystemTime) {
        while let Some(seq) = self.index.ended_state(now) {
            let record = (&self.shelves).get(seq);
            for released in self.index.end_state(seq, record.as_deref()) {
                self.shelves.kept.remove(&released);
            }
        }
        while self.has_expired(retention, now)
            && let Some(oldest) = self.shelves.retained.pop_front()
        {
            self.shelves.first += 1;
            if self.index.drop_oldest(&oldest) {
                self.shelves.kept.insert(oldest.seq, oldest);
            }
        }
    }
}

impl Shelf for &Shelves {
    fn get(&mut self, seq: u64) -> Option<Arc<Record>> {
        match seq.checked_sub(self.first) {
            Some(place) => self.retained.get(usize::try_from(place).ok()?).cloned(),
            None => self.kept.get(&seq).cloned(),
        }
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

    fn append(&self, drafts: Vec<Draft>) -> Queued {
        let appended: Appending = Box::pin(std::future::ready(Ok(self.append_now(drafts))));
        Box::pin(std::future::ready(Ok(appended)))
    }

    fn read(&self, after: u64, filter: &Filter) -> Page {
        let records = self.current();
        records.index.read(after, filter, &mut &records.shelves, SystemTime::now())
    }

    fn read_newest(&self, after: u64, filter: &Filter, newest: Newest) -> Page {
        let records = self.current();
        records.index.read_newest(after, filter, newest, &mut &records.shelves, SystemTime::now())
    }

    fn find(&self, id: &EventId, filter: &Filter) -> Place {
        let records = self.current();
        records.index.find(id, self.epoch, filter, &mut &records.shelves)
    }

    fn has_state(&self, filter: &Filter) -> bool {
        self.current().index.has_state(filter)
    }

    fn since(&self, time: SystemTime) -> Place {
        let records = self.current();
        records.index.since(time, &mut &records.shelves)
    }

    fn span(&self) -> Span {
        self.current().index.span()
    }

    fn topics(&self, after: Option<&Topic>, most: usize) -> Vec<Held> {
        self.current().index.topics(after, most)
    }

    fn is_on_disk(&self) -> bool {
        false
    }

    fn damaged(&self) -> u64 {
        0
    }

    fn close(&self) -> Closing {
        Box::pin(std::future::ready(()))
    }

    fn observe(&self, observer: Box<dyn Observer>) {
        assert!(self.observer.set(observer).is_ok(), "a log has one observer");
    }
}
