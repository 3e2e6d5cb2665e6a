//! Events on their way into the log, and in it.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::name::{IdempotencyKey, Key};
use super::position::Position;
use crate::topic::Topic;
use crate::wire::{Event, EventId, EventName, encode_event, encode_id};

/// An event that is to be appended, and the topics that it is for: one or more. However many there are, it is one event
/// with one position, and a subscriber to several of them sees it once.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The topics, without repeats.
    pub topics: Vec<Topic>,
    /// The event. If it has an ID, that is what subscribers see; otherwise they see its position.
    pub event: Event,
    /// What the log is to do with it.
    pub terms: Terms,
}

/// What a publisher asks of the log for an event.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// It is the current state of its topics under this key, until another event is; with empty data, it ends that state.
    pub key: Option<Key>,
    /// It is not replayed when it is older than this.
    pub ttl: Option<Duration>,
    /// It is appended once, however often it comes with this key.
    pub idempotency: Option<IdempotencyKey>,
}

/// An event in the log, encoded once for all of its subscribers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the log.
    pub seq: u64,
    /// When it was appended; never earlier than the record before it.
    pub published: SystemTime,
    /// When it is not replayed any more.
    pub expires: Option<SystemTime>,
    /// The same moment as `published`, on the clock that measures how long delivery takes.
    pub appended: Instant,
    /// The ID that its publisher gave; without one, subscribers see its position.
    pub id: Option<EventId>,
    /// Its type, for filters.
    pub name: Option<EventName>,
    /// What it is the state of.
    pub key: Option<Key>,
    /// It ends the state of its key, rather than being it.
    pub clears: bool,
    /// The topics that it was published to.
    pub topics: Box<[Topic]>,
    /// The event as text/event-stream.
    pub frame: Bytes,
    /// What it takes where the history is, in bytes, as counted against `--retain-bytes`.
    pub stored: u64,
}

impl Record {
    /// What one record costs beyond its text, in bytes, rounded up.
    const OVERHEAD: u64 = 288;

    /// What each of its topics costs beyond its text: an index entry that may be the only one of its topic.
    const TOPIC_OVERHEAD: u64 = 224;

    /// Puts a draft at a position.
    pub fn new(draft: Draft, position: Position, published: SystemTime) -> Self {
        let Draft { topics, event, terms } = draft;
        let mut frame = Vec::with_capacity(event.data.len() + 64);
        if event.id.is_none() {
            encode_id(position, &mut frame);
        }
        encode_event(&event, &mut frame);
        let Event { id, name, data, .. } = event;
        let record = Self {
            seq: position.seq,
            published,
            expires: terms.ttl.and_then(|ttl| published.checked_add(ttl)),
            appended: Instant::now(),
            id,
            name,
            clears: terms.key.is_some() && data.is_empty(),
            key: terms.key,
            topics: topics.into(),
            frame: frame.into(),
            stored: 0,
        };
        Self { stored: record.size(), ..record }
    }

    /// Whether it is the state of something, or was when it was appended.
    pub fn is_state(&self) -> bool {
        self.key.is_some() && !self.clears
    }

    /// Whether it is not replayed any more.
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// The memory that it takes, in bytes, with what is needed to find it.
    pub fn size(&self) -> u64 {
        let text = |text: &str| text.len() as u64;
        let topics: u64 = self.topics.iter().map(|topic| text(topic.as_str()) + Self::TOPIC_OVERHEAD).sum();
        // An ID is in the record and in an index, and so is a key.
        let id = self.id.as_ref().map_or(0, |id| 2 * text(id.as_str()));
        let key = self.key.as_ref().map_or(0, |key| 2 * text(key.as_str()) + Self::TOPIC_OVERHEAD);
        let name = self.name.as_ref().map_or(0, |name| text(name.as_str()));
        Self::OVERHEAD + self.frame.len() as u64 + topics + id + key + name
    }
}
