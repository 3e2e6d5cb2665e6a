//! What one subscriber has of one publisher, and what that means beside what was published.
//!
//! An event is *expected* at a subscriber if the server acknowledged it, or if it arrived anyway: so
//! `expected = received + lost` always holds, and an event whose fate at the server is unknown is neither held against
//! it nor foreign. Of a subscriber whose stream ended early, events behind the last one it has are not expected: that
//! the stream ended is told apart.

use std::ops::{AddAssign, Range};

use serde::{Deserialize, Serialize};

use super::sequences::Sequences;

/// What happened to the deliveries: one event at one subscriber is one delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// `received + lost`.
    pub expected: u64,
    /// Arrived, repetitions not counted.
    pub received: u64,
    /// Acknowledged by the server and never arrived.
    pub lost: u64,
    /// Arrived again: each further time counts.
    pub duplicated: u64,
    /// Arrived for the first time, but behind an event that was published later on the same connection.
    pub reordered: u64,
    /// Events that no publisher of this run has sent, or that were sent to another topic.
    pub foreign: u64,
    /// The part of `lost` that was published before the first event that the subscriber has.
    pub lost_before_first: u64,
    /// The part of `foreign` that this run has sent to another topic.
    #[serde(default)]
    pub misrouted: u64,
}

impl Deliveries {
    /// The counts, each with its name; parts of others only where there are any.
    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let part = |name, count| (count > 0).then_some((name, count));
        let counts = [
            Some(("expected", self.expected)),
            Some(("received", self.received)),
            Some(("lost", self.lost)),
            part("lost before first", self.lost_before_first),
            Some(("repeated", self.duplicated)),
            Some(("reordered", self.reordered)),
            Some(("foreign", self.foreign)),
            part("misrouted", self.misrouted),
        ];
        counts.into_iter().flatten().collect()
    }
}

/// How an event stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    InOrder,
    Reordered,
    Duplicate,
}

/// The measured events of one publisher at one subscriber.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    received: Sequences,
    first: Option<u64>,
    duplicated: u64,
    reordered: u64,
}

impl Ledger {
    /// Takes the event with this number.
    pub(super) fn take(&mut self, sequence: u64) -> Arrival {
        let behind = sequence < self.received.end();
        if !self.received.insert(sequence) {
            self.duplicated += 1;
            return Arrival::Duplicate;
        }
        self.first.get_or_insert(sequence);
        if behind {
            self.reordered += 1;
            return Arrival::Reordered;
        }
        Arrival::InOrder
    }

    /// Whether nothing that was acknowledged is missing.
    pub(super) fn has_all(&self, acknowledged: &Sequences) -> bool {
        acknowledged.count_missing_in(&self.received, u64::MAX) == 0
    }

    /// The number behind the highest that it has.
    pub(super) fn end(&self) -> u64 {
        self.received.end()
    }

    /// Hands over the ranges of what was acknowledged below `limit` and never came.
    pub(super) fn each_lost(&self, acknowledged: &Sequences, limit: u64, each: impl FnMut(Range<u64>)) {
        acknowledged.each_missing_in(&self.received, limit, each);
    }

    /// The account against what the server acknowledged, up to `limit`; foreign events are not its business.
    pub(super) fn account(&self, acknowledged: &Sequences, limit: u64) -> Deliveries {
        let received = self.received.len();
        let lost = acknowledged.count_missing_in(&self.received, limit);
        let first = self.first.map_or(limit, |first| first.min(limit));
        Deliveries {
            expected: received + lost,
            received,
            lost,
            duplicated: self.duplicated,
            reordered: self.reordered,
            foreign: 0,
            lost_before_first: acknowledged.count_missing_in(&self.received, first),
            misrouted: 0,
        }
    }
}

impl AddAssign for Deliveries {
    fn add_assign(&mut self, other: Self) {
        self.expected += other.expected;
        self.received += other.received;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.foreign += other.foreign;
        self.lost_before_first += other.lost_before_first;
        self.misrouted += other.misrouted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(arrivals: &[u64]) -> Ledger {
        let mut ledger = Ledger::default();
        for sequence in arrivals {
            ledger.take(*sequence);
        }
        ledger
    }

    fn acknowledged(numbers: impl IntoIterator<Item = u64>) -> Sequences {
        let mut set = Sequences::default();
        for number in numbers {
            set.insert(number);
        }
        set
    }

    #[test]
    fn a_clean_stream_has_nothing_to_say() {
        let account = ledger(&[0, 1, 2, 3]).account(&acknowledged(0..4), u64::MAX);
        assert_eq!(account, Deliveries { expected: 4, received: 4, ..Deliveries::default() });
    }

    #[test]
    fn lost_repeated_and_swapped_events_are_told_apart() {
        let mut ledger = ledger(&[2, 4]);
        assert_eq!(ledger.take(3), Arrival::Reordered);
        assert_eq!(ledger.take(3), Arrival::Duplicate);
        assert_eq!(ledger.take(4), Arrival::Duplicate);
        assert_eq!(ledger.take(6), Arrival::InOrder);
        let account = ledger.account(&acknowledged(0..8), u64::MAX);
        let expected = Deliveries {
            expected: 8,
            received: 4,
            lost: 4,
            duplicated: 2,
            reordered: 1,
            foreign: 0,
            lost_before_first: 2,
            misrouted: 0,
        };
        assert_eq!(account, expected);
    }

    #[test]
    fn parts_of_counts_are_named_where_there_are_any() {
        let names = |account: Deliveries| account.counts().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let usual = ["expected", "received", "lost", "repeated", "reordered", "foreign"];
        assert_eq!(names(Deliveries { lost: 1, foreign: 1, ..Deliveries::default() }), usual);
        let all = Deliveries { lost: 2, lost_before_first: 1, foreign: 5, misrouted: 4, ..Deliveries::default() };
        assert_eq!((all.counts()[3], all.counts()[7]), (("lost before first", 1), ("misrouted", 4)));
    }

    #[test]
    fn an_event_that_overtakes_many_is_not_held_against_it_but_against_each_that_comes_behind() {
        let account = ledger(&[0, 3, 1, 2, 4]).account(&acknowledged(0..5), u64::MAX);
        assert_eq!((account.lost, account.reordered, account.duplicated), (0, 2, 0));
    }

    #[test]
    fn an_event_without_an_answer_is_expected_only_if_it_arrives() {
        let account = ledger(&[0, 2]).account(&acknowledged([0, 1]), u64::MAX);
        assert_eq!((account.expected, account.received, account.lost), (3, 2, 1));
    }

    #[test]
    fn behind_the_end_of_a_stream_nothing_is_expected() {
        let ended = ledger(&[0, 2]);
        let account = ended.account(&acknowledged(0..100), ended.end());
        assert_eq!((account.expected, account.received, account.lost), (3, 2, 1));
    }

    #[test]
    fn a_subscriber_without_any_event_has_lost_all_before_the_first() {
        let account = ledger(&[]).account(&acknowledged(0..5), u64::MAX);
        assert_eq!((account.lost, account.lost_before_first), (5, 5));
    }
}
