//! The shared tail: the newest events, for the readers that are where the log ends.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use crate::store::{Filter, Page, Record};

/// A run of the newest records, bounded in bytes. Whoever is further behind reads the log itself.
#[derive(Debug)]
pub(super) struct Tail {
    records: VecDeque<Arc<Record>>,
    /// The number of the newest record ever pushed.
    newest: u64,
    bytes: u64,
    budget: u64,
}

impl Tail {
    /// An empty tail behind record number `newest`, of at most `budget` bytes.
    pub(super) fn new(newest: u64, budget: u64) -> Self {
        Self { records: VecDeque::new(), newest, bytes: 0, budget }
    }

    /// The number of the newest record.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// The size in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds what was appended to the log. The newest record stays, whatever its size.
    pub(super) fn push(&mut self, batch: &[Arc<Record>]) {
        for record in batch {
            self.bytes += record.size();
            self.newest = record.seq;
            self.records.push_back(Arc::clone(record));
        }
        while self.bytes > self.budget && self.records.len() > 1 {
            self.bytes -= self.records.pop_front().map_or(0, |oldest| oldest.size());
        }
    }

    /// All records after number `after`; `None` if some of them are no longer here.
    pub(super) fn after(&self, after: u64) -> Option<Vec<Arc<Record>>> {
        let from = self.place_after(after)?;
        Some(self.records.range(from..).cloned().collect())
    }

    /// A page of what a filter wants of the records after number `after`, up to number `until`; `None` if some of them are no
    /// longer here. Those whose time is over at `replayed` are left out, if that is given.
    pub(super) fn page(&self, after: u64, until: u64, filter: &Filter, replayed: Option<SystemTime>) -> Option<Page> {
        let from = self.place_after(after)?;
        let mut page = Page { through: after, ..Page::default() };
        let (mut examined, mut bytes) = (0, 0);
        for record in self.records.range(from..).take_while(|record| record.seq <= until) {
            page.through = record.seq;
            if filter.wants(record) && !replayed.is_some_and(|now| record.has_expired(now)) {
                bytes += record.frame.len();
                page.records.push(Arc::clone(record));
            }
            examined += 1;
            if examined == Page::EXAMINED || bytes >= Page::BYTES {
                break;
            }
        }
        Some(page)
    }

    /// Whether all records after number `after` are here.
    pub(super) fn reaches(&self, after: u64) -> bool {
        self.place_after(after).is_some()
    }

    fn place_after(&self, after: u64) -> Option<usize> {
        let missing = usize::try_from(self.newest.saturating_sub(after)).ok()?;
        self.records.len().checked_sub(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Draft, Epoch, Record};
    use crate::wire::Event;

    fn record(seq: u64, size: usize) -> Arc<Record> {
        let event = Event { data: "x".repeat(size), ..Event::default() };
        let draft = Draft { event, ..Draft::default() };
        Arc::new(Record::new(draft, Epoch::random().at(seq), std::time::SystemTime::UNIX_EPOCH))
    }

    fn seqs(records: Option<Vec<Arc<Record>>>) -> Option<Vec<u64>> {
        records.map(|records| records.iter().map(|record| record.seq).collect())
    }

    #[test]
    fn readers_near_the_end_get_what_follows_and_others_are_sent_to_the_log() {
        let mut tail = Tail::new(4, 1000);
        assert_eq!((seqs(tail.after(4)), seqs(tail.after(3))), (Some(vec![]), None));
        tail.push(&[record(5, 10), record(6, 10)]);
        assert_eq!(seqs(tail.after(4)), Some(vec![5, 6]));
        assert_eq!(seqs(tail.after(5)), Some(vec![6]));
        assert_eq!((seqs(tail.after(6)), seqs(tail.after(3))), (Some(vec![]), None));
    }

    #[test]
    fn the_budget_drops_the_oldest_and_never_the_newest() {
        let mut tail = Tail::new(0, 1000);
        tail.push(&(1..=20).map(|seq| record(seq, 10)).collect::<Vec<_>>());
        assert!(tail.bytes() <= 1000 && tail.after(19).is_some() && tail.after(0).is_none());
        tail.push(&[record(21, 5000)]);
        assert_eq!((seqs(tail.after(20)), seqs(tail.after(19))), (Some(vec![21]), None));
    }
}
