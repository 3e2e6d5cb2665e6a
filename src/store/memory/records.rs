//! The retained records and their indexes, without lock, clock or policy.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use crate::store::{Filter, Page, Place, Record, Retention, Span};
use crate::topic::Topic;
use crate::wire::EventId;

/// Records that one page examines at most: bounds how long a reader holds the lock.
const PAGE_EXAMINED: usize = 2048;

/// Bytes of frames after which a page ends: about what a socket takes at once.
const PAGE_BYTES: usize = 64 << 10;

/// A run of records without holes, and where to find them by topic and by a publisher's ID.
#[derive(Debug, Default)]
pub(super) struct Records {
    retained: VecDeque<Arc<Record>>,
    /// The number of records that were dropped, and so the number before the oldest one here.
    dropped: u64,
    bytes: u64,
    by_topic: HashMap<Topic, VecDeque<u64>>,
    by_id: HashMap<EventId, u64>,
}

impl Records {
    pub(super) fn span(&self) -> Span {
        Span { first: self.dropped + 1, last: self.dropped + self.retained.len() as u64, bytes: self.bytes }
    }

    pub(super) fn newest_time(&self) -> SystemTime {
        self.retained.back().map_or(SystemTime::UNIX_EPOCH, |newest| newest.published)
    }

    pub(super) fn at(&self, seq: u64) -> Option<&Arc<Record>> {
        let index = seq.checked_sub(self.dropped + 1)?;
        self.retained.get(usize::try_from(index).ok()?)
    }

    /// The newest record with this ID.
    pub(super) fn seq_of(&self, id: &EventId) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    /// Adds the record that `make` makes of its number.
    pub(super) fn push(&mut self, make: impl FnOnce(u64) -> Record) -> Arc<Record> {
        let record = Arc::new(make(self.span().last + 1));
        for topic in &record.topics {
            self.by_topic.entry(topic.clone()).or_default().push_back(record.seq);
        }
        if let Some(id) = &record.id {
            self.by_id.insert(id.clone(), record.seq);
        }
        self.bytes += record.size();
        self.retained.push_back(Arc::clone(&record));
        record
    }

    pub(super) fn has_expired(&self, retention: &Retention, now: SystemTime) -> bool {
        let oldest = |oldest: &Arc<Record>| oldest.published;
        let events = self.retained.len() as u64;
        self.retained.front().map(oldest).is_some_and(|oldest| retention.exceeded(events, self.bytes, oldest, now))
    }

    /// Drops the oldest records until the retention is kept.
    pub(super) fn expire(&mut self, retention: &Retention, now: SystemTime) {
        while self.has_expired(retention, now) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.retained.pop_front() else { return };
        self.dropped = oldest.seq;
        self.bytes -= oldest.size();
        for topic in &oldest.topics {
            let Some(seqs) = self.by_topic.get_mut(topic) else { continue };
            seqs.pop_front();
            if seqs.is_empty() {
                self.by_topic.remove(topic);
            }
        }
        // A newer record may have taken the ID over.
        if let Some(id) = oldest.id.as_ref().filter(|id| self.by_id.get(id) == Some(&oldest.seq)) {
            self.by_id.remove(id);
        }
    }

    pub(super) fn place(&self, seq: u64) -> Place {
        match self.span() {
            span if seq > span.last => Place::Unknown,
            span if seq + 1 < span.first => Place::Expired,
            _ => Place::After(seq),
        }
    }

    pub(super) fn since(&self, time: SystemTime) -> Place {
        match self.retained.partition_point(|record| record.published < time) {
            0 if self.dropped > 0 => Place::Expired,
            older => Place::After(self.dropped + older as u64),
        }
    }

    pub(super) fn read(&self, after: u64, filter: &Filter) -> Page {
        let from = after.max(self.dropped);
        let (candidates, complete_to) = self.candidates(from, filter);
        let mut page = Page { records: Vec::new(), through: from, gap: (from > after).then_some(from) };
        let mut bytes = 0;
        for record in candidates.into_iter().filter_map(|seq| self.at(seq)) {
            page.through = record.seq;
            if filter.wants(record) {
                bytes += record.frame.len();
                page.records.push(Arc::clone(record));
            }
            if bytes >= PAGE_BYTES {
                return page;
            }
        }
        page.through = complete_to;
        page
    }

    /// The numbers after `from` that are worth a look, and the number up to which none was left out.
    fn candidates(&self, from: u64, filter: &Filter) -> (Vec<u64>, u64) {
        let newest = self.span().last.max(from);
        let near = newest.min(from + PAGE_EXAMINED as u64);
        if near == newest || filter.topics.has_patterns() {
            return ((from + 1..=near).collect(), near);
        }
        let of_topic = |topic| self.by_topic.get(topic).map(|seqs| first_after(seqs, from));
        let mut seqs: Vec<u64> = filter.topics.topics().filter_map(of_topic).flatten().collect();
        seqs.sort_unstable();
        seqs.dedup();
        seqs.truncate(PAGE_EXAMINED);
        // Of each topic a page's worth was taken, so up to the last of a full page there can be no other.
        let complete_to = if seqs.len() < PAGE_EXAMINED { newest } else { seqs[PAGE_EXAMINED - 1] };
        (seqs, complete_to)
    }

    /// The newest `count` of every topic that the filter wants, in log order.
    pub(super) fn newest(&self, filter: &Filter, count: usize) -> Vec<u64> {
        let wanted = |seq: &u64| self.at(*seq).is_some_and(|record| filter.wants(record));
        let of_topic = |seqs: &VecDeque<u64>| seqs.iter().rev().copied().filter(wanted).take(count).collect::<Vec<_>>();
        let topics = self.by_topic.iter().filter(|(topic, _)| filter.topics.matches(topic));
        let mut seqs: Vec<u64> = topics.flat_map(|(_, seqs)| of_topic(seqs)).collect();
        seqs.sort_unstable();
        seqs.dedup();
        seqs
    }
}

/// A page's worth of the numbers after `from`.
fn first_after(seqs: &VecDeque<u64>, from: u64) -> impl Iterator<Item = u64> {
    seqs.range(seqs.partition_point(|seq| *seq <= from)..).copied().take(PAGE_EXAMINED)
}
