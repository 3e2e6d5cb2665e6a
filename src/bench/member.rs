//! One subscriber: where it is, and what it has of each publisher. Pure: `tally` keeps them, and `report` reads their accounts.

use std::ops::Range;

use super::lanes::Lane;
use super::ledger::{Deliveries, Ledger};
use super::schedule::Schedule;
use super::sequences::Sequences;

/// One subscriber.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) state: State,
    /// Whether it heard a probe; in a replay, whether it has all of it.
    pub(super) probed: bool,
    /// What it listens to.
    pub(super) topic: u32,
    /// When its request was written; `None` once its first event is noted.
    pub(super) waiting_since: Option<u64>,
    /// By publisher.
    pub(super) ledgers: Vec<Ledger>,
}

/// Where a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It has no stream yet.
    Connecting,
    /// The server refused it, or there was no connection.
    Refused,
    /// It has a stream.
    Open,
    /// Its stream ended before the run did.
    Closed,
    /// It has lost its stream, and is about to have another.
    Away,
}

impl Member {
    /// The member's account against what the server acknowledged of each publisher.
    pub(super) fn account(&self, acknowledged: &[Sequences], schedule: &Schedule) -> Deliveries {
        self.account_below(acknowledged, schedule, |ledger| self.limit(ledger))
    }

    /// The same where nothing is expected behind what it has.
    pub(super) fn account_so_far(&self, acknowledged: &[Sequences], schedule: &Schedule) -> Deliveries {
        self.account_below(acknowledged, schedule, Ledger::end)
    }

    fn account_below(
        &self,
        acknowledged: &[Sequences],
        schedule: &Schedule,
        limit: impl Fn(&Ledger) -> u64,
    ) -> Deliveries {
        let mut sum = Deliveries::default();
        for (ledger, lane, acknowledged) in self.lanes(acknowledged, schedule) {
            sum += ledger.account(&lane.of(acknowledged), limit(ledger));
        }
        sum
    }

    /// Hands over the ranges of acknowledged events that the member has lost, each with where they belong.
    pub(super) fn each_lost(
        &self,
        acknowledged: &[Sequences],
        schedule: &Schedule,
        mut each: impl FnMut(&Lane, Range<u64>),
    ) {
        for (ledger, lane, acknowledged) in self.lanes(acknowledged, schedule) {
            ledger.each_lost(&lane.of(acknowledged), self.limit(ledger), |range| each(&lane, range));
        }
    }

    /// From which number on nothing is expected of it.
    fn limit(&self, ledger: &Ledger) -> u64 {
        if self.state == State::Closed { ledger.end() } else { u64::MAX }
    }

    /// Whether it has all that the server acknowledged of each publisher.
    pub(super) fn has_all(&self, acknowledged: &[Sequences], schedule: &Schedule) -> bool {
        self.lanes(acknowledged, schedule).all(|(ledger, lane, acknowledged)| ledger.has_all(&lane.of(acknowledged)))
    }

    /// Of each publisher that has events for the member's topic, what the member has of it and what was acknowledged.
    fn lanes<'m>(
        &'m self,
        acknowledged: &'m [Sequences],
        schedule: &'m Schedule,
    ) -> impl Iterator<Item = (&'m Ledger, Lane, &'m Sequences)> {
        let publishers = (0..).zip(self.ledgers.iter().zip(acknowledged));
        publishers.filter_map(|(publisher, (ledger, acknowledged))| {
            Some((ledger, schedule.lane(publisher, self.topic)?, acknowledged))
        })
    }

    /// The number behind the highest that it has of a publisher.
    pub(super) fn end(&self, publisher: usize) -> u64 {
        self.ledgers[publisher].end()
    }
}
