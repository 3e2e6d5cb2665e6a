//! Audiences: the connections that want the same, so that what they get is put together once.

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use crate::broker::StyleId;
use crate::store::{Filter, Record};
use crate::topic::{Index, Topic};

/// The connections with one filter and one style.
#[derive(Debug)]
pub(super) struct Audience {
    pub(super) filter: Arc<Filter>,
    pub(super) style: StyleId,
    /// Keys of connections, in no order.
    pub(super) members: Vec<u32>,
    /// The events of the batch under way that they want.
    pub(super) batch: Vec<Arc<Record>>,
}

/// All audiences of a shard, found by their filter and by what is published.
#[derive(Debug, Default)]
pub(super) struct Audiences {
    all: Slab<Audience>,
    by_filter: HashMap<(Arc<Filter>, StyleId), u32>,
    by_topic: Index<u32>,
}

impl Audiences {
    pub(super) fn at(&mut self, audience: u32) -> &mut Audience {
        &mut self.all[audience as usize]
    }

    /// Seats a connection; returns its audience and its seat there.
    pub(super) fn join(&mut self, filter: Arc<Filter>, style: StyleId, connection: u32) -> (u32, u32) {
        let wanted = (filter, style);
        let audience = match self.by_filter.get(&wanted) {
            Some(audience) => *audience,
            None => self.create(wanted),
        };
        let members = &mut self.at(audience).members;
        members.push(connection);
        (audience, key(members.len() - 1))
    }

    fn create(&mut self, (filter, style): (Arc<Filter>, StyleId)) -> u32 {
        let audience = Audience { filter: Arc::clone(&filter), style, members: Vec::new(), batch: Vec::new() };
        let audience = key(self.all.insert(audience));
        self.by_topic.insert(&filter.topics, audience);
        self.by_filter.insert((filter, style), audience);
        audience
    }

    /// Takes a connection from its seat; returns which one sits there now.
    pub(super) fn leave(&mut self, audience: u32, seat: u32) -> Option<u32> {
        let members = &mut self.at(audience).members;
        members.swap_remove(seat as usize);
        let moved = members.get(seat as usize).copied();
        if members.is_empty() {
            let gone = self.all.remove(audience as usize);
            self.by_topic.remove(&gone.filter.topics, audience);
            self.by_filter.remove(&(gone.filter, gone.style));
        }
        moved
    }

    /// How many connections select a topic, whatever types of events they want.
    pub(super) fn listeners(&self, topic: &Topic) -> usize {
        self.by_topic.matching_once(topic).into_iter().map(|key| self.all[key as usize].members.len()).sum()
    }

    /// How many connections a batch may reach, at most; no more than `enough` are counted.
    pub(super) fn reach(&self, batch: &[Arc<Record>], enough: usize) -> usize {
        let mut reached = 0;
        for topic in batch.iter().flat_map(|record| &record.topics) {
            self.by_topic.matching(topic, &mut |key| reached += self.all[key as usize].members.len());
            if reached > enough {
                break;
            }
        }
        reached
    }

    /// Hands a batch out to the audiences that want some of it, and returns those.
    pub(super) fn distribute(&mut self, batch: &[Arc<Record>]) -> Vec<u32> {
        let Self { all, by_topic, .. } = self;
        let mut reached = Vec::new();
        for record in batch {
            let mut give = |key: u32| {
                let audience = &mut all[key as usize];
                // An audience may be found by several of its topics; it gets the event once.
                let has_it = audience.batch.last().is_some_and(|last| last.seq == record.seq);
                if has_it || !audience.filter.wants_name(record.name.as_ref()) {
                    return;
                }
                if audience.batch.is_empty() {
                    reached.push(key);
                }
                audience.batch.push(Arc::clone(record));
            };
            for topic in &record.topics {
                by_topic.matching(topic, &mut give);
            }
        }
        reached
    }
}

/// A slab key in the width in which connections keep it. There are never as many as would not fit: each stands for an
/// open file of this process.
pub(super) fn key(key: usize) -> u32 {
    u32::try_from(key).unwrap_or(u32::MAX)
}
