//! When an event had reached everyone: the second view on a fan-out beside the single delivery. A few bytes per event,
//! whatever the number of subscribers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::member::{Member, State};
use super::packed::{Garbled, Packed};
use super::samples::Samples;

/// The deliveries of one publisher's measured events, by sequence number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Packed", try_from = "Packed")]
pub(super) struct Reach {
    events: Vec<Reached>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    /// At how many subscribers it is.
    subscribers: u32,
    /// Nanoseconds from the intended time to the last of them so far.
    latency: u64,
}

impl Reach {
    /// Notes a first delivery to a subscriber. The caller sees to it that the number is one of the plan's.
    pub(super) fn note(&mut self, sequence: u64, latency: u64) {
        let Ok(at) = usize::try_from(sequence) else { return };
        if at >= self.events.len() {
            self.events.resize(at + 1, Reached::default());
        }
        let event = &mut self.events[at];
        event.subscribers += 1;
        event.latency = event.latency.max(latency);
    }

    /// Adds what the subscribers of another thread have.
    pub(super) fn merge(&mut self, other: &Self) {
        let len = self.events.len().max(other.events.len());
        self.events.resize(len, Reached::default());
        for (event, other) in self.events.iter_mut().zip(&other.events) {
            event.subscribers += other.subscribers;
            event.latency = event.latency.max(other.latency);
        }
    }

    /// The time to the last delivery of each event that all have who are to; `expected` says how many that are, by the
    /// sequence number of the event.
    pub(super) fn last_deliveries(&self, expected: impl Fn(u64) -> u64, samples: &mut Samples) {
        for (sequence, event) in (0..).zip(&self.events) {
            let expected = expected(sequence);
            if expected > 0 && u64::from(event.subscribers) == expected {
                samples.record(event.latency);
            }
        }
    }
}

/// How many bytes an event takes on its way to another process: both numbers, the least significant byte first.
const PACKED: usize = 4 + 8;

impl From<Reach> for Packed {
    fn from(reach: Reach) -> Self {
        let mut bytes = Vec::with_capacity(reach.events.len() * PACKED);
        for Reached { subscribers, latency } in reach.events {
            bytes.extend(subscribers.to_le_bytes());
            bytes.extend(latency.to_le_bytes());
        }
        Self::from(bytes)
    }
}

impl TryFrom<Packed> for Reach {
    type Error = Garbled;

    fn try_from(packed: Packed) -> Result<Self, Garbled> {
        let (events, rest) = packed.bytes().as_chunks::<PACKED>();
        if !rest.is_empty() {
            return Err(Garbled);
        }
        let event = |&[a, b, c, d, ref latency @ ..]: &[u8; PACKED]| Reached {
            subscribers: u32::from_le_bytes([a, b, c, d]),
            latency: u64::from_le_bytes(*latency),
        };
        Ok(Self { events: events.iter().map(event).collect() })
    }
}

/// Those that something is expected of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Listeners {
    /// How many have a stream until the end, or are about to have another, by topic.
    open: Vec<u32>,
    /// Of each stream that ended, the topic, and by publisher the number of the event that it ended before.
    ended: Vec<(u32, Vec<u64>)>,
}

impl Listeners {
    /// None, of so many topics.
    pub(super) fn new(topics: u32) -> Self {
        Self { open: vec![0; topics as usize], ended: Vec::new() }
    }

    /// Adds one that has or had a stream.
    pub(super) fn add(&mut self, member: &Member) {
        if member.state == State::Closed {
            let ends = (0..member.ledgers.len()).map(|publisher| member.end(publisher)).collect();
            self.ended.push((member.topic, ends));
        } else {
            self.open[member.topic as usize] += 1;
        }
    }

    /// Adds others, of the same topics.
    pub(super) fn merge(&mut self, other: Self) {
        self.open.resize(self.open.len().max(other.open.len()), 0);
        self.open.iter_mut().zip(other.open).for_each(|(own, other)| *own += other);
        self.ended.extend(other.ended);
    }

    /// Who is to have the events of a publisher.
    pub(super) fn audience(&self, publisher: usize) -> Audience<'_> {
        let ended = self.ended.iter().filter_map(|(topic, ends)| Some((*topic, *ends.get(publisher)?)));
        Audience::new(&self.open, ended)
    }
}

/// Who is to have the events of one publisher, by topic.
#[derive(Clone, Debug)]
pub(super) struct Audience<'o> {
    open: &'o [u32],
    /// Of each stream that ended, the number of the event that it ended before; sorted.
    ended: BTreeMap<u32, Vec<u64>>,
}

impl<'o> Audience<'o> {
    /// How many streams of each topic were `open` until the end; of the others, the topic and the number of the event that
    /// each ended before.
    pub(super) fn new(open: &'o [u32], ended: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut by_topic: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (topic, end) in ended {
            by_topic.entry(topic).or_default().push(end);
        }
        for ends in by_topic.values_mut() {
            ends.sort_unstable();
        }
        Self { open, ended: by_topic }
    }

    /// How many are to have an event of a topic, by its number there.
    pub(super) fn of(&self, topic: u32, number: u64) -> u64 {
        let open = self.open.get(topic as usize).copied().unwrap_or_default();
        let ended_behind = |ends: &Vec<u64>| ends.len() - ends.partition_point(|end| *end <= number);
        u64::from(open) + self.ended.get(&topic).map_or(0, ended_behind) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_counts_when_the_last_expected_subscriber_has_it() {
        let (mut one, mut other) = (Reach::default(), Reach::default());
        one.note(0, 5_000_000);
        other.note(0, 9_000_000);
        one.note(1, 5_000_000);
        one.note(2, 4_000_000);
        one.merge(&other);
        let last = |open, ends: &[u64]| {
            let open = [open];
            let audience = Audience::new(&open, ends.iter().map(|end| (0, *end)));
            let mut samples = Samples::new();
            one.last_deliveries(|sequence| audience.of(0, sequence), &mut samples);
            samples.percentiles()
        };
        assert_eq!(last(2, &[]).count, 1);
        assert!(last(2, &[]).max.is_some_and(|max| (max - 9.0).abs() < 0.1));
        // The other's stream ended behind event 0: from there on one subscriber is everyone.
        assert_eq!(last(1, &[1]).count, 3);
        assert_eq!(last(0, &[]).count, 0);
    }

    #[test]
    fn it_is_the_same_in_another_process() {
        let mut reach = Reach::default();
        reach.note(3, u64::MAX);
        reach.note(3, 5);
        reach.note(7, 1_000_000);
        let text = serde_json::to_string(&reach).expect("JSON");
        assert_eq!(serde_json::from_str::<Reach>(&text).expect("it"), reach);
        assert!(serde_json::from_str::<Reach>("\"AAAA\"").is_err());
    }

    #[test]
    fn everyone_is_who_listens_to_the_topic() {
        let audience = Audience::new(&[2, 0, 5], [(2, 7), (0, 3), (2, 4)].into_iter());
        assert_eq!(
            [(0, 2), (0, 3), (1, 0), (2, 3), (2, 4), (2, 6), (2, 7), (9, 0)].map(|(t, n)| audience.of(t, n)),
            [3, 2, 0, 7, 6, 6, 5, 0]
        );
    }
}
