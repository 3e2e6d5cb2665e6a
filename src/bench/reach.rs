//! When an event had reached everyone: the second view on a fan-out beside the single delivery. A few bytes per event,
//! whatever the number of subscribers.

use std::collections::BTreeMap;

use super::samples::Samples;

/// The deliveries of one publisher's measured events, by sequence number.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    events: Vec<Reached>,
}

#[derive(Clone, Copy, Debug, Default)]
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
    fn everyone_is_who_listens_to_the_topic() {
        let audience = Audience::new(&[2, 0, 5], [(2, 7), (0, 3), (2, 4)].into_iter());
        assert_eq!(
            [(0, 2), (0, 3), (1, 0), (2, 3), (2, 4), (2, 6), (2, 7), (9, 0)].map(|(t, n)| audience.of(t, n)),
            [3, 2, 0, 7, 6, 6, 5, 0]
        );
    }
}
