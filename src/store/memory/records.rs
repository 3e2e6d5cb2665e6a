//! The retained records and their indexes, without lock, clock or policy.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::SystemTime;

use crate::store::{Filter, Newest, Page, Place, Record, Retention, Span};
use crate::topic::Topic;
use crate::wire::EventId;

/// Records that one page examines at most: bounds how long a reader holds the lock.
const PAGE_EXAMINED: usize = 2048;

/// Topics that are looked up one by one; for more of them, a look at every record costs less.
const INDEXED_TOPICS: usize = 16;

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
    by_id: HashMap<EventId, VecDeque<u64>>,
    /// When the newest of the dropped records was appended.
    dropped_time: Option<SystemTime>,
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

    /// The oldest record with this ID that the filter wants.
    pub(super) fn seq_of(&self, id: &EventId, filter: &Filter) -> Option<u64> {
        let wanted = |seq: &&u64| self.at(**seq).is_some_and(|record| filter.wants(record));
        self.by_id.get(id)?.iter().find(wanted).copied()
    }

    /// Adds the record that `make` makes of its number.
    pub(super) fn push(&mut self, make: impl FnOnce(u64) -> Record) -> Arc<Record> {
        let record = Arc::new(make(self.span().last + 1));
        for topic in &record.topics {
            self.by_topic.entry(topic.clone()).or_default().push_back(record.seq);
        }
        if let Some(id) = &record.id {
            self.by_id.entry(id.clone()).or_default().push_back(record.seq);
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
        self.dropped_time = Some(oldest.published);
        self.bytes -= oldest.size();
        for topic in &oldest.topics {
            drop_front(&mut self.by_topic, topic);
        }
        if let Some(id) = &oldest.id {
            drop_front(&mut self.by_id, id);
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
        if self.dropped_time.is_some_and(|dropped| dropped >= time) {
            return Place::Expired;
        }
        let older = self.retained.partition_point(|record| record.published < time);
        Place::After(self.dropped + older as u64)
    }

    pub(super) fn read(&self, after: u64, filter: &Filter) -> Page {
        self.read_until(self.span().last, after, filter, |record| filter.wants(record))
    }

    pub(super) fn read_newest(&self, after: u64, filter: &Filter, newest: Newest) -> Page {
        let is_newest = |record: &Record| filter.wants(record) && self.is_among_newest(record, filter, newest);
        self.read_until(newest.until, after, filter, is_newest)
    }

    fn read_until(&self, until: u64, after: u64, filter: &Filter, wants: impl Fn(&Record) -> bool) -> Page {
        let from = after.max(self.dropped);
        let (candidates, complete_to) = self.candidates(from, until.max(from), filter);
        let mut page = Page { records: Vec::new(), through: from, gap: (from > after).then_some(from) };
        let mut bytes = 0;
        for record in candidates.into_iter().filter_map(|seq| self.at(seq)) {
            page.through = record.seq;
            if wants(record) {
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
    fn candidates(&self, from: u64, until: u64, filter: &Filter) -> (Vec<u64>, u64) {
        let near = until.min(from + PAGE_EXAMINED as u64);
        if near == until || filter.topics.has_patterns() || filter.topics.len() > INDEXED_TOPICS {
            return ((from + 1..=near).collect(), near);
        }
        let of_topic = |topic| self.by_topic.get(topic).map(|seqs| first_after(seqs, from));
        let mut seqs: Vec<u64> = filter.topics.topics().filter_map(of_topic).flatten().collect();
        seqs.retain(|seq| *seq <= until);
        seqs.sort_unstable();
        seqs.dedup();
        seqs.truncate(PAGE_EXAMINED);
        // Of each topic a page's worth was taken, so up to the last of a full page there can be no other.
        let complete_to = if seqs.len() < PAGE_EXAMINED { until } else { seqs[PAGE_EXAMINED - 1] };
        (seqs, complete_to)
    }

    /// Whether fewer than `count` wanted events of one of its wanted topics came after it.
    fn is_among_newest(&self, record: &Record, filter: &Filter, newest: Newest) -> bool {
        record.topics.iter().filter(|topic| filter.topics.matches(topic)).any(|topic| {
            let Some(seqs) = self.by_topic.get(topic) else { return false };
            let place = |seq: u64| seqs.partition_point(|found| *found <= seq);
            let later = seqs.range(place(record.seq)..place(newest.until));
            let wanted = |seq: &&u64| self.at(**seq).is_some_and(|later| filter.wants_name(later.name.as_ref()));
            // Without types to pick, all are wanted, and counting them needs no look at them.
            if filter.names.is_empty() {
                later.len() < newest.count
            } else {
                later.filter(wanted).nth(newest.count - 1).is_none()
            }
        })
    }
}

/// A page's worth of the numbers after `from`.
fn first_after(seqs: &VecDeque<u64>, from: u64) -> impl Iterator<Item = u64> {
    seqs.range(seqs.partition_point(|seq| *seq <= from)..).copied().take(PAGE_EXAMINED)
}

/// Drops the oldest entry under a key, and the key with its last one.
fn drop_front<K: Eq + Hash>(index: &mut HashMap<K, VecDeque<u64>>, key: &K) {
    if let Some(seqs) = index.get_mut(key) {
        seqs.pop_front();
        if seqs.is_empty() {
            index.remove(key);
        }
    }
}
