//! When an event had reached everyone: the second view on a fan-out beside the single delivery. A few bytes per event,
//! whatever the number of subscribers.

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

    /// The time to the last delivery of each event that all have: `open` subscribers, and of those whose stream ended
    /// each one for which the event was not behind its end.
    pub(super) fn last_deliveries(&self, open: u32, ends: &mut [u64], samples: &mut Samples) {
        ends.sort_unstable();
        for (sequence, event) in (0..).zip(&self.events) {
            let ended_behind = ends.len() - ends.partition_point(|end| *end <= sequence);
            let expected = u64::from(open) + ended_behind as u64;
            if expected > 0 && u64::from(event.subscribers) == expected {
                samples.record(event.latency);
            }
        }
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
        let last = |open, ends: &mut [u64]| {
            let mut samples = Samples::new();
            one.last_deliveries(open, ends, &mut samples);
            samples.percentiles()
        };
        assert_eq!(last(2, &mut []).count, 1);
        assert!(last(2, &mut []).max.is_some_and(|max| (max - 9.0).abs() < 0.1));
        // The other's stream ended behind event 0: from there on one subscriber is everyone.
        assert_eq!(last(1, &mut [1]).count, 3);
        assert_eq!(last(0, &mut []).count, 0);
    }
}
