//! Which events of a publisher go to which topic. Event `k` of the schedule belongs to publisher `k mod publishers` and to
//! topic `k mod topics`, so a topic hears every `step`-th event of a publisher, or none of them. A subscriber hears one topic
//! and counts its events of a publisher without gaps: number `sequence / step`. Pure arithmetic over a [`Schedule`].

use std::borrow::Cow;
use std::ops::Range;

use super::payload::Purpose;
use super::schedule::Schedule;
use super::sequences::Sequences;

/// The measured events of one publisher on one topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    schedule: Schedule,
    pub(super) publisher: u32,
    /// Every how many events of the publisher there is one of these.
    step: u64,
    /// Which of its measured events is the first of these, and its number in the whole schedule.
    first: u64,
    begin: u64,
}

impl Schedule {
    /// The number of an event in the whole schedule. Probes have a row of their own, shared out in the same way.
    pub(super) fn number(&self, publisher: u32, purpose: Purpose, sequence: u64) -> u64 {
        let before = if purpose == Purpose::Measured { self.share(publisher).warmup() } else { 0 };
        // What a subscriber hears may claim any number.
        let index = sequence.wrapping_add(before);
        index.wrapping_mul(u64::from(self.publishers)).wrapping_add(u64::from(publisher))
    }

    /// The topic of an event.
    pub(super) fn topic(&self, publisher: u32, purpose: Purpose, sequence: u64) -> u32 {
        if self.topics == 1 {
            return 0;
        }
        let topic = self.number(publisher, purpose, sequence) % u64::from(self.topics);
        u32::try_from(topic).unwrap_or(u32::MAX)
    }

    /// Every how many events of a publisher one goes to the same topic.
    pub(super) fn step(&self) -> u64 {
        u64::from(self.topics) / self.shared()
    }

    /// What publishers and topics have in common: a publisher has events for every so many-th topic.
    fn shared(&self) -> u64 {
        greatest_common_divisor(self.publishers.into(), self.topics.into())
    }

    /// The events of a publisher on a topic; `None` if it has none there, whatever their number.
    pub(super) fn lane(&self, publisher: u32, topic: u32) -> Option<Lane> {
        let (topics, shared, step) = (u64::from(self.topics), self.shared(), self.step());
        let from = u64::from(self.topic(publisher, Purpose::Measured, 0));
        let ahead = (u64::from(topic) + topics - from) % topics;
        if !ahead.is_multiple_of(shared) {
            return None;
        }
        // Each further event is `publishers` topics on: so many of them are `ahead`.
        let first = ahead / shared * inverse(u64::from(self.publishers) / shared, step) % step;
        let begin = self.number(publisher, Purpose::Measured, first);
        Some(Lane { schedule: *self, publisher, step, first, begin })
    }
}

impl Lane {
    /// Those of the publisher's events that are of this lane, by their numbers in it.
    pub(super) fn of<'s>(&self, events: &'s Sequences) -> Cow<'s, Sequences> {
        if self.step == 1 { Cow::Borrowed(events) } else { Cow::Owned(events.thinned(self.first, self.step)) }
    }

    /// Hands over, for a range of its events, in which interval how many of them are due; `length` is that of an interval in
    /// seconds, and number 0 begins with the measured phase.
    pub(super) fn by_interval(&self, mut range: Range<u64>, length: u64, mut each: impl FnMut(u64, u64)) {
        let Schedule { rate, warmup, publishers, .. } = self.schedule;
        let (stride, events) = (self.step * u64::from(publishers), u64::from(rate) * length);
        while range.start < range.end {
            let interval = (self.begin + range.start * stride - warmup) / events;
            let next = (warmup + (interval + 1) * events - self.begin).div_ceil(stride);
            each(interval, next.min(range.end) - range.start);
            range.start = next;
        }
    }
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// By which number to multiply so that `number` becomes 1 modulo `modulus`, which has no divisor with it but 1.
fn inverse(number: u64, modulus: u64) -> u64 {
    let modulus = i128::from(modulus);
    let (mut rest, mut next) = (modulus, i128::from(number) % modulus);
    let (mut found, mut candidate) = (0, 1);
    while next != 0 {
        let times = rest / next;
        (rest, next) = (next, rest % next);
        (found, candidate) = (candidate, found - times * candidate);
    }
    u64::try_from(found.rem_euclid(modulus)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_event_is_on_the_topic_of_its_number_and_counted_there_without_gaps(
            (publishers, topics, warmup, measured) in (1..8_u32, 1..8_u32, 0..30_u64, 0..60_u64),
        ) {
            let schedule = Schedule { start: 0, rate: 7, warmup, total: warmup + measured, publishers, topics };
            let mut heard: BTreeMap<(u32, u32), Vec<u64>> = BTreeMap::new();
            for share in (0..publishers).map(|publisher| schedule.share(publisher)) {
                for slot in (0..share.len()).map(|index| share.slot(index)) {
                    let number = schedule.number(share.publisher(), slot.purpose, slot.sequence);
                    prop_assert_eq!(schedule.time(number), slot.intended);
                    let topic = schedule.topic(share.publisher(), slot.purpose, slot.sequence);
                    prop_assert_eq!(u64::from(topic), number % u64::from(topics));
                    if slot.purpose == Purpose::Measured {
                        heard.entry((share.publisher(), topic)).or_default().push(slot.sequence);
                    }
                }
            }
            for (publisher, topic) in (0..publishers).flat_map(|publisher| (0..topics).map(move |topic| (publisher, topic))) {
                let sequences = heard.remove(&(publisher, topic)).unwrap_or_default();
                let Some(lane) = schedule.lane(publisher, topic) else {
                    prop_assert!(sequences.is_empty());
                    continue;
                };
                let numbers = sequences.iter().map(|sequence| sequence / schedule.step());
                prop_assert!(numbers.eq(0..sequences.len() as u64), "{:?}", &sequences);
                prop_assert!(sequences.first().is_none_or(|first| *first == lane.first));
                let mut all = Sequences::default();
                prop_assert!((0..schedule.share(publisher).measured()).all(|sequence| all.insert(sequence)));
                prop_assert_eq!(lane.of(&all).len(), sequences.len() as u64);
            }
        }

        #[test]
        fn an_event_is_in_the_interval_in_which_it_is_due(
            (publishers, topics, rate, length, warmup) in (1..5_u32, 1..5_u32, 1..9_u32, 1..4_u64, 0..20_u64),
            (start, count) in (0..20_u64, 0..20_u64),
        ) {
            let schedule = Schedule { start: 0, rate, warmup, total: 10_000, publishers, topics };
            let lanes = (0..publishers).flat_map(|publisher| (0..topics).map(move |topic| (publisher, topic)));
            for (publisher, lane) in lanes.filter_map(|(publisher, topic)| Some((publisher, schedule.lane(publisher, topic)?))) {
                let mut counted = BTreeMap::new();
                lane.by_interval(start..start + count, length, |interval, count| {
                    *counted.entry(interval).or_insert(0) += count;
                });
                let mut expected = BTreeMap::new();
                for number in start..start + count {
                    let sequence = lane.first + number * lane.step;
                    let due = schedule.time(schedule.number(publisher, Purpose::Measured, sequence));
                    // The time of an event is cut to the nanosecond.
                    let since = due - schedule.time(warmup) + 1;
                    *expected.entry(since / (length * 1_000_000_000)).or_insert(0) += 1;
                }
                prop_assert_eq!(counted, expected);
            }
        }
    }
}
