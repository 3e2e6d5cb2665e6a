//! Where in the log everything is: numbers, not records, so that it is the same for whatever an engine keeps those in.
//!
//! It knows what is retained, finds it by topic and by a publisher's ID, knows the current state of each topic, and where
//! numbers are missing. It has no lock, no clock and no policy. A retained event costs it some ten bytes.

mod read;
mod state;
mod topics;

pub(super) use read::Shelf;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::SystemTime;

use self::state::{Current, State};
use super::{Filter, Place, Record, Span};
use crate::topic::Topic;
use crate::wire::EventId;

/// What is retained, and how it is found.
#[derive(Debug)]
pub(super) struct Index {
    span: Span,
    topics: HashMap<Topic, OfTopic>,
    by_id: HashMap<EventId, VecDeque<u64>>,
    /// Runs of numbers within the span whose events are missing, from the first to the last of each.
    holes: BTreeMap<u64, u64>,
    /// The events that are the current state of a topic, within the span or older.
    current: BTreeMap<u64, Current>,
    /// When some of them end by themselves.
    ending: BTreeSet<(SystemTime, u64)>,
    /// The size of the current ones in bytes.
    state_bytes: u64,
    /// How much of the current state is known to be damaged; whose it was is not known.
    lost_state: u64,
    /// The last number that was dropped without a look at its event, which could not be read.
    unread: u64,
    /// The last number up to which events of the broker's own topics may have been dropped. Every subscriber wants some of
    /// those, and most of them never have an event: it must not look as if one of theirs had been dropped.
    native_dropped: u64,
    /// Some event has, or had, a time after which it is not replayed.
    expiring: bool,
    /// When the newest event was published, and the newest of those that were dropped.
    pub(super) newest_time: SystemTime,
    pub(super) dropped_time: Option<SystemTime>,
}

/// The events of a topic.
#[derive(Debug)]
struct OfTopic {
    retained: VecDeque<u64>,
    /// The last number up to which events of this topic may have been dropped.
    dropped: u64,
    state: Option<Box<State>>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            span: Span { first: 1, last: 0, bytes: 0 },
            topics: HashMap::new(),
            by_id: HashMap::new(),
            holes: BTreeMap::new(),
            current: BTreeMap::new(),
            ending: BTreeSet::new(),
            state_bytes: 0,
            lost_state: 0,
            unread: 0,
            native_dropped: 0,
            expiring: false,
            newest_time: SystemTime::UNIX_EPOCH,
            dropped_time: None,
        }
    }
}

impl Index {
    /// The index of a log whose next event has this number, and which has no events yet.
    pub(super) fn beginning_at(first: u64) -> Self {
        Self { span: Span { first, last: first - 1, bytes: 0 }, native_dropped: first - 1, ..Self::default() }
    }

    pub(super) fn span(&self) -> Span {
        self.span
    }

    /// Adds the newest record. Numbers between it and the one before it are a hole. Returns the numbers of older records
    /// than the span that need not be kept any more.
    pub(super) fn push(&mut self, record: &Record) -> Vec<u64> {
        self.skip_to(record.seq - 1);
        self.span.last = record.seq;
        self.span.bytes += record.stored;
        self.newest_time = self.newest_time.max(record.published);
        self.expiring |= record.expires.is_some();
        for topic in &record.topics {
            self.of_topic(topic, record.seq).retained.push_back(record.seq);
        }
        if let Some(id) = &record.id {
            self.by_id.entry(id.clone()).or_default().push_back(record.seq);
        }
        self.take_state(record)
    }

    /// Makes a hole up to this number, or a hole at the end larger.
    pub(super) fn skip_to(&mut self, last: u64) {
        let before = self.span.last;
        if last <= before {
            return;
        }
        match self.holes.last_entry() {
            Some(mut hole) if *hole.get() == before => *hole.get_mut() = last,
            _ => drop(self.holes.insert(before + 1, last)),
        }
        self.span.last = last;
    }

    /// The last number of the hole that this number is in.
    pub(super) fn hole_at(&self, seq: u64) -> Option<u64> {
        self.holes.range(..=seq).next_back().map(|(_, end)| *end).filter(|end| *end >= seq)
    }

    /// How many events are missing, as far as is known.
    pub(super) fn missing(&self) -> u64 {
        self.lost_state + self.holes.iter().map(|(start, end)| end + 1 - start).sum::<u64>()
    }

    /// Drops what is missing at the old end; it was published at this time or before.
    pub(super) fn drop_missing(&mut self, published: SystemTime) {
        let seq = self.span.first;
        let last = self.hole_at(seq).unwrap_or(seq);
        self.holes.remove(&seq);
        (self.span.first, self.unread) = (last + 1, last);
        self.dropped_time = self.dropped_time.max(Some(published));
    }

    /// Drops the oldest record; returns whether it has to be kept all the same, as the current state of a topic.
    pub(super) fn drop_oldest(&mut self, oldest: &Record) -> bool {
        let seq = self.span.first;
        self.span.first += 1;
        self.span.bytes = self.span.bytes.saturating_sub(oldest.stored);
        self.dropped_time = Some(oldest.published);
        for topic in &oldest.topics {
            if topic.native().is_some() {
                self.native_dropped = seq;
            }
            if let Some(of_topic) = self.topics.get_mut(topic) {
                drop_through(&mut of_topic.retained, seq);
                of_topic.dropped = seq;
            }
            self.forget_if_empty(topic);
        }
        if let Some(id) = &oldest.id
            && let Some(seqs) = self.by_id.get_mut(id)
        {
            drop_through(seqs, seq);
            if seqs.is_empty() {
                self.by_id.remove(id);
            }
        }
        self.current.contains_key(&seq)
    }

    /// Where a reader begins that was at this number and wants this.
    fn place(&self, seq: u64, filter: &Filter) -> Place {
        match self.span {
            span if seq > span.last => Place::Unknown,
            span if seq + 1 >= span.first => Place::After(seq),
            span if self.has_dropped_none_since(seq, filter) => Place::After(span.first - 1),
            _ => Place::Expired,
        }
    }

    /// Whether nothing that the filter wants was dropped after this number, as far as that is known.
    fn has_dropped_none_since(&self, seq: u64, filter: &Filter) -> bool {
        let known = |topic: &Topic| match self.topics.get(topic) {
            Some(of_topic) => of_topic.dropped <= seq,
            None => topic.native().is_some() && self.native_dropped <= seq,
        };
        self.unread <= seq && !filter.topics.has_patterns() && filter.topics.topics().all(known)
    }

    fn of_topic(&mut self, topic: &Topic, seq: u64) -> &mut OfTopic {
        // Of a topic without an entry nothing is known, so anything before this may have been dropped.
        let unknown = || OfTopic { retained: VecDeque::new(), dropped: seq - 1, state: None };
        self.topics.entry(topic.clone()).or_insert_with(unknown)
    }

    fn forget_if_empty(&mut self, topic: &Topic) {
        if self.topics.get(topic).is_some_and(|of_topic| of_topic.retained.is_empty() && of_topic.state.is_none()) {
            self.topics.remove(topic);
        }
    }
}

/// Drops what is not newer than this. That may be more than one, where the record of another could not be read any more.
fn drop_through(seqs: &mut VecDeque<u64>, last: u64) {
    while seqs.front().is_some_and(|seq| *seq <= last) {
        seqs.pop_front();
    }
}
