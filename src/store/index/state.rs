//! The current state of topics: of each key the newest event, however old it is.

use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

use super::Index;
use crate::store::name::Key;
use crate::store::{Filter, Record};
use crate::topic::Topic;

/// The state of a topic: never empty.
#[derive(Debug, Default)]
pub(super) struct State {
    by_key: HashMap<Key, u64>,
    /// The same numbers in their order.
    pub(super) seqs: BTreeSet<u64>,
}

/// An event that is the current state of a topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Current {
    /// Of how many of its topics it is.
    topics: usize,
    /// Its size in bytes.
    size: u64,
    /// When it ends by itself.
    expires: Option<SystemTime>,
}

impl Index {
    /// The size of all that is the current state of a topic, in bytes.
    pub(in crate::store) fn state_bytes(&self) -> u64 {
        self.state_bytes
    }

    /// Whether topics that the filter selects have state.
    pub(in crate::store) fn has_state(&self, filter: &Filter) -> bool {
        let has_state = |topic| self.topics.get(topic).is_some_and(|of_topic| of_topic.state.is_some());
        // Where some was lost, everyone is told.
        self.lost_state > 0
            || !self.current.is_empty() && (filter.topics.has_patterns() || filter.topics.topics().any(has_state))
    }

    /// Whether some was lost, of whatever topic.
    pub(in crate::store) fn has_lost_state(&self) -> bool {
        self.lost_state > 0
    }

    /// Notes that an event was the current state of a topic, and is damaged.
    pub(in crate::store) fn lose_state(&mut self) {
        self.lost_state += 1;
    }

    /// The numbers before this one of what is the current state of a topic.
    pub(in crate::store) fn state_before(&self, seq: u64) -> impl Iterator<Item = u64> {
        self.current.range(..seq).map(|(seq, _)| *seq)
    }

    /// Whether a record is the current state of one of the topics that the filter selects.
    pub(super) fn is_state(&self, record: &Record, filter: &Filter) -> bool {
        record.topics.iter().any(|topic| self.is_state_of(record, topic) && filter.topics.matches(topic))
    }

    /// A record with those of its topics alone of which it is the current state: the others may have another one, or none,
    /// which nothing will tell when the events that said so are gone.
    pub(in crate::store) fn as_state(&self, record: &Record) -> Record {
        let topics = record.topics.iter().filter(|topic| self.is_state_of(record, topic));
        Record { topics: topics.cloned().collect(), ..record.clone() }
    }

    fn is_state_of(&self, record: &Record, topic: &Topic) -> bool {
        let state = self.topics.get(topic).and_then(|of_topic| of_topic.state.as_ref());
        record.key.as_ref().is_some_and(|key| state.is_some_and(|state| state.by_key.get(key) == Some(&record.seq)))
    }

    /// Enters a record that was kept beyond the span when the log was last open.
    pub(in crate::store) fn keep(&mut self, record: &Record) {
        let before = self.span.first - 1;
        for topic in &record.topics {
            self.of_topic(topic, record.seq).dropped = before;
        }
        self.take_state(record);
    }

    /// Has a record take the place of the state that its topics had under its key. Returns the numbers of records that were
    /// kept beyond the span for that alone.
    pub(super) fn take_state(&mut self, record: &Record) -> Vec<u64> {
        let Some(key) = &record.key else { return Vec::new() };
        let mut released = Vec::new();
        for topic in &record.topics {
            let Some(of_topic) = self.topics.get_mut(topic) else { continue };
            let state = of_topic.state.get_or_insert_default();
            let before = if record.clears {
                state.by_key.remove(key)
            } else {
                state.seqs.insert(record.seq);
                state.by_key.insert(key.clone(), record.seq)
            };
            if let Some(before) = before {
                state.seqs.remove(&before);
            }
            of_topic.state.take_if(|state| state.seqs.is_empty());
            self.forget_if_empty(topic);
            released.extend(before.filter(|before| self.release(*before)));
        }
        if !record.clears {
            self.state_bytes += record.stored;
            let current = Current { topics: record.topics.len(), size: record.stored, expires: record.expires };
            self.current.insert(record.seq, current);
            self.ending.extend(record.expires.map(|expires| (expires, record.seq)));
        }
        released
    }

    /// Notes that an event is the state of one topic less; returns whether it was kept for that alone.
    fn release(&mut self, seq: u64) -> bool {
        let Some(current) = self.current.get_mut(&seq) else { return false };
        current.topics -= 1;
        if current.topics > 0 {
            return false;
        }
        self.state_bytes -= current.size;
        if let Some(expires) = current.expires {
            self.ending.remove(&(expires, seq));
        }
        self.current.remove(&seq);
        seq < self.span.first
    }

    /// The size of the state that a record would take the place of, in bytes.
    pub(in crate::store) fn replaced_by(&self, record: &Record) -> u64 {
        let Some(key) = &record.key else { return 0 };
        let state = |topic| self.topics.get(topic).and_then(|of_topic| of_topic.state.as_ref());
        let seqs: BTreeSet<u64> =
            record.topics.iter().filter_map(|topic| state(topic)?.by_key.get(key).copied()).collect();
        seqs.iter().filter_map(|seq| self.current.get(seq)).map(|current| current.size).sum()
    }

    /// An event that is the state of a topic though its time is over.
    pub(in crate::store) fn ended_state(&self, now: SystemTime) -> Option<u64> {
        self.ending.first().filter(|(expires, _)| *expires <= now).map(|(_, seq)| *seq)
    }

    /// Ends what [`Index::ended_state`] has named, which is this record if it can be read. Returns the numbers of records
    /// that were kept beyond the span for that alone.
    pub(in crate::store) fn end_state(&mut self, seq: u64, record: Option<&Record>) -> Vec<u64> {
        let mut released = Vec::new();
        for topic in record.iter().flat_map(|record| &record.topics) {
            let key = record.and_then(|record| record.key.as_ref());
            let Some(of_topic) = self.topics.get_mut(topic) else { continue };
            let Some((state, key)) = of_topic.state.as_mut().zip(key) else { continue };
            if state.by_key.get(key) == Some(&seq) {
                state.by_key.remove(key);
                state.seqs.remove(&seq);
                of_topic.state.take_if(|state| state.seqs.is_empty());
                self.forget_if_empty(topic);
                released.extend(self.release(seq).then_some(seq));
            }
        }
        // Whatever was found: it is not looked for again.
        if self.ending.first().is_some_and(|(_, first)| *first == seq) {
            self.ending.pop_first();
        }
        released
    }
}
