//! How far subscribers are that want all that was published before they came, and how fast they got it. Pure: `subscribers`
//! feeds it through the tally, and [`Replay`] is what a report makes of it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::figures::float;
use super::samples::{Histograms, Kind, Percentiles};
use super::sequences::Sequences;

/// The notes of a generator thread.
#[derive(Debug)]
pub(super) struct Herd {
    /// What everybody is to have, by publisher.
    wanted: Arc<[Sequences]>,
    members: Vec<Reader>,
    pub(super) sum: Herded,
}

/// How far all of them are together.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Herded {
    complete: u64,
    /// When the first one asked.
    first: Option<u64>,
    /// When the last event came.
    last: u64,
}

/// One subscriber.
#[derive(Clone, Copy, Debug)]
struct Reader {
    asked: u64,
    /// How many events it has yet to get.
    missing: u64,
}

/// How subscribers got what was published before they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replay {
    /// How many subscribers have had all of it.
    pub complete: u64,
    /// Seconds from the first request to the last event.
    pub took_s: f64,
    /// Events per second within it, of all subscribers.
    pub events_per_second: f64,
    /// Bytes of all streams, without heads and what frames chunks.
    pub bytes: u64,
    /// Bytes per second within the same time.
    pub bytes_per_second: f64,
    /// From a subscriber's request until it had all.
    pub replay_ms: Percentiles,
}

impl Herd {
    /// For `members` subscribers that want these events.
    pub(super) fn new(wanted: &Arc<[Sequences]>, members: usize) -> Self {
        let missing = wanted.iter().map(Sequences::len).sum();
        Self {
            wanted: Arc::clone(wanted),
            members: vec![Reader { asked: 0, missing }; members],
            sum: Herded::default(),
        }
    }

    /// A subscriber has asked.
    pub(super) fn asked(&mut self, member: usize, at: u64) {
        self.members[member].asked = at;
        self.sum.first = Some(self.sum.first.map_or(at, |first| first.min(at)));
    }

    /// A subscriber has an event for the first time; if it was the last one that it lacked, returns how long it took since it
    /// asked.
    pub(super) fn take(&mut self, member: usize, publisher: usize, sequence: u64, at: u64) -> Option<u64> {
        self.sum.last = self.sum.last.max(at);
        let reader = &mut self.members[member];
        // An event that was never acknowledged may come all the same, and nobody waits for it.
        if !self.wanted[publisher].contains(sequence) {
            return None;
        }
        reader.missing -= 1;
        let took = (reader.missing == 0).then(|| at.saturating_sub(reader.asked));
        self.sum.complete += u64::from(took.is_some());
        took
    }
}

impl Herded {
    /// Adds how far those of another thread are.
    pub(super) fn merge(&mut self, other: &Self) {
        self.complete += other.complete;
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
    }

    /// What came of it, with so many deliveries and bytes.
    pub(super) fn replay(&self, received: u64, bytes: u64, times: &Histograms) -> Replay {
        let took = Duration::from_nanos(self.last.saturating_sub(self.first.unwrap_or(self.last)));
        let seconds = took.as_secs_f64();
        let per_second = |count: u64| if seconds > 0.0 { (float(count) / seconds * 10.0).round() / 10.0 } else { 0.0 };
        Replay {
            complete: self.complete,
            took_s: (seconds * 1e6).round() / 1e6,
            events_per_second: per_second(received),
            bytes,
            bytes_per_second: per_second(bytes),
            replay_ms: times.known(Kind::Replay, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_all_that_was_acknowledged_is_complete_whatever_else_came() {
        let mut wanted = Sequences::default();
        wanted.insert_range(0..2);
        let mut herd = Herd::new(&vec![wanted.clone(), wanted].into(), 2);
        herd.asked(0, 1_000_000);
        herd.asked(1, 2_000_000);
        let came =
            [(0, 0), (1, 1), (0, 7), (0, 1)].map(|(publisher, sequence)| herd.take(0, publisher, sequence, 3_000_000));
        assert_eq!(came, [None; 4]);
        assert_eq!((herd.take(0, 1, 0, 501_000_000), herd.take(1, 0, 0, 401_000_000)), (Some(500_000_000), None));
        let replay = herd.sum.replay(6, 1000, &Histograms::default());
        assert_eq!(replay.complete, 1);
        assert!((replay.took_s - 0.5).abs() < 1e-9 && (replay.bytes_per_second - 2000.0).abs() < 1e-9, "{replay:?}");
        assert!((replay.events_per_second - 12.0).abs() < 1e-9, "{replay:?}");
    }
}
